using System.Collections.Concurrent;
using Orgtap.Connections;
using Orgtap.Primitives;

namespace Orgtap.Conversations.Outputs;

/// <summary>What went out, and what did not.</summary>
/// <param name="Written">Lines in files; null: there is no such output.</param>
/// <param name="Problem">Why files were not written.</param>
public sealed record Delivery(long? Written, PushOutcome? Pushed, string? Problem)
{
    /// <summary>Whether something is left to be sent again.</summary>
    public bool IsComplete => Problem is null && Pushed?.Problem is null;
}

/// <summary>Brings changed conversations to the outputs of their connection: files, and an address. What fails is tried again from where it stopped.</summary>
public sealed class ConversationOutputs(ConversationStore store, ConversationReader reader, PushAddresses addresses, string dataDirectory, TimeProvider time) : IDisposable
{
    private readonly HttpMessageInvoker _http = new(addresses.Transport());
    private readonly ConcurrentDictionary<ConnectionId, Delivery> _last = new();

    /// <summary>What the last delivery of this process did; null: there was none.</summary>
    public Delivery? LastOf(ConnectionId connection) => _last.GetValueOrDefault(connection);

    public string DirectoryOf(Connection connection, FileOutput files) => files.Directory ?? Path.Combine(dataDirectory, "conversations", connection.Name);

    public async Task<Delivery> DeliverAsync(Connection connection, CancellationToken cancellationToken)
    {
        var settings = await store.SettingsAsync(connection.Id, cancellationToken);
        if (settings.Files is null && settings.Push is null) return new Delivery(null, null, null);
        await using var tables = reader.TablesOf(connection);
        await tables.EnsureAsync(cancellationToken);
        var (written, problem) = ((long?)null, (string?)null);
        if (settings.Files is { } files)
        {
            try
            {
                written = await new FileWriter(tables, files, DirectoryOf(connection, files)).WriteAsync(cancellationToken);
            }
            catch (InvalidInputException failure)
            {
                problem = $"{failure.Message} {failure.NextStep}";
            }
        }
        PushOutcome? pushed = null;
        if (settings.Push is { } push && await store.PushKeyAsync(connection.Id, cancellationToken) is { } key) pushed = await new Pusher(tables, _http, push.Address, key, time).PushAsync(cancellationToken);
        return _last[connection.Id] = new Delivery(written, pushed, problem);
    }

    public void Dispose() => _http.Dispose();
}

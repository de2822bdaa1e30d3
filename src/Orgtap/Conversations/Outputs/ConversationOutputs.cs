using Orgtap.Connections;
using Orgtap.Conversations.Importing;
using Orgtap.Primitives;

namespace Orgtap.Conversations.Outputs;

/// <summary>What went out, and what did not.</summary>
/// <param name="Written">Lines in files; null: there is no such output.</param>
/// <param name="Problem">Why files were not written.</param>
/// <param name="NextTry">When a push that failed is tried again; null: nothing is left to push.</param>
public sealed record Delivery(long? Written, PushOutcome? Pushed, string? Problem, DateTimeOffset At, DateTimeOffset? NextTry)
{
    /// <summary>Whether nothing is left to be sent again.</summary>
    public bool IsComplete => Problem is null && Pushed?.Problem is null;
}

/// <summary>
/// Brings changed conversations to the outputs of their connection: files, and an address. What fails is tried again from where it stopped, an address with growing pauses; both are kept, so that a
/// restart does not hurry it.
/// </summary>
public sealed class ConversationOutputs(ConversationStore store, ConversationReader reader, PushAddresses addresses, string dataDirectory, TimeProvider time) : IDisposable
{
    private static readonly TimeSpan FirstPause = TimeSpan.FromSeconds(30), LongestPause = TimeSpan.FromHours(1);

    private readonly HttpMessageInvoker _http = new(addresses.Transport());

    /// <summary>What the last delivery did; null: there was none under the present settings.</summary>
    public async Task<Delivery?> LastOfAsync(ConnectionId connection, CancellationToken cancellationToken) => (await store.DeliveryAsync(connection, cancellationToken)).Last;

    public string DirectoryOf(Connection connection, FileOutput files) => files.Directory ?? Path.Combine(dataDirectory, "conversations", connection.Name);

    /// <summary>Sends what changed. A push that failed waits for its pause.</summary>
    public async Task<Delivery> DeliverAsync(Connection connection, CancellationToken cancellationToken)
    {
        var settings = await store.SettingsAsync(connection.Id, cancellationToken);
        if (settings.Files is null && settings.Push is null) return new Delivery(null, null, null, time.GetUtcNow(), null);
        // Another process sends; what it sent last is what there is to say.
        await using var held = await store.HoldAsync(connection.Id, cancellationToken);
        if (held is null) return (await store.DeliveryAsync(connection.Id, cancellationToken)).Last ?? new Delivery(null, null, null, time.GetUtcNow(), null);
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
        var (last, failures) = await store.DeliveryAsync(connection.Id, cancellationToken);
        var (pushed, next) = ((PushOutcome?)null, (DateTimeOffset?)null);
        if (settings.Push is { } push && await store.PushKeyAsync(connection.Id, cancellationToken) is { } key)
        {
            if (last?.NextTry is { } pause && pause > time.GetUtcNow()) (pushed, next) = (last.Pushed, pause);
            else
            {
                pushed = await new Pusher(tables, _http, push.Address, key, time).PushAsync(cancellationToken);
                // Whoever takes some is at work; whoever takes none is left alone for longer each time.
                failures = pushed.Problem is null ? 0 : pushed.Sent > 0 ? 1 : failures + 1;
                if (failures > 0) next = time.GetUtcNow() + PauseAfter(failures);
            }
        }
        var delivery = new Delivery(written, pushed, problem, time.GetUtcNow(), next);
        await store.SetDeliveryAsync(connection.Id, delivery, failures, CancellationToken.None);
        return delivery;
    }

    /// <summary>Puts what the receiver refused into the queue again, and ends a pause.</summary>
    /// <returns>How many conversations.</returns>
    public async Task<long> QueueRefusedAsync(Connection connection, CancellationToken cancellationToken)
    {
        await using var tables = reader.TablesOf(connection);
        await tables.EnsureAsync(cancellationToken);
        var queued = await tables.QueueRefusedAsync(cancellationToken);
        await store.ForgetDeliveryAsync(connection.Id, cancellationToken);
        return queued;
    }

    /// <summary>Conversations that the receiver refused, and how many there are.</summary>
    public async Task<(IReadOnlyList<RefusedConversation> Refused, long Count)> RefusedAsync(Connection connection, int atMost, CancellationToken cancellationToken)
    {
        if ((await store.SettingsAsync(connection.Id, cancellationToken)).Push is null || (await store.DeliveryAsync(connection.Id, cancellationToken)).Last is null) return ([], 0);
        await using var tables = reader.TablesOf(connection);
        return await tables.RefusedAsync(atMost, cancellationToken);
    }

    /// <summary>How long an address is left alone that failed so many times in a row. Pure.</summary>
    internal static TimeSpan PauseAfter(long failures) => failures > 10 ? LongestPause : new TimeSpan(Math.Min(FirstPause.Ticks << ((int)failures - 1), LongestPause.Ticks));

    public void Dispose() => _http.Dispose();
}

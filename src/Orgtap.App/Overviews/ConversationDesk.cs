using Orgtap.Connections;
using Orgtap.Conversations;
using Orgtap.Conversations.Importing;
using Orgtap.Conversations.Outputs;
using Orgtap.Primitives;
using Orgtap.Scheduling;
using Orgtap.Storage;
using Orgtap.Syncs;

namespace Orgtap.App.Overviews;

/// <summary>Conversations of a connection, for page, verb and endpoint alike.</summary>
public sealed class ConversationDesk(
    ConversationStore store, ConversationReader reader, ConversationSetup setup, ConversationCheck check, ConversationImporter importer, ConversationOutputs outputs, ConversationJobs jobs, ReplicaFiles replicas, AuditLog audit)
{
    public async Task<ConversationStateDocument> StateAsync(Connection connection, CancellationToken cancellationToken)
    {
        var settings = await store.SettingsAsync(connection.Id, cancellationToken);
        var imports = await store.ImportsAsync(connection.Id, 1, cancellationToken);
        var (refused, count) = await outputs.RefusedAsync(connection, 20, cancellationToken);
        return new ConversationStateDocument(ConversationSettingsDocument.Of(settings), (await reader.SummaryAsync(connection, cancellationToken)).Count, importer.ProgressOf(connection.Id),
            imports.Count == 0 ? null : ConversationImportDocument.Of(imports[0]), jobs.IsRunning(connection.Id), await outputs.LastOfAsync(connection.Id, cancellationToken), settings.Files is { } files ? outputs.DirectoryOf(connection, files) : null,
            await store.PushKeyAsync(connection.Id, cancellationToken) is not null, refused, count);
    }

    public async Task<ConversationsDocument> ListAsync(Connection connection, ConversationQuestion question, CancellationToken cancellationToken)
    {
        var lines = await reader.ListAsync(connection, question, cancellationToken);
        return new ConversationsDocument([.. lines.Select(ConversationLineDocument.Of)], lines.Count == question.Limit ? lines[^1].Mark.ToString() : null);
    }

    /// <param name="administers">Whoever asks may choose where on this machine files are written.</param>
    /// <exception cref="InvalidInputException">A setting cannot be used; nothing was changed.</exception>
    public async Task<ConversationSetupDocument> SetAsync(Connection connection, ConversationSettingsDocument wanted, bool administers, string actor, CancellationToken cancellationToken)
    {
        if (!administers && !string.IsNullOrWhiteSpace(wanted.Directory) && wanted.Directory.Trim() != (await store.SettingsAsync(connection.Id, cancellationToken)).Files?.Directory)
            throw new InvalidInputException("Only an administrator may choose the directory that files are written to.", "Leave it empty, which means the data directory, or ask an administrator.");
        var outcome = await setup.SetAsync(connection, wanted.Settings(), SecretText.From(wanted.PushKey), cancellationToken);
        var words = outcome.Settings.IsOn ? string.Join(", ", outcome.Settings.Channels) : "off";
        await audit.WriteAsync(actor, "conversations.set", connection.Name, $"{words}{(outcome.Settings.Files is null ? "" : ", files")}{(outcome.Settings.Push is { } push ? $", push to {push.Address.Authority}" : "")}", cancellationToken);
        return new ConversationSetupDocument(ConversationSettingsDocument.Of(outcome.Settings), outcome.Missing);
    }

    public Task<IReadOnlyList<ChannelCheck>> CheckAsync(Connection connection, CancellationToken cancellationToken) => check.RunAsync(connection, cancellationToken);

    /// <summary>Imports here and now, and delivers.</summary>
    public async Task<ConversationImportDocument> ImportAsync(Connection connection, string actor, CancellationToken cancellationToken)
    {
        var run = await importer.RunAsync(connection, actor, cancellationToken);
        await outputs.DeliverAsync(connection, cancellationToken);
        return ConversationImportDocument.Of(run);
    }

    /// <summary>Begins an import in the background.</summary>
    /// <exception cref="InvalidInputException">Conversations are off, or there are no rows yet.</exception>
    public async Task StartAsync(Connection connection, string actor, CancellationToken cancellationToken)
    {
        if (!(await store.SettingsAsync(connection.Id, cancellationToken)).IsOn) throw new InvalidInputException($"{connection.Name} imports no conversations.", $"Choose channels first: on the page Channels and outputs, or `orgtap conversations setup {connection.Name} --channel Chat`.");
        if (!replicas.Exists(connection)) throw new InvalidInputException($"{connection.Name} has no rows yet.", $"Sync it first: `orgtap sync {connection.Name}`.");
        _ = jobs.StartAsync(connection, actor).ContinueWith(static ended => _ = ended.Exception, CancellationToken.None, TaskContinuationOptions.OnlyOnFaulted, TaskScheduler.Default);
    }

    /// <summary>Puts what the receiver of pushes refused into the queue again.</summary>
    /// <param name="now">Sends it here and now; else the process that serves does, within half a minute.</param>
    /// <exception cref="InvalidInputException">Nothing is pushed.</exception>
    public async Task<ResendDocument> SendAgainAsync(Connection connection, bool now, string actor, CancellationToken cancellationToken)
    {
        if ((await store.SettingsAsync(connection.Id, cancellationToken)).Push is not { } push)
            throw new InvalidInputException($"{connection.Name} pushes its conversations nowhere.", $"Name an address first: on the page Channels and outputs, or `orgtap conversations setup {connection.Name} … --push URL`.");
        var queued = await outputs.QueueRefusedAsync(connection, cancellationToken);
        await audit.WriteAsync(actor, "conversations.resent", connection.Name, $"{queued} to {push.Address.Authority}", cancellationToken);
        return new ResendDocument(queued, now ? await outputs.DeliverAsync(connection, cancellationToken) : null);
    }

    public async Task<IReadOnlyList<ConversationImportDocument>> ImportsAsync(Connection connection, int atMost, CancellationToken cancellationToken) =>
        [.. (await store.ImportsAsync(connection.Id, atMost, cancellationToken)).Select(ConversationImportDocument.Of)];
}

using System.Data.Common;
using Dapper;
using Orgtap.Catalog;
using Orgtap.Connections;
using Orgtap.Conversations;
using Orgtap.Primitives;
using Orgtap.Scheduling;
using Orgtap.Storage;

namespace Orgtap.Notifications;

/// <summary>
/// Compares what is wrong with what is known to be: a trouble that is new opens an incident, one that is gone closes it, and whoever is to be told is told, all in one transaction. So an incident is told of once and its
/// mending once, however often it is looked, by however many processes, and whenever one of them dies.
/// </summary>
public sealed class Notices(
    ControlStore store, ConnectionStore connections, ConversationStore conversations, SelectionStore selections, SchemaChangeStore changes, JobStates jobs, Outbox outbox, Webhooks webhooks, MailSettingsStore mail, OperatorAddresses operators, NoticeSite site, SupportContactStore support, TimeProvider time)
{
    private const string Columns = "i.id AS Id, i.connection_id AS ConnectionId, COALESCE(c.name, 'Orgtap') AS ConnectionName, i.kind AS Kind, i.message AS Message, i.next_step AS NextStep, i.turn AS Turn, i.opened_at AS OpenedAt, i.closed_at AS ClosedAt";

    /// <summary>E-mails that could not be sent for so long say nothing new any more.</summary>
    private static readonly TimeSpan MailLives = TimeSpan.FromDays(3);

    /// <summary>Incidents, open ones first, then the newest.</summary>
    public async Task<IReadOnlyList<Incident>> ListAsync(int limit, CancellationToken cancellationToken)
    {
        await using var db = await store.ConnectAsync(cancellationToken);
        return [.. (await db.QueryAsync<Row>($"SELECT {Columns} FROM incidents i LEFT JOIN connections c ON c.id = i.connection_id ORDER BY CASE WHEN i.closed_at IS NULL THEN 0 ELSE 1 END, i.opened_at DESC, i.id DESC LIMIT @limit", new { limit })).Select(Read)];
    }

    /// <summary>Looks at every connection and tells what has changed.</summary>
    /// <returns>How many incidents were opened and closed.</returns>
    public async Task<(int Opened, int Closed)> LookAsync(CancellationToken cancellationToken)
    {
        var (all, imports, now) = (await connections.ListAsync(cancellationToken), await conversations.NewestImportsAsync(cancellationToken), time.GetUtcNow());
        var (gone, decisions) = (await changes.GoneAsync(await selections.AllAsync(cancellationToken), cancellationToken), await jobs.AllAsync(cancellationToken));
        var troubles = new List<Trouble>();
        foreach (var connection in all)
            troubles.AddRange(Trouble.Of(connection, imports.GetValueOrDefault(connection.Id), imports.ContainsKey(connection.Id) ? (await conversations.DeliveryAsync(connection.Id, cancellationToken)).Last : null,
                gone.GetValueOrDefault(connection.Id) ?? [], [.. JobKinds.OfConnections.Select(kind => (kind.Name(), decisions.Of(connection.Id, kind))).Where(job => job.Item2.StoppedAt is not null).Select(job => (job.Item1, job.Item2.StoppedBy ?? "somebody"))], now));
        var server = await mail.FindAsync(cancellationToken);
        if (server is not null && await QueueTroubleAsync("outbox", cancellationToken) is { } unsent)
            troubles.Add(new Trouble(null, NoticeKind.MailFailing, $"E-mail does not leave: {unsent}", "Look at the mail server, page System, E-mail. What waits is kept, and sent when it works.", Turn.Operator));
        if (await QueueTroubleAsync("webhook_messages", cancellationToken) is { } untaken)
            troubles.Add(new Trouble(null, NoticeKind.WebhookFailing, $"The webhook takes no notices: {untaken}", "Look at its receiver. What waits is kept, and sent when it works.", Turn.Operator));
        var recipients = await operators(cancellationToken);
        var (organization, contact) = (server?.SenderName ?? "Orgtap", await support.FindAsync(cancellationToken));
        return await store.WriteAsync(async transaction =>
        {
            var (settings, lastDigest) = await NoticeSettingsStore.GetAsync(transaction);
            if (settings.Webhook is null) troubles.RemoveAll(trouble => trouble.Kind == NoticeKind.WebhookFailing);
            var open = (await transaction.Connection!.QueryAsync<Row>($"SELECT {Columns} FROM incidents i LEFT JOIN connections c ON c.id = i.connection_id WHERE i.closed_at IS NULL", transaction: transaction)).Select(Read).ToList();
            var (opened, closed) = (0, 0);
            foreach (var trouble in troubles)
            {
                if (open.Any(incident => incident.ConnectionId == trouble.Connection && incident.Kind == trouble.Kind)) continue;
                var incident = new Incident(Guid.CreateVersion7(now).ToString("N"), trouble.Connection, all.FirstOrDefault(connection => connection.Id == trouble.Connection)?.Name ?? "Orgtap", trouble.Kind, trouble.Message, trouble.NextStep, trouble.Turn, now, null);
                // Another process was first, or the connection was removed since it was looked at.
                if (await InsertAsync(transaction, incident) == 0) continue;
                await TellAsync(transaction, settings, incident, recipients, organization, contact);
                opened++;
            }
            foreach (var incident in open.Where(incident => troubles.All(trouble => trouble.Connection != incident.ConnectionId || trouble.Kind != incident.Kind)))
            {
                if (await transaction.Connection!.ExecuteAsync("UPDATE incidents SET closed_at = @at WHERE id = @Id AND closed_at IS NULL", new { incident.Id, at = now.ToUnixTimeMilliseconds() }, transaction) == 0) continue;
                await TellAsync(transaction, settings, incident with { ClosedAt = now }, recipients, organization, contact);
                closed++;
            }
            if (settings.Digest != NoticeDigest.AtOnce) await DigestAsync(transaction, settings, lastDigest, recipients, organization, contact, now);
            return (opened, closed);
        }, cancellationToken);
    }

    /// <summary>Puts a notice that means nothing into the queues, to see whether they lead anywhere.</summary>
    /// <returns>Where it goes.</returns>
    /// <exception cref="InvalidInputException">Nobody is to be told.</exception>
    public async Task<IReadOnlyList<string>> TestAsync(CancellationToken cancellationToken)
    {
        var recipients = await operators(cancellationToken);
        var (organization, contact) = ((await mail.FindAsync(cancellationToken))?.SenderName ?? "Orgtap", await support.FindAsync(cancellationToken));
        return await store.WriteAsync(async transaction =>
        {
            var (settings, _) = await NoticeSettingsStore.GetAsync(transaction);
            var to = settings.Recipients.Count > 0 ? settings.Recipients : recipients;
            foreach (var address in to)
                await outbox.AddAsync(transaction, NoticeLetter.Of("notice:test", address, "A test notice", "This is a test. Nothing is wrong.", "Nothing has to be done.", new Uri(site.Address, "/notices"), organization, contact, time.GetUtcNow() + MailLives));
            if (settings.Webhook is not null) await webhooks.AddAsync(transaction, null, "test", new Uri(site.Address, "/notices"));
            List<string> where = [.. to, .. settings.Webhook is { } webhook ? [webhook.Authority] : Array.Empty<string>()];
            return where.Count > 0 ? where : throw new InvalidInputException("There is nobody to be told.", "Name a recipient, or add an operator under People.");
        }, cancellationToken);
    }

    private async Task TellAsync(DbTransaction transaction, NoticeSettings settings, Incident incident, IReadOnlyList<string> operatorsThere, string organization, SupportContact? contact)
    {
        var link = new Uri(site.Address, incident.Page);
        // What fails cannot carry the news of it.
        if (settings.Digest == NoticeDigest.AtOnce && incident.Kind != NoticeKind.MailFailing && settings.ByEmail.Contains(incident.Kind))
        {
            // While the mail server is away the opening waits longer and longer; the mending must not overtake it.
            if (incident.ClosedAt is not null) await Outbox.HurryAsync(transaction, $"incident:{incident.Id}");
            foreach (var recipient in settings.Recipients.Count > 0 ? settings.Recipients : operatorsThere)
                await outbox.AddAsync(transaction, NoticeLetter.Of($"incident:{incident.Id}", recipient, incident.Title,
                    incident.ClosedAt is null ? incident.Message : $"This is over: {incident.Message}", incident.ClosedAt is null ? $"{NoticeLetter.WhoseTurn(incident.Turn)} {incident.NextStep}" : "Nothing has to be done.",
                    link, organization, contact, time.GetUtcNow() + MailLives));
        }
        if (settings.Webhook is not null && incident.Kind != NoticeKind.WebhookFailing && settings.ByWebhook.Contains(incident.Kind)) await webhooks.AddAsync(transaction, incident, incident.ClosedAt is null ? "incident.opened" : "incident.closed", link);
    }

    private async Task DigestAsync(DbTransaction transaction, NoticeSettings settings, DateTimeOffset? last, IReadOnlyList<string> operatorsThere, string organization, SupportContact? contact, DateTimeOffset now)
    {
        if (last is { } before && now - before < (settings.Digest == NoticeDigest.Hourly ? TimeSpan.FromHours(1) : TimeSpan.FromDays(1))) return;
        await NoticeSettingsStore.SetDigestAsync(transaction, now);
        var since = (last ?? now).ToUnixTimeMilliseconds();
        var changed = (await transaction.Connection!.QueryAsync<Row>(
            $"SELECT {Columns} FROM incidents i LEFT JOIN connections c ON c.id = i.connection_id WHERE i.opened_at >= @since OR i.closed_at >= @since OR i.closed_at IS NULL ORDER BY i.opened_at", new { since }, transaction)).Select(Read)
            .Where(incident => incident.Kind != NoticeKind.MailFailing && settings.ByEmail.Contains(incident.Kind)).ToList();
        // An open incident alone, of which everybody knows, is no reason to write.
        if (changed.All(incident => incident.ClosedAt is null && incident.OpenedAt.ToUnixTimeMilliseconds() < since)) return;
        foreach (var recipient in settings.Recipients.Count > 0 ? settings.Recipients : operatorsThere)
            await outbox.AddAsync(transaction, NoticeLetter.Digest(recipient, changed, new Uri(site.Address, "/notices"), organization, contact, now + MailLives));
    }

    /// <summary>What was given up counts too: that it became too old says nothing of the server.</summary>
    /// <returns>Why something failed three times or more, when nothing has been sent since it was written; null: nothing did.</returns>
    private async Task<string?> QueueTroubleAsync(string table, CancellationToken cancellationToken)
    {
        await using var db = await store.ConnectAsync(cancellationToken);
        return await db.QueryFirstOrDefaultAsync<string?>(
            $"SELECT failure FROM {table} WHERE sent_at IS NULL AND attempts >= 3 AND failure IS NOT NULL AND created_at > COALESCE((SELECT MAX(sent_at) FROM {table}), 0) ORDER BY created_at, id LIMIT 1");
    }

    private static Task<int> InsertAsync(DbTransaction transaction, Incident incident) => transaction.Connection!.ExecuteAsync($"""
        INSERT INTO incidents (id, connection_id, kind, message, next_step, turn, opened_at)
        {(incident.ConnectionId is null ? "VALUES (@Id, NULL, @kind, @Message, @NextStep, @turn, @at)" : "SELECT @Id, c.id, @kind, @Message, @NextStep, @turn, @at FROM connections c WHERE c.id = @connection")}
        ON CONFLICT DO NOTHING
        """, new { incident.Id, connection = incident.ConnectionId?.Value, kind = incident.Kind.ToString(), incident.Message, incident.NextStep, turn = incident.Turn.ToString(), at = incident.OpenedAt.ToUnixTimeMilliseconds() }, transaction);

    private static Incident Read(Row row) => new(row.Id, row.ConnectionId is null ? null : new ConnectionId(row.ConnectionId), row.ConnectionName, Enum.Parse<NoticeKind>(row.Kind), row.Message, row.NextStep, Enum.Parse<Turn>(row.Turn),
        DateTimeOffset.FromUnixTimeMilliseconds(row.OpenedAt), row.ClosedAt is { } closed ? DateTimeOffset.FromUnixTimeMilliseconds(closed) : null);

    private sealed class Row
    {
        public string Id { get; init; } = "";
        public string? ConnectionId { get; init; }
        public string ConnectionName { get; init; } = "";
        public string Kind { get; init; } = "";
        public string Message { get; init; } = "";
        public string NextStep { get; init; } = "";
        public string Turn { get; init; } = "";
        public long OpenedAt { get; init; }
        public long? ClosedAt { get; init; }
    }
}

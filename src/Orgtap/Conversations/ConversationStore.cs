using System.Text.Json;
using System.Text.Json.Serialization;
using Dapper;
using Orgtap.Connections;
using Orgtap.Conversations.Importing;
using Orgtap.Conversations.Outputs;
using Orgtap.Primitives;
using Orgtap.Storage;

namespace Orgtap.Conversations;

/// <summary>How an import ended, or that it has not.</summary>
public enum ImportOutcome
{
    Running,

    /// <summary>Every row is imported or skipped with a reason.</summary>
    Completed,

    /// <summary>Some wait: for Salesforce's hourly limit, or for the next import.</summary>
    Partial,

    Failed,
    Stopped,
}

/// <summary>One import.</summary>
/// <param name="ResumesAt">When those that wait are asked for again.</param>
public sealed record ConversationImportRun(
    long Id, ConnectionId ConnectionId, string StartedBy, DateTimeOffset StartedAt, DateTimeOffset? EndedAt, ImportOutcome Outcome, IReadOnlyList<ChannelReceipt> Receipts, Problem? Problem, DateTimeOffset? ResumesAt);

/// <summary>Keeps settings and history of conversations.</summary>
public sealed class ConversationStore(ControlStore store, ISecretCipher cipher, TimeProvider time)
{
    private const string KeyPurpose = "conversations.push-key";

    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        Converters = { new JsonStringEnumConverter() },
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    };

    public async Task<ConversationSettings> SettingsAsync(ConnectionId connection, CancellationToken cancellationToken)
    {
        await using var db = await store.ConnectAsync(cancellationToken);
        var text = await db.ExecuteScalarAsync<string?>("SELECT settings FROM conversation_settings WHERE connection_id = @id", new { id = connection.Value });
        return text is null ? ConversationSettings.Off : JsonSerializer.Deserialize<ConversationSettings>(text, Json)!;
    }

    /// <summary>Replaces the settings.</summary>
    /// <param name="pushKey">Null: the key stays.</param>
    public Task SetAsync(ConnectionId connection, ConversationSettings settings, SecretText? pushKey, CancellationToken cancellationToken) => store.WriteAsync(async transaction =>
    {
        // Another address knows nothing of the pauses of the one before.
        await transaction.Connection!.ExecuteAsync("DELETE FROM conversation_deliveries WHERE connection_id = @id", new { id = connection.Value }, transaction);
        return await transaction.Connection!.ExecuteAsync("""
            INSERT INTO conversation_settings (connection_id, settings, push_key, updated_at) VALUES (@id, @settings, @key, @at)
            ON CONFLICT (connection_id) DO UPDATE SET settings = excluded.settings, push_key = COALESCE(excluded.push_key, conversation_settings.push_key), updated_at = excluded.updated_at
            """, new { id = connection.Value, settings = JsonSerializer.Serialize(settings, Json), key = pushKey is null ? null : cipher.Protect(KeyPurpose, pushKey), at = time.GetUtcNow().ToUnixTimeMilliseconds() }, transaction);
    }, cancellationToken);

    /// <summary>The key that pushes are signed with; null: there is none.</summary>
    public async Task<SecretText?> PushKeyAsync(ConnectionId connection, CancellationToken cancellationToken)
    {
        await using var db = await store.ConnectAsync(cancellationToken);
        var kept = await db.ExecuteScalarAsync<string?>("SELECT push_key FROM conversation_settings WHERE connection_id = @id", new { id = connection.Value });
        return kept is null ? null : cipher.Unprotect(KeyPurpose, kept);
    }

    /// <summary>The last delivery under the present settings, and how many times in a row its push failed.</summary>
    public async Task<(Delivery? Last, long Failures)> DeliveryAsync(ConnectionId connection, CancellationToken cancellationToken)
    {
        await using var db = await store.ConnectAsync(cancellationToken);
        var (text, failures) = await db.QuerySingleOrDefaultAsync<(string?, long)>("SELECT delivery, failures FROM conversation_deliveries WHERE connection_id = @id", new { id = connection.Value });
        return (text is null ? null : JsonSerializer.Deserialize<Delivery>(text, Json), failures);
    }

    internal Task SetDeliveryAsync(ConnectionId connection, Delivery delivery, long failures, CancellationToken cancellationToken) => store.WriteAsync(transaction => transaction.Connection!.ExecuteAsync("""
        INSERT INTO conversation_deliveries (connection_id, at, delivery, failures, next_at) VALUES (@id, @at, @delivery, @failures, @next)
        ON CONFLICT (connection_id) DO UPDATE SET at = excluded.at, delivery = excluded.delivery, failures = excluded.failures, next_at = excluded.next_at
        """, new { id = connection.Value, at = delivery.At.ToUnixTimeMilliseconds(), delivery = JsonSerializer.Serialize(delivery, Json), failures, next = delivery.NextTry?.ToUnixTimeMilliseconds() }, transaction), cancellationToken);

    /// <summary>What failed is tried again with the next look.</summary>
    internal Task ForgetDeliveryAsync(ConnectionId connection, CancellationToken cancellationToken) =>
        store.WriteAsync(transaction => transaction.Connection!.ExecuteAsync("DELETE FROM conversation_deliveries WHERE connection_id = @id", new { id = connection.Value }, transaction), cancellationToken);

    /// <summary>Keeps other processes from importing or sending the connection's conversations, until what is returned is disposed.</summary>
    /// <returns>Null: another process does.</returns>
    public Task<IAsyncDisposable?> HoldAsync(ConnectionId connection, CancellationToken cancellationToken) => store.HoldAsync($"conversations {connection}", cancellationToken);

    /// <summary>Other processes may import too.</summary>
    public bool IsShared => store.IsShared;

    /// <summary>Asks whoever imports the connection's conversations, in whatever process, to stop.</summary>
    public Task AskToStopAsync(ConnectionId connection, CancellationToken cancellationToken) => store.WriteAsync(transaction => transaction.Connection!.ExecuteAsync(
        "UPDATE conversation_imports SET stop_asked_at = @at WHERE connection_id = @id AND outcome = @running AND stop_asked_at IS NULL",
        new { id = connection.Value, running = nameof(ImportOutcome.Running), at = time.GetUtcNow().ToUnixTimeMilliseconds() }, transaction), cancellationToken);

    public async Task<bool> IsStopAskedAsync(long import, CancellationToken cancellationToken)
    {
        await using var db = await store.ConnectAsync(cancellationToken);
        return await db.ExecuteScalarAsync<long>("SELECT COUNT(*) FROM conversation_imports WHERE id = @import AND stop_asked_at IS NOT NULL", new { import }) > 0;
    }

    public Task<ConversationImportRun> BeginAsync(ConnectionId connection, string startedBy, CancellationToken cancellationToken) => store.WriteAsync(async transaction =>
    {
        var (db, now) = (transaction.Connection!, time.GetUtcNow());
        // One import of a connection runs at a time, so that another one that seems to was left behind by a process that died.
        await db.ExecuteAsync("UPDATE conversation_imports SET outcome = @stopped, ended_at = @at WHERE connection_id = @id AND outcome = @running",
            new { id = connection.Value, stopped = nameof(ImportOutcome.Stopped), running = nameof(ImportOutcome.Running), at = now.ToUnixTimeMilliseconds() }, transaction);
        var number = await db.ExecuteScalarAsync<long>("SELECT COALESCE(MAX(id), 0) + 1 FROM conversation_imports", transaction: transaction);
        await db.ExecuteAsync("INSERT INTO conversation_imports (id, connection_id, started_by, started_at, outcome) VALUES (@number, @id, @startedBy, @at, @outcome)",
            new { number, id = connection.Value, startedBy, at = now.ToUnixTimeMilliseconds(), outcome = nameof(ImportOutcome.Running) }, transaction);
        return new ConversationImportRun(number, connection, startedBy, now, null, ImportOutcome.Running, [], null, null);
    }, cancellationToken);

    public Task EndAsync(ConversationImportRun run, CancellationToken cancellationToken) => store.WriteAsync(async transaction =>
        await transaction.Connection!.ExecuteAsync("UPDATE conversation_imports SET outcome = @outcome, ended_at = @at, receipt = @receipt, problem = @problem WHERE id = @id", new
        {
            id = run.Id,
            outcome = run.Outcome.ToString(),
            at = run.EndedAt?.ToUnixTimeMilliseconds(),
            receipt = JsonSerializer.Serialize(new Kept(run.Receipts, run.ResumesAt), Json),
            problem = run.Problem is null ? null : JsonSerializer.Serialize(run.Problem, Json),
        }, transaction), cancellationToken);

    /// <summary>Imports of a connection, newest first.</summary>
    public async Task<IReadOnlyList<ConversationImportRun>> ImportsAsync(ConnectionId connection, int atMost, CancellationToken cancellationToken)
    {
        await using var db = await store.ConnectAsync(cancellationToken);
        return [.. (await db.QueryAsync<ImportRow>($"SELECT {ImportColumns} FROM conversation_imports WHERE connection_id = @id ORDER BY id DESC LIMIT @atMost", new { id = connection.Value, atMost })).Select(Read)];
    }

    private static ConversationImportRun Read(ImportRow row)
    {
        var kept = row.Receipt is null ? null : JsonSerializer.Deserialize<Kept>(row.Receipt, Json);
        return new ConversationImportRun(row.Id, new ConnectionId(row.ConnectionId), row.StartedBy, At(row.StartedAt), row.EndedAt is { } end ? At(end) : null, Enum.Parse<ImportOutcome>(row.Outcome), kept?.Receipts ?? [],
            row.Problem is null ? null : JsonSerializer.Deserialize<Problem>(row.Problem, Json), kept?.ResumesAt);
    }

    /// <summary>The newest import of every connection whose conversations are on, in two queries; null: there was none yet.</summary>
    public async Task<IReadOnlyDictionary<ConnectionId, ConversationImportRun?>> NewestImportsAsync(CancellationToken cancellationToken)
    {
        await using var db = await store.ConnectAsync(cancellationToken);
        var on = (await db.QueryAsync<(string Id, string Settings)>("SELECT connection_id, settings FROM conversation_settings")).Where(row => JsonSerializer.Deserialize<ConversationSettings>(row.Settings, Json)!.IsOn).ToList();
        var newest = (await db.QueryAsync<ImportRow>($"SELECT {ImportColumns} FROM conversation_imports WHERE id IN (SELECT MAX(id) FROM conversation_imports GROUP BY connection_id)")).ToDictionary(row => row.ConnectionId, Read);
        return on.ToDictionary(row => new ConnectionId(row.Id), row => newest.GetValueOrDefault(row.Id));
    }

    /// <summary>Takes one of the hour's calls for conversation entries.</summary>
    /// <returns>Null: taken. Else when the next one is free.</returns>
    public Task<DateTimeOffset?> TakeCallAsync(OrgId org, int mostPerHour, CancellationToken cancellationToken) => store.WriteAsync(async transaction =>
    {
        var (db, minute) = (transaction.Connection!, time.GetUtcNow().ToUnixTimeSeconds() / 60);
        var arguments = new { org = org.Value, minute, since = minute - 60 };
        await db.ExecuteAsync("DELETE FROM conversation_calls WHERE org_id = @org AND minute < @since", arguments, transaction);
        var (calls, first) = await db.QuerySingleAsync<(long, long)>("SELECT COALESCE(SUM(calls), 0), COALESCE(MIN(minute), 0) FROM conversation_calls WHERE org_id = @org", arguments, transaction);
        if (calls >= mostPerHour) return (DateTimeOffset?)At((first + 61) * 60_000);
        await db.ExecuteAsync("INSERT INTO conversation_calls (org_id, minute, calls) VALUES (@org, @minute, 1) ON CONFLICT (org_id, minute) DO UPDATE SET calls = conversation_calls.calls + 1", arguments, transaction);
        return null;
    }, cancellationToken);

    private static DateTimeOffset At(long milliseconds) => DateTimeOffset.FromUnixTimeMilliseconds(milliseconds);

    private const string ImportColumns = "id AS Id, connection_id AS ConnectionId, started_by AS StartedBy, started_at AS StartedAt, ended_at AS EndedAt, outcome AS Outcome, receipt AS Receipt, problem AS Problem";

    private sealed class ImportRow
    {
        public long Id { get; init; }
        public string ConnectionId { get; init; } = "";
        public string StartedBy { get; init; } = "";
        public long StartedAt { get; init; }
        public long? EndedAt { get; init; }
        public string Outcome { get; init; } = "";
        public string? Receipt { get; init; }
        public string? Problem { get; init; }
    }

    private sealed record Kept(IReadOnlyList<ChannelReceipt> Receipts, DateTimeOffset? ResumesAt);
}

using System.Data.Common;
using System.Text.Json;
using System.Text.Json.Serialization;
using Dapper;
using Orgtap.Primitives;
using Orgtap.Storage;

namespace Orgtap.Reauthorization;

/// <summary>Keeps authorization requests.</summary>
public sealed class AuthorizationRequestStore(ControlStore store, ISecretCipher cipher, TimeProvider time)
{
    private const string SecretPurpose = "request.consumer-secret";

    private const string Columns = """
        id AS Id, connection_id AS ConnectionId, is_first AS IsFirst, name AS Name, login_url AS LoginUrl, consumer_key AS ConsumerKey, quota_threshold_percent AS Threshold, admin_name AS AdminName,
        admin_email AS AdminEmail, note AS Note, asked_by AS AskedBy, asked_by_name AS AskedByName, created_at AS CreatedAt, expires_at AS ExpiresAt, opened_at AS OpenedAt, started_at AS StartedAt,
        setback AS Setback, declined_at AS DeclinedAt, decline_reason AS DeclineReason, withdrawn_at AS WithdrawnAt, completed_at AS CompletedAt, completed_as AS CompletedAs, tables_checked AS TablesChecked,
        given_login_url AS GivenLoginUrl, given_consumer_key AS GivenConsumerKey, CAST(CASE WHEN consumer_secret IS NULL THEN 0 ELSE 1 END AS BIGINT) AS HasSecret, app_name AS AppName
        """;

    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { Converters = { new JsonStringEnumConverter() } };

    internal async Task AddAsync(DbTransaction transaction, AuthorizationRequest request, SecretText? consumerSecret) => await transaction.Connection!.ExecuteAsync("""
        INSERT INTO authorization_requests (id, connection_id, is_first, name, login_url, consumer_key, consumer_secret, quota_threshold_percent, admin_name, admin_email, note, asked_by, asked_by_name, created_at, expires_at, app_name)
        VALUES (@Id, @connection, @first, @Name, @LoginUrl, @ConsumerKey, @secret, @QuotaThresholdPercent, @AdminName, @AdminEmail, @Note, @AskedBy, @AskedByName, @created, @expires, @App)
        """, new
    {
        request.Id, connection = request.ConnectionId?.Value, first = request.IsFirst ? 1 : 0, request.Name, request.LoginUrl, request.ConsumerKey,
        secret = consumerSecret is null ? null : cipher.Protect(SecretPurpose, consumerSecret), request.QuotaThresholdPercent, request.AdminName, request.AdminEmail, request.Note, request.AskedBy,
        request.AskedByName, created = request.CreatedAt.ToUnixTimeMilliseconds(), expires = request.ExpiresAt.ToUnixTimeMilliseconds(), request.App,
    }, transaction);

    public async Task<AuthorizationRequest?> FindAsync(string id, CancellationToken cancellationToken)
    {
        await using var db = await store.ConnectAsync(cancellationToken);
        return await db.QuerySingleOrDefaultAsync<Row>($"SELECT {Columns} FROM authorization_requests WHERE id = @id", new { id }) is { } row ? Read(row) : null;
    }

    /// <summary>Newest first.</summary>
    /// <param name="connection">Only of this one; null: all.</param>
    /// <param name="before">Only older ones than the request with this id; null: from the newest on. Nothing, if there is no such request.</param>
    public async Task<IReadOnlyList<AuthorizationRequest>> ListAsync(ConnectionId? connection, int limit, CancellationToken cancellationToken, string? before = null)
    {
        await using var db = await store.ConnectAsync(cancellationToken);
        var rows = await db.QueryAsync<Row>($"""
            SELECT {Columns} FROM authorization_requests
            WHERE 1 = 1 {(connection is null ? "" : "AND connection_id = @connection")} {(before is null ? "" : "AND (created_at, id) < (SELECT created_at, id FROM authorization_requests WHERE id = @before)")}
            ORDER BY created_at DESC, id DESC LIMIT @limit
            """, new { connection = connection?.Value, limit, before });
        return [.. rows.Select(Read)];
    }

    internal async Task<SecretText?> ConsumerSecretAsync(string id, CancellationToken cancellationToken)
    {
        await using var db = await store.ConnectAsync(cancellationToken);
        return await db.QuerySingleOrDefaultAsync<string?>("SELECT consumer_secret FROM authorization_requests WHERE id = @id", new { id }) is { } secret ? cipher.Unprotect(SecretPurpose, secret) : null;
    }

    internal Task SetOpenedAsync(string id, CancellationToken cancellationToken) => UpdateAsync("opened_at = COALESCE(opened_at, @now)", id, null, cancellationToken);

    internal Task SetStartedAsync(string id, CancellationToken cancellationToken) => UpdateAsync("started_at = @now, setback = NULL, declined_at = NULL, decline_reason = NULL", id, null, cancellationToken);

    /// <summary>Keeps what the admin typed of the app, for the next try.</summary>
    internal Task SetGivenAsync(string id, string loginUrl, string consumerKey, SecretText? secret, CancellationToken cancellationToken) => store.WriteAsync(transaction => transaction.Connection!.ExecuteAsync(
        "UPDATE authorization_requests SET given_login_url = @loginUrl, given_consumer_key = @consumerKey, consumer_secret = @secret WHERE id = @id",
        new { id, loginUrl, consumerKey, secret = secret is null ? null : cipher.Protect(SecretPurpose, secret) }, transaction), cancellationToken);

    internal Task SetSetbackAsync(string id, Setback setback, CancellationToken cancellationToken) => UpdateAsync("setback = @text", id, JsonSerializer.Serialize(setback, Json), cancellationToken);

    internal static Task SetExpiresAsync(DbTransaction transaction, string id, DateTimeOffset expires) => transaction.Connection!.ExecuteAsync(
        "UPDATE authorization_requests SET expires_at = @expires, declined_at = NULL, decline_reason = NULL WHERE id = @id", new { id, expires = expires.ToUnixTimeMilliseconds() }, transaction);

    internal async Task<bool> SetDeclinedAsync(DbTransaction transaction, string id, string? reason) => await transaction.Connection!.ExecuteAsync(
        "UPDATE authorization_requests SET declined_at = @now, decline_reason = @reason WHERE id = @id AND completed_at IS NULL AND withdrawn_at IS NULL AND declined_at IS NULL", new { id, reason, now = Now() }, transaction) == 1;

    internal async Task<bool> SetWithdrawnAsync(DbTransaction transaction, string id) => await transaction.Connection!.ExecuteAsync(
        "UPDATE authorization_requests SET withdrawn_at = @now, consumer_secret = NULL WHERE id = @id AND completed_at IS NULL AND withdrawn_at IS NULL", new { id, now = Now() }, transaction) == 1;

    /// <summary>Uses the request up, in the transaction that stores the grant: nothing else does.</summary>
    /// <exception cref="InvalidInputException">It was withdrawn, or answered by somebody else, while the admin was at Salesforce.</exception>
    internal async Task SetCompletedAsync(DbTransaction transaction, string id, ConnectionId connection, string? completedAs, int tablesChecked)
    {
        var completed = await transaction.Connection!.ExecuteAsync("""
            UPDATE authorization_requests SET completed_at = @now, completed_as = @completedAs, tables_checked = @tablesChecked, connection_id = @connection, consumer_secret = NULL, setback = NULL, declined_at = NULL
            WHERE id = @id AND completed_at IS NULL AND withdrawn_at IS NULL
            """, new { id, now = Now(), completedAs, tablesChecked, connection = connection.Value }, transaction);
        if (completed != 1) throw new InvalidInputException("The request was withdrawn, or answered by somebody else, while you were at Salesforce.", "Nothing was changed. Ask whoever sent you the link.");
    }

    private Task UpdateAsync(string assignment, string id, string? text, CancellationToken cancellationToken) => store.WriteAsync(
        transaction => transaction.Connection!.ExecuteAsync($"UPDATE authorization_requests SET {assignment} WHERE id = @id", new { id, text, now = Now() }, transaction), cancellationToken);

    private long Now() => time.GetUtcNow().ToUnixTimeMilliseconds();

    private static AuthorizationRequest Read(Row row) => new(
        row.Id, row.ConnectionId is { } id ? new ConnectionId(id) : null, row.IsFirst != 0, row.Name, row.LoginUrl, row.ConsumerKey, (int)row.Threshold, row.AdminName, row.AdminEmail, row.Note, row.AskedBy,
        row.AskedByName, At(row.CreatedAt)!.Value, At(row.ExpiresAt)!.Value, At(row.OpenedAt), At(row.StartedAt), row.Setback is { } setback ? JsonSerializer.Deserialize<Setback>(setback, Json) : null,
        At(row.DeclinedAt), row.DeclineReason, At(row.WithdrawnAt), At(row.CompletedAt), row.CompletedAs, (int?)row.TablesChecked)
    {
        App = row.AppName,
        Given = row is { GivenLoginUrl: { } url, GivenConsumerKey: { } key } ? new GivenApp(url, key, row.HasSecret != 0) : null,
    };

    private static DateTimeOffset? At(long? milliseconds) => milliseconds is { } at ? DateTimeOffset.FromUnixTimeMilliseconds(at) : null;

    private sealed class Row
    {
        public string Id { get; init; } = "";
        public string? ConnectionId { get; init; }
        public long IsFirst { get; init; }
        public string Name { get; init; } = "";
        public string? LoginUrl { get; init; }
        public string? ConsumerKey { get; init; }
        public long Threshold { get; init; }
        public string AdminName { get; init; } = "";
        public string AdminEmail { get; init; } = "";
        public string? Note { get; init; }
        public string AskedBy { get; init; } = "";
        public string AskedByName { get; init; } = "";
        public long CreatedAt { get; init; }
        public long ExpiresAt { get; init; }
        public long? OpenedAt { get; init; }
        public long? StartedAt { get; init; }
        public string? Setback { get; init; }
        public long? DeclinedAt { get; init; }
        public string? DeclineReason { get; init; }
        public long? WithdrawnAt { get; init; }
        public long? CompletedAt { get; init; }
        public string? CompletedAs { get; init; }
        public long? TablesChecked { get; init; }
        public string? GivenLoginUrl { get; init; }
        public string? GivenConsumerKey { get; init; }
        public long HasSecret { get; init; }
        public string? AppName { get; init; }
    }
}

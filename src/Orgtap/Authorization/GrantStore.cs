using System.Data.Common;
using Dapper;
using Orgtap.Primitives;
using Orgtap.Salesforce.OAuth;
using Orgtap.Storage;

namespace Orgtap.Authorization;

/// <summary>Keeps grants. Each kind of secret is encrypted for its own purpose, so that one cannot be passed off as another.</summary>
public sealed class GrantStore(ControlStore store, ISecretCipher cipher, TimeProvider time)
{
    private const string AccessPurpose = "grant.access-token", RefreshPurpose = "grant.refresh-token";
    private const string PasswordPurpose = "grant.password", SecurityTokenPurpose = "grant.security-token";

    private const string Columns = """
        version AS Version, access_token AS AccessToken, refresh_token AS RefreshToken, password AS Password, security_token AS SecurityToken,
        instance_url AS InstanceUrl, identity_url AS IdentityUrl, scope AS Scope, issued_at AS IssuedAt, granted_at AS GrantedAt, granted_by AS GrantedBy, checked_at AS CheckedAt
        """;

    /// <exception cref="OrgtapException">The keys that encrypted it are not here.</exception>
    public async Task<Grant?> FindAsync(ConnectionId id, CancellationToken cancellationToken)
    {
        await using var db = await store.ConnectAsync(cancellationToken);
        return Read(id, await db.QuerySingleOrDefaultAsync<Row>($"SELECT {Columns} FROM grants WHERE connection_id = @id", new { id = id.Value }));
    }

    /// <summary>As <see cref="FindAsync(ConnectionId, CancellationToken)"/>, in the caller's transaction.</summary>
    public async Task<Grant?> FindAsync(DbTransaction transaction, ConnectionId id) =>
        Read(id, await transaction.Connection!.QuerySingleOrDefaultAsync<Row>($"SELECT {Columns} FROM grants WHERE connection_id = @id", new { id = id.Value }, transaction));

    /// <summary>Stores a new grant in the caller's transaction, in place of the connection's old one. A renewal of the old one that is under way stores nothing then.</summary>
    public async Task ReplaceAsync(DbTransaction transaction, Grant grant) => await transaction.Connection!.ExecuteAsync("""
        INSERT INTO grants (connection_id, version, access_token, refresh_token, password, security_token, instance_url, identity_url, scope, issued_at, updated_at, granted_at, granted_by, checked_at)
        VALUES (@id, 1, @access, @refresh, @password, @securityToken, @instance, @identity, @scope, @issued, @now, @grantedAt, @GrantedBy, @now)
        ON CONFLICT (connection_id) DO UPDATE SET version = grants.version + 1, access_token = excluded.access_token, refresh_token = excluded.refresh_token,
          password = excluded.password, security_token = excluded.security_token, instance_url = excluded.instance_url, identity_url = excluded.identity_url,
          scope = excluded.scope, issued_at = excluded.issued_at, updated_at = excluded.updated_at, granted_at = excluded.granted_at, granted_by = excluded.granted_by, checked_at = excluded.checked_at,
          renewing_by = NULL, renewing_until = NULL
        """, new
    {
        id = grant.ConnectionId.Value,
        access = Close(AccessPurpose, grant.AccessToken),
        refresh = Close(RefreshPurpose, grant.RefreshToken),
        password = Close(PasswordPurpose, grant.Password),
        securityToken = Close(SecurityTokenPurpose, grant.SecurityToken),
        instance = grant.InstanceUrl.AbsoluteUri,
        identity = grant.IdentityUrl.AbsoluteUri,
        scope = grant.Scope,
        issued = grant.IssuedAt.ToUnixTimeMilliseconds(),
        now = Now(),
        grantedAt = grant.GrantedAt?.ToUnixTimeMilliseconds(),
        grant.GrantedBy,
    }, transaction);

    /// <summary>Asks for the right to renew: one process at a time, because a rotated refresh token works once.</summary>
    /// <param name="version">The grant as it was read.</param>
    /// <param name="renewer">Names the caller.</param>
    internal Task<RenewalTurn> BeginRenewalAsync(ConnectionId id, long version, string renewer, TimeSpan lease, CancellationToken cancellationToken) => store.WriteAsync(async transaction =>
    {
        var db = transaction.Connection!;
        var row = await db.QuerySingleOrDefaultAsync<(long Version, string? By, long? Until)>(
            "SELECT version, renewing_by, renewing_until FROM grants WHERE connection_id = @id", new { id = id.Value }, transaction);
        if (row.Version != version) return RenewalTurn.Changed;
        if (row.By is not null && row.By != renewer && row.Until > Now()) return RenewalTurn.Others;
        await db.ExecuteAsync("UPDATE grants SET renewing_by = @renewer, renewing_until = @until WHERE connection_id = @id",
            new { id = id.Value, renewer, until = Now() + (long)lease.TotalMilliseconds }, transaction);
        return row.By is null ? RenewalTurn.Mine : RenewalTurn.MineAfterAbandoned;
    }, cancellationToken);

    /// <summary>Gives the right back without a new token.</summary>
    /// <param name="cutShort">Nobody knows whether Salesforce answered; whoever comes next is told.</param>
    internal Task EndRenewalAsync(ConnectionId id, string renewer, bool cutShort) => store.WriteAsync(transaction => transaction.Connection!.ExecuteAsync(
        $"UPDATE grants SET {(cutShort ? "renewing_until = 0" : "renewing_by = NULL, renewing_until = NULL")} WHERE connection_id = @id AND renewing_by = @renewer", new { id = id.Value, renewer }, transaction), CancellationToken.None);

    /// <summary>Stores what a renewal gave, and ends it. What the answer leaves out keeps its stored value.</summary>
    /// <param name="instanceUrl">Checked; null: unchanged.</param>
    /// <returns>False: the grant has changed since <paramref name="version"/> was read, and nothing was stored.</returns>
    internal Task<bool> RenewAsync(
        ConnectionId id, long version, TokenAnswer answer, Uri? instanceUrl, CancellationToken cancellationToken) => store.WriteAsync(async transaction =>
        await transaction.Connection!.ExecuteAsync("""
            UPDATE grants SET version = version + 1, access_token = @access,
              refresh_token = COALESCE(@refresh, refresh_token), instance_url = COALESCE(@instance, instance_url), scope = COALESCE(@scope, scope), issued_at = @issued, updated_at = @now,
              renewing_by = NULL, renewing_until = NULL
            WHERE connection_id = @id AND version = @version
            """, new
        {
            id = id.Value,
            version,
            access = Close(AccessPurpose, answer.AccessToken),
            refresh = Close(RefreshPurpose, answer.RefreshToken),
            instance = instanceUrl?.AbsoluteUri,
            scope = answer.Scope,
            issued = (answer.IssuedAt ?? time.GetUtcNow()).ToUnixTimeMilliseconds(),
            now = Now(),
        }, transaction) == 1, cancellationToken);

    /// <summary>It still lets Orgtap in, as was seen just now.</summary>
    public Task SetCheckedAsync(ConnectionId id, CancellationToken cancellationToken) => store.WriteAsync(
        transaction => transaction.Connection!.ExecuteAsync("UPDATE grants SET checked_at = @now WHERE connection_id = @id", new { id = id.Value, now = Now() }, transaction), cancellationToken);

    /// <summary>Ends every renewal that a process left unfinished. Only for whoever is the one process on this control store: whoever began them is dead, and need not be waited for.</summary>
    public static Task AbandonRenewalsAsync(ControlStore store, CancellationToken cancellationToken) => store.WriteAsync(
        transaction => transaction.Connection!.ExecuteAsync("UPDATE grants SET renewing_until = 0 WHERE renewing_by IS NOT NULL", transaction: transaction), cancellationToken);

    private Grant? Read(ConnectionId id, Row? row) => row is null ? null : new Grant(id, row.Version,
        Open(AccessPurpose, row.AccessToken), Open(RefreshPurpose, row.RefreshToken), Open(PasswordPurpose, row.Password), Open(SecurityTokenPurpose, row.SecurityToken),
        new Uri(row.InstanceUrl), new Uri(row.IdentityUrl), row.Scope, DateTimeOffset.FromUnixTimeMilliseconds(row.IssuedAt))
    {
        GrantedAt = row.GrantedAt is { } at ? DateTimeOffset.FromUnixTimeMilliseconds(at) : null, GrantedBy = row.GrantedBy,
        CheckedAt = row.CheckedAt is { } seen ? DateTimeOffset.FromUnixTimeMilliseconds(seen) : null,
    };

    private string? Close(string purpose, SecretText? secret) => secret is null ? null : cipher.Protect(purpose, secret);

    private SecretText? Open(string purpose, string? text) => text is null ? null : cipher.Unprotect(purpose, text);

    private long Now() => time.GetUtcNow().ToUnixTimeMilliseconds();

    private sealed class Row
    {
        public long Version { get; init; }
        public string? AccessToken { get; init; }
        public string? RefreshToken { get; init; }
        public string? Password { get; init; }
        public string? SecurityToken { get; init; }
        public string InstanceUrl { get; init; } = "";
        public string IdentityUrl { get; init; } = "";
        public string? Scope { get; init; }
        public long IssuedAt { get; init; }
        public long? GrantedAt { get; init; }
        public string? GrantedBy { get; init; }
        public long? CheckedAt { get; init; }
    }
}

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

    /// <exception cref="OrgtapException">The keys that encrypted it are not here.</exception>
    public async Task<Grant?> FindAsync(ConnectionId id, CancellationToken cancellationToken)
    {
        await using var db = await store.ConnectAsync(cancellationToken);
        var row = await db.QuerySingleOrDefaultAsync<Row>("""
            SELECT version AS Version, access_token AS AccessToken, refresh_token AS RefreshToken, password AS Password, security_token AS SecurityToken,
                   instance_url AS InstanceUrl, identity_url AS IdentityUrl, scope AS Scope, issued_at AS IssuedAt
            FROM grants WHERE connection_id = @id
            """, new { id = id.Value });
        return row is null ? null : new Grant(id, row.Version,
            Open(AccessPurpose, row.AccessToken), Open(RefreshPurpose, row.RefreshToken), Open(PasswordPurpose, row.Password), Open(SecurityTokenPurpose, row.SecurityToken),
            new Uri(row.InstanceUrl), new Uri(row.IdentityUrl), row.Scope, DateTimeOffset.FromUnixTimeMilliseconds(row.IssuedAt));
    }

    /// <summary>Stores a new grant in the caller's transaction, in place of the connection's old one.</summary>
    public async Task ReplaceAsync(DbTransaction transaction, Grant grant) => await transaction.Connection!.ExecuteAsync("""
        INSERT INTO grants (connection_id, version, access_token, refresh_token, password, security_token, instance_url, identity_url, scope, issued_at, updated_at)
        VALUES (@id, 1, @access, @refresh, @password, @securityToken, @instance, @identity, @scope, @issued, @now)
        ON CONFLICT (connection_id) DO UPDATE SET version = grants.version + 1, access_token = excluded.access_token, refresh_token = excluded.refresh_token,
          password = excluded.password, security_token = excluded.security_token, instance_url = excluded.instance_url, identity_url = excluded.identity_url,
          scope = excluded.scope, issued_at = excluded.issued_at, updated_at = excluded.updated_at
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
    }, transaction);

    /// <summary>Stores what a refresh gave. What the answer leaves out keeps its stored value.</summary>
    /// <param name="instanceUrl">Checked; null: unchanged.</param>
    /// <returns>False: the grant has changed since <paramref name="version"/> was read, and nothing was stored.</returns>
    internal Task<bool> RenewAsync(
        ConnectionId id, long version, TokenAnswer answer, Uri? instanceUrl, CancellationToken cancellationToken) => store.WriteAsync(async transaction =>
        await transaction.Connection!.ExecuteAsync("""
            UPDATE grants SET version = version + 1, access_token = @access,
              refresh_token = COALESCE(@refresh, refresh_token), instance_url = COALESCE(@instance, instance_url), scope = COALESCE(@scope, scope), issued_at = @issued, updated_at = @now
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
    }
}

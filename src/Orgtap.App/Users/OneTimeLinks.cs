using Dapper;
using Orgtap.Primitives;
using Orgtap.Storage;

namespace Orgtap.App.Users;

/// <summary>What a link lets its holder do, once.</summary>
public enum LinkPurpose
{
    /// <summary>Choose a password (and, for the first administrator, e-mail address and name).</summary>
    SetPassword,

    /// <summary>Sign in without a password. Only printed where the holder of the terminal could read everything anyway.</summary>
    SignIn,
}

/// <summary>A link that is still good.</summary>
public sealed record OpenLink(User User, LinkPurpose Purpose);

/// <summary>Links that work once and for a while; only their hashes are stored.</summary>
public sealed class OneTimeLinks(ControlStore store, UserStore users, TimeProvider time)
{
    /// <summary>How long a link for choosing a password works.</summary>
    public static readonly TimeSpan Lifetime = TimeSpan.FromHours(24);

    /// <summary>Makes a link; earlier ones of this user with the same purpose stop working.</summary>
    /// <returns>The secret part; the address is <c>/link/SECRET</c>.</returns>
    public async Task<SecretText> IssueAsync(User user, LinkPurpose purpose, CancellationToken cancellationToken)
    {
        var secret = OneTimeSecret.New();
        var now = time.GetUtcNow();
        await store.WriteAsync(async transaction =>
        {
            var db = transaction.Connection!;
            await db.ExecuteAsync("DELETE FROM user_links WHERE expires_at < @now OR (user_id = @Id AND purpose = @purpose)",
                new { now = now.ToUnixTimeMilliseconds(), user.Id, purpose = purpose.ToString() }, transaction);
            await db.ExecuteAsync("INSERT INTO user_links (token_hash, user_id, purpose, expires_at) VALUES (@hash, @Id, @purpose, @expires)",
                new { hash = OneTimeSecret.HashOf(secret.Reveal()), user.Id, purpose = purpose.ToString(), expires = now.Add(Lifetime).ToUnixTimeMilliseconds() }, transaction);
        }, cancellationToken);
        return secret;
    }

    /// <summary>Looks without using the link up, so that mail scanners and previews do no harm.</summary>
    /// <returns>Null when it is used, expired or was never one.</returns>
    public async Task<OpenLink?> FindAsync(string secret, CancellationToken cancellationToken)
    {
        await using var db = await store.ConnectAsync(cancellationToken);
        var (userId, purpose) = await db.QuerySingleOrDefaultAsync<(string?, string?)>(
            "SELECT user_id, purpose FROM user_links WHERE token_hash = @hash AND expires_at >= @now",
            new { hash = OneTimeSecret.HashOf(secret), now = time.GetUtcNow().ToUnixTimeMilliseconds() });
        return userId is not null && await users.FindAsync(userId, cancellationToken) is { } user
            ? new OpenLink(user, Enum.Parse<LinkPurpose>(purpose!))
            : null;
    }

    /// <returns>False when somebody else used it meanwhile.</returns>
    public Task<bool> UseUpAsync(string secret, CancellationToken cancellationToken) => store.WriteAsync(
        async transaction => await transaction.Connection!.ExecuteAsync("DELETE FROM user_links WHERE token_hash = @hash",
            new { hash = OneTimeSecret.HashOf(secret) }, transaction) == 1, cancellationToken);
}

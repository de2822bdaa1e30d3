using Dapper;
using Orgtap.Primitives;
using Orgtap.Storage;

namespace Orgtap.App.Users;

/// <summary>A token as it can be listed: without its secret.</summary>
public sealed record ApiToken(string Id, string Name, DateTimeOffset CreatedAt, DateTimeOffset? LastUsedAt);

/// <summary>Tokens for the HTTP API. A token may do what its user may; it is shown once and only its hash is stored.</summary>
public sealed class ApiTokens(ControlStore store, UserStore users, TimeProvider time)
{
    /// <summary>Lets people and secret scanners recognise one.</summary>
    public const string Prefix = "orgtap_";

    /// <param name="name">What uses it, e.g. <c>nightly export</c>.</param>
    /// <exception cref="InvalidInputException">The name is empty or too long.</exception>
    public async Task<SecretText> IssueAsync(User user, string name, CancellationToken cancellationToken)
    {
        if (name.Trim() is not { Length: > 0 and <= 100 } trimmed)
            throw new InvalidInputException("A token needs a name.", "Name the program that will use it, in 1 to 100 characters.");
        var secret = OneTimeSecret.New(Prefix);
        await store.WriteAsync(transaction => transaction.Connection!.ExecuteAsync(
            "INSERT INTO api_tokens (id, user_id, name, token_hash, created_at) VALUES (@id, @user, @name, @hash, @at)",
            new { id = Guid.CreateVersion7().ToString("N"), user = user.Id, name = trimmed, hash = OneTimeSecret.HashOf(secret.Reveal()), at = Now() }, transaction), cancellationToken);
        return secret;
    }

    /// <summary>The user a token speaks for, or null.</summary>
    public async Task<User?> FindUserAsync(string secret, CancellationToken cancellationToken)
    {
        var hash = OneTimeSecret.HashOf(secret);
        string? userId;
        long? lastUsed;
        await using (var db = await store.ConnectAsync(cancellationToken))
            (userId, lastUsed) = await db.QuerySingleOrDefaultAsync<(string?, long?)>("SELECT user_id, last_used_at FROM api_tokens WHERE token_hash = @hash", new { hash });
        if (userId is null) return null;
        // To the minute is enough, and a busy program does not make a write of every call.
        if (lastUsed is null || Now() - lastUsed > 60_000)
            await store.WriteAsync(transaction => transaction.Connection!.ExecuteAsync(
                "UPDATE api_tokens SET last_used_at = @at WHERE token_hash = @hash", new { hash, at = Now() }, transaction), cancellationToken);
        return await users.FindAsync(userId, cancellationToken);
    }

    public async Task<IReadOnlyList<ApiToken>> ListAsync(User user, CancellationToken cancellationToken)
    {
        await using var db = await store.ConnectAsync(cancellationToken);
        var rows = await db.QueryAsync<(string Id, string Name, long CreatedAt, long? LastUsedAt)>(
            "SELECT id, name, created_at, last_used_at FROM api_tokens WHERE user_id = @Id ORDER BY created_at", new { user.Id });
        return [.. rows.Select(row => new ApiToken(row.Id, row.Name, DateTimeOffset.FromUnixTimeMilliseconds(row.CreatedAt),
            row.LastUsedAt is { } at ? DateTimeOffset.FromUnixTimeMilliseconds(at) : null))];
    }

    /// <exception cref="InvalidInputException">The user has no token of that name.</exception>
    public async Task RevokeAsync(User user, string name, CancellationToken cancellationToken)
    {
        var revoked = await store.WriteAsync(transaction => transaction.Connection!.ExecuteAsync(
            "DELETE FROM api_tokens WHERE user_id = @Id AND name = @name", new { user.Id, name }, transaction), cancellationToken);
        if (revoked == 0) throw new InvalidInputException($"{user.Email} has no token called {name}.", "See the names with `orgtap users list`.");
    }

    private long Now() => time.GetUtcNow().ToUnixTimeMilliseconds();
}

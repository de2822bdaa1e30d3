using Dapper;
using Orgtap.Primitives;
using Orgtap.Storage;

namespace Orgtap.App.Users;

/// <summary>A token as it can be listed: without its secret.</summary>
/// <param name="ExpiresAt">Null: never.</param>
public sealed record ApiToken(string Id, string Name, TokenScopes Scopes, DateTimeOffset CreatedAt, DateTimeOffset? ExpiresAt, DateTimeOffset? LastUsedAt);

/// <summary>What a new token is to be.</summary>
/// <param name="Name">What uses it, e.g. <c>nightly export</c>.</param>
/// <param name="ValidFor">Whole days from now; null: until it is revoked.</param>
public sealed record TokenWish(string Name, TokenScopes Scopes = TokenScopes.All, int? ValidFor = null);

/// <summary>Whom a token speaks for, and what it may do.</summary>
public sealed record TokenBearer(User User, TokenScopes Scopes, DateTimeOffset? ExpiresAt);

/// <summary>Tokens for the HTTP API. A token may do what both its scopes and its user's role allow; it is shown once and only its hash is stored.</summary>
public sealed class ApiTokens(ControlStore store, UserStore users, TimeProvider time)
{
    /// <summary>Lets people and secret scanners recognise one.</summary>
    public const string Prefix = "orgtap_";

    /// <summary>Longest life, in days.</summary>
    public const int LongestLife = 3650;

    /// <exception cref="InvalidInputException">The name is empty, too long or taken, no scope is given, or the life is not possible.</exception>
    public async Task<SecretText> IssueAsync(User user, TokenWish wish, CancellationToken cancellationToken)
    {
        if (wish.Name.Trim() is not { Length: > 0 and <= 100 } name)
            throw new InvalidInputException("A token needs a name.", "Name the program that will use it, in 1 to 100 characters.");
        if (wish.Scopes == TokenScopes.None) throw new InvalidInputException("A token without a scope could do nothing.", "Choose at least one.");
        if (wish.ValidFor is < 1 or > LongestLife) throw new InvalidInputException($"A token cannot be valid for {wish.ValidFor} days.", $"Give 1 to {LongestLife} days, or no end.");
        var secret = OneTimeSecret.New(Prefix);
        var now = time.GetUtcNow();
        await store.WriteAsync(async transaction =>
        {
            var db = transaction.Connection!;
            if (await db.ExecuteScalarAsync<long>("SELECT COUNT(*) FROM api_tokens WHERE user_id = @Id AND name = @name", new { user.Id, name }, transaction) > 0)
                throw new InvalidInputException($"{user.Email} has a token called {name} already.", "Choose another name, or revoke that one first.");
            await db.ExecuteAsync("""
                INSERT INTO api_tokens (id, user_id, name, token_hash, created_at, scopes, expires_at) VALUES (@id, @user, @name, @hash, @at, @scopes, @expires)
                """, new
            {
                id = Guid.CreateVersion7().ToString("N"), user = user.Id, name, hash = OneTimeSecret.HashOf(secret.Reveal()), at = now.ToUnixTimeMilliseconds(),
                scopes = string.Join(' ', wish.Scopes.Words()), expires = wish.ValidFor is { } days ? now.AddDays(days).ToUnixTimeMilliseconds() : (long?)null,
            }, transaction);
        }, cancellationToken);
        return secret;
    }

    /// <summary>The user a token speaks for, or null: unknown, revoked or expired.</summary>
    public async Task<TokenBearer?> FindAsync(string secret, CancellationToken cancellationToken)
    {
        var hash = OneTimeSecret.HashOf(secret);
        Row? row;
        await using (var db = await store.ConnectAsync(cancellationToken))
            row = await db.QuerySingleOrDefaultAsync<Row>($"SELECT {Columns} FROM api_tokens WHERE token_hash = @hash", new { hash });
        var now = time.GetUtcNow().ToUnixTimeMilliseconds();
        if (row is null || row.ExpiresAt <= now) return null;
        // To the minute is enough, and a busy program does not make a write of every call.
        if (row.LastUsedAt is null || now - row.LastUsedAt > 60_000)
            await store.WriteAsync(transaction => transaction.Connection!.ExecuteAsync(
                "UPDATE api_tokens SET last_used_at = @now WHERE token_hash = @hash", new { hash, now }, transaction), cancellationToken);
        return await users.FindAsync(row.UserId, cancellationToken) is { } user ? new TokenBearer(user, Read(row).Scopes, Read(row).ExpiresAt) : null;
    }

    /// <summary>A user's tokens, oldest first; expired ones too, until they are revoked.</summary>
    public async Task<IReadOnlyList<ApiToken>> ListAsync(User user, CancellationToken cancellationToken)
    {
        await using var db = await store.ConnectAsync(cancellationToken);
        return [.. (await db.QueryAsync<Row>($"SELECT {Columns} FROM api_tokens WHERE user_id = @Id ORDER BY created_at, id", new { user.Id })).Select(Read)];
    }

    /// <exception cref="InvalidInputException">The user has no token of that name.</exception>
    public async Task RevokeAsync(User user, string name, CancellationToken cancellationToken)
    {
        var revoked = await store.WriteAsync(transaction => transaction.Connection!.ExecuteAsync(
            "DELETE FROM api_tokens WHERE user_id = @Id AND name = @name", new { user.Id, name }, transaction), cancellationToken);
        if (revoked == 0) throw new InvalidInputException($"{user.Email} has no token called {name}.", "See the names with `orgtap users list`.");
    }

    private const string Columns =
        "id AS Id, user_id AS UserId, name AS Name, scopes AS Scopes, created_at AS CreatedAt, expires_at AS ExpiresAt, last_used_at AS LastUsedAt";

    private static ApiToken Read(Row row) => new(
        row.Id, row.Name, TokenScopeWords.Parse([row.Scopes]), DateTimeOffset.FromUnixTimeMilliseconds(row.CreatedAt), Moment(row.ExpiresAt), Moment(row.LastUsedAt));

    private static DateTimeOffset? Moment(long? milliseconds) => milliseconds is { } at ? DateTimeOffset.FromUnixTimeMilliseconds(at) : null;

    private sealed class Row
    {
        public string Id { get; init; } = "";
        public string UserId { get; init; } = "";
        public string Name { get; init; } = "";
        public string Scopes { get; init; } = "";
        public long CreatedAt { get; init; }
        public long? ExpiresAt { get; init; }
        public long? LastUsedAt { get; init; }
    }
}

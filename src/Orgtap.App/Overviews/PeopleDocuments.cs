using Orgtap.App.Users;
using Orgtap.Primitives;

namespace Orgtap.App.Overviews;

/// <summary>An API token without its secret.</summary>
/// <param name="Scopes">Of read, rows, operate, administer.</param>
public sealed record TokenDocument(string Name, IReadOnlyList<string> Scopes, DateTimeOffset CreatedAt, DateTimeOffset? ExpiresAt, DateTimeOffset? LastUsedAt)
{
    public static TokenDocument Of(ApiToken token) => new(token.Name, token.Scopes.Words(), token.CreatedAt, token.ExpiresAt, token.LastUsedAt);
}

/// <summary>Somebody who may sign in.</summary>
/// <param name="SignInPausedUntil">After wrong passwords; absent: not paused.</param>
public sealed record UserDocument(
    string Email, string Name, Role Role, bool HasPassword, DateTimeOffset CreatedAt, DateTimeOffset? LastSignInAt, DateTimeOffset? SignInPausedUntil, IReadOnlyList<TokenDocument> Tokens)
{
    public static UserDocument Of(Person person) => new(
        person.User.Email, person.User.Name, person.User.Role, person.User.PasswordHash is not null, person.User.CreatedAt, person.User.LastSignInAt, person.PausedUntil,
        [.. person.Tokens.Select(TokenDocument.Of)]);
}

/// <summary>Somebody to add.</summary>
public sealed record AddUserDocument(string Email, string Name, Role Role = Role.Operator);

public sealed record RoleDocument(Role Role);

/// <summary>A link to choose a password; works once.</summary>
public sealed record LinkDocument(string Link, DateTimeOffset ExpiresAt);

/// <summary>A token to make.</summary>
/// <param name="Scopes">Of read, rows, operate, administer; absent: read and rows.</param>
/// <param name="Days">How long it is valid; absent: until it is revoked.</param>
public sealed record TokenWishDocument(string Name, IReadOnlyList<string>? Scopes = null, int? Days = null)
{
    /// <exception cref="InvalidInputException">A scope is unknown.</exception>
    public TokenWish Wish() => new(Name ?? "", Scopes is null ? TokenScopes.Read | TokenScopes.Rows : TokenScopeWords.Parse(Scopes), Days);
}

/// <summary>A token that was made; its secret is not shown again.</summary>
public sealed record IssuedTokenDocument(string Token, string Name, IReadOnlyList<string> Scopes, DateTimeOffset? ExpiresAt);

using Orgtap.Primitives;

namespace Orgtap.App.Users;

/// <summary>What an API token may do, of what its user may.</summary>
[Flags]
public enum TokenScopes
{
    None = 0,

    /// <summary>Read connections, runs, receipts and settings; no copied rows.</summary>
    Read = 1,

    /// <summary>Read the copied rows.</summary>
    Rows = 2,

    /// <summary>Connect, choose, start, pause, remove.</summary>
    Operate = 4,

    /// <summary>People and the audit log.</summary>
    Administer = 8,

    All = Read | Rows | Operate | Administer,
}

/// <summary>Scopes as they are written in the control store, by the HTTP API and on the command line.</summary>
public static class TokenScopeWords
{
    /// <summary>Each scope alone, with what it lets a token do.</summary>
    public static IReadOnlyList<(TokenScopes Scope, string Word, string Meaning)> Each { get; } =
    [
        (TokenScopes.Read, "read", "See connections, runs, receipts and settings, no rows"),
        (TokenScopes.Rows, "rows", "Read the copied rows"),
        (TokenScopes.Operate, "operate", "Connect, choose data, sync, pause, remove"),
        (TokenScopes.Administer, "administer", "People and the audit log"),
    ];

    public static IReadOnlyList<string> Words(this TokenScopes scopes) => [.. Each.Where(each => scopes.HasFlag(each.Scope)).Select(each => each.Word)];

    /// <summary>The most that a role can use: a viewer's token that says operate could do no more than read.</summary>
    public static TokenScopes Of(Role role) => role switch
    {
        Role.Administrator => TokenScopes.All,
        Role.Operator => TokenScopes.Read | TokenScopes.Rows | TokenScopes.Operate,
        _ => TokenScopes.Read | TokenScopes.Rows,
    };

    /// <exception cref="InvalidInputException">A word is none of the scopes, or there is none.</exception>
    public static TokenScopes Parse(IEnumerable<string> words)
    {
        var scopes = TokenScopes.None;
        foreach (var word in words.SelectMany(each => each.Split([' ', ','], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)))
            scopes |= Each.FirstOrDefault(each => string.Equals(each.Word, word, StringComparison.OrdinalIgnoreCase)) is { Word: not null } known
                ? known.Scope
                : throw new InvalidInputException($"There is no scope {word}.", $"Use some of: {string.Join(", ", Each.Select(each => each.Word))}.");
        return scopes == TokenScopes.None ? throw new InvalidInputException("A token without a scope could do nothing.", $"Choose some of: {string.Join(", ", Each.Select(each => each.Word))}.") : scopes;
    }
}

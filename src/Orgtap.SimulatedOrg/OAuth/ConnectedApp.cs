namespace Orgtap.SimulatedOrg.OAuth;

/// <summary>An app known to the org.</summary>
/// <param name="ClientId">The consumer key.</param>
/// <param name="ClientSecret">The consumer secret; null for a public app.</param>
/// <param name="RedirectUris">Callback addresses, compared exactly; empty = any loopback address.</param>
/// <param name="Scopes">What the app may ask for.</param>
public sealed record ConnectedApp(
    string ClientId, string? ClientSecret, string Name, IReadOnlyList<string> RedirectUris, IReadOnlyList<string> Scopes)
{
    /// <summary>Every scope that concerns data access.</summary>
    public static IReadOnlyList<string> AllScopes { get; } = ["api", "refresh_token", "id", "openid", "profile", "email", "address", "phone", "web", "full"];

    /// <summary>The exchange of a code must show a PKCE verifier.</summary>
    public bool RequirePkce { get; init; }

    /// <summary>Code exchange and refresh must show the secret.</summary>
    public bool RequireSecret { get; init; }

    /// <summary>Each refresh hands out a new refresh token and kills the old one.</summary>
    public bool RotateRefreshTokens { get; init; }

    /// <summary>Has a Run-As user, so that the client credentials flow works.</summary>
    public bool ClientCredentials { get; init; }

    /// <summary>Not installed in the org: authorizing it ends on Salesforce's own error page.</summary>
    public bool Uninstalled { get; init; }

    /// <summary>The public app that the sf command line signs in with.</summary>
    public static ConnectedApp PlatformCli { get; } = new("PlatformCLI", null, "Salesforce CLI", ["http://localhost:1717/OauthRedirect"], AllScopes);

    /// <summary>True where the address is one of the app's.</summary>
    public bool Accepts(string redirectUri) => RedirectUris.Count > 0
        ? RedirectUris.Contains(redirectUri, StringComparer.Ordinal)
        : Uri.TryCreate(redirectUri, UriKind.Absolute, out var address) && address.IsLoopback;

    /// <summary>The scopes to grant: what was asked for, or every scope of the app; null where one is not the app's.</summary>
    /// <param name="asked">Separated by spaces; <c>offline_access</c> is another word for <c>refresh_token</c>.</param>
    public IReadOnlyList<string>? Grant(string? asked)
    {
        if (string.IsNullOrWhiteSpace(asked)) return Scopes;
        var scopes = asked.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(scope => scope == "offline_access" ? "refresh_token" : scope).Distinct().ToArray();
        return scopes.All(Scopes.Contains) ? scopes : null;
    }
}

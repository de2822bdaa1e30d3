namespace Orgtap.SimulatedOrg.OAuth;

/// <summary>An app known to the org, with what its developer and the org's administrator set.</summary>
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

    /// <summary>Refresh tokens are handed out dead: the policy "immediately expire refresh token".</summary>
    public bool RefreshTokensExpireAtOnce { get; init; }

    /// <summary>A refresh token unused for so long dies; null = never.</summary>
    public TimeSpan? RefreshTokenIdleLife { get; init; }

    /// <summary>A refresh token dies so long after the approval, used or not; null = never.</summary>
    public TimeSpan? RefreshTokenLife { get; init; }

    /// <summary>The client credentials flow is enabled.</summary>
    public bool ClientCredentials { get; init; }

    /// <summary>Username of the user that the client credentials flow runs as; null = none chosen.</summary>
    public string? RunAs { get; init; }

    /// <summary>The device flow is enabled.</summary>
    public bool DeviceFlow { get; init; } = true;

    /// <summary>Certificate or public key (PEM) that the app's JWTs are checked with; null = no JWT bearer flow.</summary>
    public string? JwtCertificate { get; init; }

    /// <summary>Permitted Users = "Admin approved users are pre-authorized": nobody else may use the app.</summary>
    public bool AdminApprovedOnly { get; init; }

    /// <summary>Usernames whose profile or permission set an administrator added to the app.</summary>
    public IReadOnlyList<string> AdminApproved { get; init; } = [];

    /// <summary>The app enforces IP ranges, and clients are outside of them.</summary>
    public bool IpRestricted { get; init; }

    /// <summary>An administrator blocked the app: its sessions and approvals are dead, and no new ones are made.</summary>
    public bool Blocked { get; init; }

    /// <summary>Not installed in the org: authorizing it ends on Salesforce's own error page, for those who did not approve it earlier.</summary>
    public bool Uninstalled { get; init; }

    /// <summary>On the allowlist of API Access Control.</summary>
    public bool Allowlisted { get; init; }

    /// <summary>The public app that the sf command line signs in with.</summary>
    public static ConnectedApp PlatformCli { get; } = new("PlatformCLI", null, "Salesforce CLI", ["http://localhost:1717/OauthRedirect"], AllScopes);

    /// <summary>True where the address is one of the app's.</summary>
    public bool Accepts(string redirectUri) => RedirectUris.Count > 0
        ? RedirectUris.Contains(redirectUri, StringComparer.Ordinal)
        : Uri.TryCreate(redirectUri, UriKind.Absolute, out var address) && address.IsLoopback;

    /// <summary>The scopes of flows that nobody is asked in: all but the one for refresh tokens, which these flows do not give.</summary>
    public IReadOnlyList<string> UnattendedScopes => [.. Scopes.Where(scope => scope != "refresh_token")];

    /// <summary>True where an administrator approved the user for the app.</summary>
    public bool IsAdminApproved(OrgUser user) => AdminApproved.Contains(user.Username, StringComparer.OrdinalIgnoreCase);

    /// <summary>The scopes to grant: what was asked for, or every scope of the app; null where one is not the app's.</summary>
    /// <param name="asked">Separated by spaces; <c>offline_access</c> is another word for <c>refresh_token</c>.</param>
    public IReadOnlyList<string>? Grant(string? asked)
    {
        if (string.IsNullOrWhiteSpace(asked)) return Scopes;
        var scopes = asked.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(scope => scope == "offline_access" ? "refresh_token" : scope).Distinct().ToArray();
        return scopes.All(Scopes.Contains) ? scopes : null;
    }
}

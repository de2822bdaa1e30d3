namespace Orgtap.SimulatedOrg.Hosting;

/// <summary>Everything that can be chosen when a simulated org is started. Nothing is required; credentials not given are random.</summary>
public sealed record SimulatedOrgOptions
{
    /// <value>Address and port; port 0 = any free one. Default 127.0.0.1:0.</value>
    public string Listen { get; init; } = "127.0.0.1:0";

    /// <value>PEM text of a certificate and its private key: the org speaks HTTPS with it, which some clients insist on. Null = plain HTTP. Default null.</value>
    public string? TlsCertificate { get; init; }

    /// <value>All data follow from it. Default 1.</value>
    public int Seed { get; init; } = 1;

    /// <value>Object name → number of base rows. Default: about 400,000 rows over 45 tables.</value>
    public IReadOnlyDictionary<string, long> Records { get; init; } = DefaultRecords.Counts;

    /// <value>Further custom objects, beyond those the schema has anyway. Default 0.</value>
    public int ExtraObjects { get; init; }

    /// <value>Further custom fields per object. Default 0.</value>
    public int ExtraFields { get; init; }

    /// <value>The user who signs in. Default admin@simulated.example.</value>
    public string User { get; init; } = "admin@simulated.example";

    /// <value>Default: random.</value>
    public string? Password { get; init; }

    /// <value>Appended to the password in the username-password flow. Default: random.</value>
    public string? SecurityToken { get; init; }

    /// <value>Consumer key of the app. Default: random.</value>
    public string? ClientId { get; init; }

    /// <value>Consumer secret of the app. Default: random.</value>
    public string? ClientSecret { get; init; }

    /// <value>Shown on the consent page. Default Orgtap.</value>
    public string AppName { get; init; } = "Orgtap";

    /// <value>Callback addresses of the app, compared exactly. Default: none given = any loopback address is accepted.</value>
    public IReadOnlyList<string> RedirectUris { get; init; } = [];

    /// <value>The app insists on PKCE. Default false: accepted, not required.</value>
    public bool RequirePkce { get; init; }

    /// <value>The code exchange and the refresh must carry the app's secret. Default true.</value>
    public bool RequireSecret { get; init; } = true;

    /// <value>Each refresh hands out a new refresh token and kills the old one. Default false.</value>
    public bool RotateRefreshTokens { get; init; }

    /// <value>The org allows the username-password flow. Default true (Salesforce: off in orgs made since Summer '23).</value>
    public bool AllowPasswordFlow { get; init; } = true;

    /// <value>
    /// Certificate or public key (PEM text) that the app's JWTs are checked with; with it the user is approved for the app beforehand. Null = no JWT bearer flow. Default null.
    /// </value>
    public string? JwtCertificate { get; init; }

    /// <value>The app has a Run-As user for the client credentials flow. Default true.</value>
    public bool AllowClientCredentials { get; init; } = true;

    /// <value>Idle time after which a session ends. Default 2 hours; slides while it is used.</value>
    public TimeSpan SessionLife { get; init; } = TimeSpan.FromHours(2);

    /// <value>A refresh token unused for so long dies; null = never. Default null.</value>
    public TimeSpan? RefreshTokenIdleLife { get; init; }

    /// <value>API calls per rolling 24 hours. Default 15,000, a Developer Edition's.</value>
    public long ApiLimit { get; init; } = 15_000;

    /// <value>Calls for conversation entries per hour, user and app. Default 1,000, Salesforce's.</value>
    public int ConversationCallsPerHour { get; init; } = 1_000;

    /// <value>What the org lacks. Default: nothing.</value>
    public Oldness Oldness { get; init; } = new();

    /// <value>How long a Bulk job stays unfinished on the org's clock. Default 0.</value>
    public TimeSpan BulkDelay { get; init; }

    /// <value>Rows per Bulk result page where the client does not say. Default 50,000.</value>
    public int BulkPageRows { get; init; } = 50_000;

    /// <value>What happens in the course of time: the JSON text of a scenario; null = nothing. Default null.</value>
    public string? Scenario { get; init; }

    /// <value>Where the org's clock starts, and what base stamps precede; null = the machine's time. Default null.</value>
    public DateTimeOffset? Now { get; init; }

    /// <value>The clock stands still until advanced. Default false.</value>
    public bool Frozen { get; init; }

    /// <value>Key of the control API. Default: random.</value>
    public string? ControlKey { get; init; }

    /// <value>Where the folder for Bulk results is made, which is removed at the end. Default: the system's temporary folder.</value>
    public string? SpoolFolder { get; init; }
}

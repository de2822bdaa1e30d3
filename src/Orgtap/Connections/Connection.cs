using Orgtap.Masking;
using Orgtap.Primitives;

namespace Orgtap.Connections;

/// <summary>How Orgtap gets its access to an org (product A1).</summary>
public enum AuthorizationFlow
{
    /// <summary>Web server flow with PKCE: somebody signs in at Salesforce and allows it.</summary>
    WebServer,

    /// <summary>Username, password and security token; being withdrawn by Salesforce.</summary>
    Password,

    /// <summary>The app speaks for itself, as its Run-As user.</summary>
    ClientCredentials,

    /// <summary>The app proves itself with a certificate and speaks as a user who was permitted before.</summary>
    JwtBearer,

    /// <summary>Somebody types a code at Salesforce, on any device.</summary>
    Device,
}

/// <summary>Words for flows.</summary>
public static class AuthorizationFlows
{
    /// <summary>For people, behind "by" or "signed in by".</summary>
    public static string Words(this AuthorizationFlow flow) => flow switch
    {
        AuthorizationFlow.WebServer => "sign-in at Salesforce",
        AuthorizationFlow.Password => "user name and password",
        AuthorizationFlow.ClientCredentials => "client credentials (the app’s own user)",
        AuthorizationFlow.JwtBearer => "certificate (JWT bearer)",
        _ => "device code",
    };

    /// <summary>Where Salesforce permits the flow, and since when not any more, for people who choose one (https://help.salesforce.com/s/articleView?id=005132365, …id=000886201).</summary>
    public static string Permitted(this AuthorizationFlow flow) => flow switch
    {
        AuthorizationFlow.WebServer => "Permitted in every org. Since September 2025 the app must be installed in the org, or the user must have the permission Approve Uninstalled Connected Apps.",
        AuthorizationFlow.ClientCredentials => "Permitted in every org, at its own My Domain address, once the app has it switched on and names a Run As user.",
        AuthorizationFlow.JwtBearer => "Permitted in every org, once the app has the certificate and an admin has permitted the user.",
        AuthorizationFlow.Device => "Since September 2025 no longer permitted for apps that are not installed in the org, and off in Connected Apps of the older kind; External Client Apps can switch it on.",
        _ => "Off in orgs made since Summer ’23 unless an admin allows it, never possible with External Client Apps, and announced to end for every org with Winter ’27.",
    };
}

/// <summary>The External Client App or Connected App in the org that Orgtap speaks as.</summary>
/// <param name="ConsumerSecret">Null for an app that requires none.</param>
public sealed record ConsumerApp(string Id, string Name, string ConsumerKey, SecretText? ConsumerSecret, string? CallbackUrl)
{
    /// <summary>The key of the certificate that was uploaded to the app, PEM; for the JWT bearer flow.</summary>
    public SecretText? PrivateKey { get; init; }

    /// <summary>The name under which it belongs to the installation; null: it belongs to one connection.</summary>
    public string? SharedName { get; init; }
}

/// <summary>A saved link to one org.</summary>
/// <param name="Name">Chosen by the operator, unique, used by every verb and address.</param>
/// <param name="LoginUrl">Where it was authorized: login, test or a My Domain address.</param>
/// <param name="OrgId">The one org this connection is for; null until it is authorized.</param>
/// <param name="QuotaThresholdPercent">Of the org's daily calls by everybody; syncing stops there. 1 to 100.</param>
/// <param name="Problem">What keeps it from working; null when nothing does.</param>
public sealed record Connection(
    ConnectionId Id, string Name, Uri LoginUrl, AuthorizationFlow Flow, string AppId, OrgId? OrgId, string? OrgName, Uri? InstanceUrl,
    string? Username, bool SyncEnabled, int QuotaThresholdPercent, Problem? Problem, DateTimeOffset? LastSuccessAt, DateTimeOffset CreatedAt)
{
    /// <summary>How often it syncs by itself.</summary>
    public UpdateFrequency Frequency { get; init; } = UpdateFrequency.Hourly;

    /// <summary>What is masked in every text before it is stored.</summary>
    public MaskingRules Masking { get; init; } = MaskingRules.None;

    /// <summary>The org's edition in Salesforce's words, e.g. <c>Enterprise Edition</c>; null where the user may not see it.</summary>
    public string? Edition { get; init; }

    /// <summary>Whether the org says that it is a sandbox; null where it does not tell.</summary>
    public bool? IsSandbox { get; init; }

    /// <summary>Who pressed: an operator, or the admin who was asked; null while nobody did.</summary>
    public string? AuthorizedBy { get; init; }

    /// <summary>When the grant that is in use was given, UTC.</summary>
    public DateTimeOffset? AuthorizedAt { get; init; }

    /// <summary>The PostgreSQL schema its rows lie in; null: a file in the data directory.</summary>
    public PostgresPlace? Replica { get; init; }
}

/// <summary>What an org says of itself when it is authorized.</summary>
/// <param name="Edition">In Salesforce's words; null where the user may not see it.</param>
public sealed record OrgFacts(string? Name, string? Edition, bool? IsSandbox);

/// <summary>A schema of a PostgreSQL database.</summary>
/// <param name="Address">As <see cref="Storage.PostgresAddress"/> reads it, with the password.</param>
public sealed record PostgresPlace(SecretText Address, string Schema);

/// <summary>Something that stopped a connection, a run or a table: what happened, whose turn it is, what mends it.</summary>
/// <param name="Since">UTC.</param>
/// <param name="RetryAt">When Orgtap tries again by itself; null where it does not.</param>
/// <param name="Detail">Code and Salesforce's own text, for the details of an error card.</param>
public sealed record Problem(FailureKind Kind, Turn Turn, string Message, string NextStep, DateTimeOffset Since, DateTimeOffset? RetryAt, string? Detail)
{
    public static Problem From(OrgtapException failure, DateTimeOffset now) => new(
        failure.Kind, failure.Turn, failure.Message, failure.NextStep, now, (failure as QuotaStopException)?.Until, failure.Detail);
}

/// <summary>The one word that says how a connection is (product B2).</summary>
public enum ConnectionStatus
{
    SettingUp,
    Active,
    NotSyncing,
    Error,
}

/// <summary>Computes a status; never stored, so it cannot be stale.</summary>
public static class ConnectionStatuses
{
    /// <param name="hasUnfinishedLoad">A selected table was never loaded to its end, nothing is selected yet, or it is not authorized yet.</param>
    public static ConnectionStatus Of(Connection connection, bool hasUnfinishedLoad) =>
        !connection.SyncEnabled ? ConnectionStatus.NotSyncing
        : connection.Problem is not null ? ConnectionStatus.Error
        : hasUnfinishedLoad ? ConnectionStatus.SettingUp
        : ConnectionStatus.Active;

    /// <summary>The word in the UI, in the CLI and in the API alike.</summary>
    public static string Word(this ConnectionStatus status) => status switch
    {
        ConnectionStatus.SettingUp => "Setting up",
        ConnectionStatus.Active => "Active",
        ConnectionStatus.NotSyncing => "Not syncing",
        _ => "Error",
    };
}

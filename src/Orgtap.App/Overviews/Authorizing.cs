using Orgtap.Authorization;
using Orgtap.Connections;
using Orgtap.Primitives;
using Orgtap.Reauthorization;
using Orgtap.Storage;

namespace Orgtap.App.Overviews;

/// <summary>How a connection that exists is to be authorized again without a person at a browser. What is absent stays as it is.</summary>
/// <param name="Flow"><c>ClientCredentials</c>, <c>JwtBearer</c> or <c>Password</c>.</param>
/// <param name="WithoutMissing">Accept a user who sees less than what is selected.</param>
/// <param name="App">An app of the installation that it speaks as from now on.</param>
public sealed record ReauthorizeDocument(
    AuthorizationFlow Flow, string? Url = null, string? ClientId = null, string? ClientSecret = null, string? Username = null, string? Password = null, string? SecurityToken = null, string? PrivateKey = null, bool WithoutMissing = false,
    string? App = null);

/// <summary>A check of a connection as JSON.</summary>
public sealed record CheckDocument(string Name, CheckOutcome Outcome, string Sentence, Turn? Turn, string? NextStep, string? Detail, int Milliseconds, IReadOnlyList<MissingAccess>? Missing)
{
    public static CheckDocument Of(ConnectionCheck check) => new(check.Name, check.Outcome, check.Sentence, check.Turn, check.NextStep, check.Detail, (int)check.Took.TotalMilliseconds, check.Missing);
}

/// <summary>A code that somebody types at Salesforce.</summary>
/// <param name="Connection">Of the connection it became; absent while it waits.</param>
public sealed record DeviceDocument(string? Id, string? UserCode, Uri? VerificationUrl, int? IntervalSeconds, DateTimeOffset? ExpiresAt, ConnectionDocument? Connection = null)
{
    public static DeviceDocument Of(DeviceWait wait) => new(wait.Id, wait.UserCode, wait.VerificationUrl, (int)wait.Interval.TotalSeconds, wait.ExpiresAt);
}

/// <summary>Authorizes again and tests, for page, verb and endpoint alike.</summary>
public sealed class Authorizing(ConnectionStore connections, OrgConnector connector, AuthorizationReturn back, DeviceSignIns devices, ConnectionTest test, OverviewReader overviews, AuditLog audit)
{
    /// <exception cref="OrgtapException">It was not accepted; nothing was changed.</exception>
    public async Task<Connection> ReauthorizeAsync(Connection connection, ReauthorizeDocument wanted, string actor, CancellationToken cancellationToken)
    {
        var app = await connections.GetAppAsync(connection.AppId, cancellationToken);
        // A stored secret must not be sent to a host that somebody else names, nor for another app.
        var same = Same(wanted.Url, connection.LoginUrl) && (wanted.ClientId is null || wanted.ClientId == app.ConsumerKey);
        var request = new ConnectRequest(
            connection.Name, Filled(wanted.Url) ?? connection.LoginUrl.AbsoluteUri, wanted.Flow, Filled(wanted.ClientId) ?? app.ConsumerKey, SecretText.From(wanted.ClientSecret) ?? (same ? app.ConsumerSecret : null),
            Filled(wanted.Username) ?? connection.Username, SecretText.From(wanted.Password), SecretText.From(wanted.SecurityToken), app.CallbackUrl, connection.QuotaThresholdPercent)
        {
            PrivateKey = SecretText.From(wanted.PrivateKey) ?? (same ? app.PrivateKey : null), App = Filled(wanted.App),
        };
        return await back.ReauthorizeAsync(connection, request, wanted.WithoutMissing, actor, cancellationToken) switch
        {
            ReturnOutcome.Authorized authorized => authorized.Connection,
            ReturnOutcome.NotAuthorized refused => throw refused.Setback.Failure,
            _ => throw new InvalidOperationException("An outcome nobody handles."),
        };
    }

    public async Task<IReadOnlyList<ConnectionCheck>> TestAsync(Connection connection, string actor, CancellationToken cancellationToken)
    {
        var checks = await test.RunAsync(connection, cancellationToken);
        var failed = checks.Count(check => check.Outcome == CheckOutcome.Failed);
        await audit.WriteAsync(actor, "connection.tested", connection.Name, failed == 0 ? "all well" : $"{failed} of {checks.Count} checks failed", cancellationToken);
        return checks;
    }

    /// <summary>Begins the web server flow. What Salesforce would say of a new app on a page of its own is said here, before a browser goes there.</summary>
    /// <param name="again">The connection exists and is authorized again, with its own app and address unless another app is named.</param>
    public async Task<AuthorizationStart> StartAsync(ConnectRequest request, bool again, bool withoutMissing, string actor, CancellationToken cancellationToken)
    {
        var pending = again ? await AgainAsync(connections, request, actor, cancellationToken) : new PendingAuthorization(request, actor);
        if (!again && (request.ConsumerKey.Length > 0 || request.App is { Length: > 0 })) await connector.ProbeAsync(request, cancellationToken);
        return await connector.StartAsync(pending with { WithoutMissing = withoutMissing }, cancellationToken);
    }

    /// <summary>Begins the device flow.</summary>
    /// <param name="again">The connection exists and is authorized again, with its own app and address.</param>
    public async Task<DeviceDocument> StartDeviceAsync(ConnectRequest request, bool again, bool withoutMissing, string actor, CancellationToken cancellationToken)
    {
        var wanted = request with { Flow = AuthorizationFlow.Device };
        var pending = again ? await AgainAsync(connections, wanted, actor, cancellationToken) : new PendingAuthorization(wanted, actor);
        return DeviceDocument.Of(await devices.StartAsync(pending with { WithoutMissing = withoutMissing }, cancellationToken));
    }

    /// <exception cref="OrgtapException">It is over without access.</exception>
    public async Task<DeviceDocument> LookAtDeviceAsync(string id, CancellationToken cancellationToken) => await devices.LookAsync(id, cancellationToken) switch
    {
        DeviceOutcome.Waiting { Wait: var wait } => DeviceDocument.Of(wait),
        DeviceOutcome.Ended { Outcome: ReturnOutcome.Authorized authorized } => new DeviceDocument(null, null, null, null, null, ConnectionDocument.Of(await overviews.OfAsync(authorized.Connection, cancellationToken))),
        DeviceOutcome.Ended { Outcome: ReturnOutcome.NotAuthorized refused } => throw refused.Setback.Failure,
        _ => throw new InvalidInputException("This code is not known: it was used, or more than ten minutes have passed.", "Start again for a new code."),
    };

    /// <summary>A flow with a person, for a connection that exists: with its own app and address.</summary>
    private static async Task<PendingAuthorization> AgainAsync(ConnectionStore connections, ConnectRequest request, string actor, CancellationToken cancellationToken)
    {
        var connection = await connections.GetAsync(request.Name, cancellationToken);
        var app = await connections.GetAppAsync(connection.AppId, cancellationToken);
        return new PendingAuthorization(request with { LoginUrl = connection.LoginUrl.AbsoluteUri, ConsumerKey = app.ConsumerKey, ConsumerSecret = app.ConsumerSecret }, actor, connection.Id);
    }

    private static bool Same(string? typed, Uri stored) => Filled(typed) is not { } text || (Uri.TryCreate(text.Contains("://", StringComparison.Ordinal) ? text : $"https://{text}", UriKind.Absolute, out var address)
        && string.Equals(address.Authority, stored.Authority, StringComparison.OrdinalIgnoreCase));

    private static string? Filled(string? text) => string.IsNullOrWhiteSpace(text) ? null : text.Trim();
}

using Orgtap.Authorization;
using Orgtap.Connections;
using Orgtap.Primitives;
using Orgtap.Salesforce;
using Orgtap.Salesforce.OAuth;

namespace Orgtap.Reauthorization;

/// <summary>A step of the setup guide that can be checked, in the guide's order.</summary>
public enum SetupStep
{
    /// <summary>The login address knows the consumer key and takes the secret.</summary>
    App,

    /// <summary>The app has Orgtap's callback address.</summary>
    Callback,

    /// <summary>The app may give what Orgtap needs: api, and a refresh token where somebody signs in.</summary>
    Scopes,

    /// <summary>The user may use the API, and is one for integrations.</summary>
    User,

    /// <summary>User name, password and security token are accepted.</summary>
    SecurityToken,

    /// <summary>The org lets this machine's address in.</summary>
    Network,
}

/// <summary>What is checked: a connection, or what somebody is about to connect with.</summary>
/// <param name="Connection">Then the rest but the callback address and the password is its own.</param>
/// <param name="LoginUrl">As typed; empty: not given, as are the next ones.</param>
/// <param name="CallbackUrl">Of this installation.</param>
public sealed record SetupProbe(
    Connection? Connection, string LoginUrl, string ConsumerKey, SecretText? ConsumerSecret, string? Username, SecretText? Password, SecretText? SecurityToken, string CallbackUrl);

/// <summary>What was found at one step.</summary>
public sealed record SetupFinding(SetupStep Step, IReadOnlyList<ConnectionCheck> Checks);

/// <summary>
/// Checks the org's side step by step while it is being set up, with what is there so far: a key alone shows whether the app exists; who gives a user name or a secret with the org's own address is signed in for a moment, and
/// that access is ended at once. Nothing is stored.
/// </summary>
public sealed class SetupChecks(
    ConnectionStore connections, GrantStore grants, AccessTokens tokens, OrgClients clients, OrgConnector connector, OAuthClient oauth, Revocations revocations, AddressPolicy addresses, HttpMessageHandler transport,
    TrialMeter meter, TimeProvider time)
{
    private const string GiveKey = "Choose a connection, or give the org's address and the consumer key.";
    private const string GiveAccess = "Only a sign-in shows it: choose a connection, or give the consumer secret with the org's own My Domain address, or user name and password.";

    private readonly TokenTrial _trial = new(transport, meter, addresses, time);

    /// <param name="steps">In any order; none: all.</param>
    public async Task<IReadOnlyList<SetupFinding>> RunAsync(SetupProbe probe, IReadOnlyCollection<SetupStep> steps, CancellationToken cancellationToken)
    {
        var wanted = (steps.Count == 0 ? Enum.GetValues<SetupStep>() : steps).Distinct().Order().ToList();
        var app = await AppOfAsync(probe, cancellationToken);
        Found? found = null;
        if (wanted.Exists(step => step is SetupStep.Scopes or SetupStep.User or SetupStep.Network)) found = await LookAsync(probe, app, cancellationToken);
        var findings = new List<SetupFinding>();
        foreach (var step in wanted)
            findings.Add(new SetupFinding(step, step switch
            {
                SetupStep.App => [await AppAsync(app, cancellationToken)],
                SetupStep.Callback => [await CallbackAsync(app, probe.CallbackUrl, cancellationToken)],
                SetupStep.Scopes => [found!.Scopes, .. await FlowsAsync(app, cancellationToken)],
                SetupStep.User => found!.User,
                SetupStep.SecurityToken => [await SecurityTokenAsync(probe, app, cancellationToken)],
                _ => [found!.Network],
            }));
        return findings;
    }

    private async Task<OAuthApp?> AppOfAsync(SetupProbe probe, CancellationToken cancellationToken)
    {
        if (probe.Connection is { } connection)
        {
            var stored = await connections.GetAppAsync(connection.AppId, cancellationToken);
            return new OAuthApp(connection.LoginUrl, stored.ConsumerKey, stored.ConsumerSecret);
        }
        return probe.ConsumerKey.Length == 0 || probe.LoginUrl.Length == 0 ? null : new OAuthApp(addresses.CheckLogin(probe.LoginUrl), probe.ConsumerKey, probe.ConsumerSecret);
    }

    private async Task<ConnectionCheck> AppAsync(OAuthApp? app, CancellationToken cancellationToken)
    {
        const string name = "App exists";
        if (app is null) return ConnectionCheck.Not(name, GiveKey);
        try
        {
            await oauth.ProbeAppAsync(app, cancellationToken);
            return new ConnectionCheck(name, CheckOutcome.Passed, app.ConsumerSecret is null ? $"{app.LoginUrl.Host} knows the consumer key, and wants no secret" : $"{app.LoginUrl.Host} knows the consumer key and takes the secret");
        }
        catch (SalesforceException known) when (app.ConsumerSecret is null && known.ErrorCode is "invalid_client" or "invalid_request")
        {
            return new ConnectionCheck(name, CheckOutcome.Passed, $"{app.LoginUrl.Host} knows the consumer key. Give the consumer secret, and it is checked too.");
        }
        catch (OrgtapException failure)
        {
            return ConnectionCheck.Failed(name, failure);
        }
    }

    private async Task<ConnectionCheck> CallbackAsync(OAuthApp? app, string callbackUrl, CancellationToken cancellationToken)
    {
        const string name = "Callback address accepted";
        if (app is null) return ConnectionCheck.Not(name, GiveKey);
        try
        {
            await oauth.ProbeCallbackAsync(app, callbackUrl, cancellationToken);
            return new ConnectionCheck(name, CheckOutcome.Passed, $"Salesforce begins the sign-in and would come back to {callbackUrl}");
        }
        catch (OrgtapException failure)
        {
            return ConnectionCheck.Failed(name, failure);
        }
    }

    // The two flows that an app switches on and that show it without a person: what is asked for is given back, or forgotten.
    private async Task<IReadOnlyList<ConnectionCheck>> FlowsAsync(OAuthApp? app, CancellationToken cancellationToken)
    {
        if (app is null) return [];
        var checks = new List<ConnectionCheck>();
        if (app.ConsumerSecret is not null && !OAuthClient.IsSharedLoginHost(app.LoginUrl))
            checks.Add(await FlowAsync("Client credentials", async () => await revocations.EndAsync("setup check", app.LoginUrl, (await oauth.ClientCredentialsAsync(app, cancellationToken)).AccessToken)));
        checks.Add(await FlowAsync("Device code", () => oauth.StartDeviceAsync(app, cancellationToken)));
        return checks;

        async Task<ConnectionCheck> FlowAsync(string name, Func<Task> ask)
        {
            try
            {
                await ask();
                return new ConnectionCheck(name, CheckOutcome.Passed, "Switched on");
            }
            catch (OrgtapException off)
            {
                // No fault: an app needs the one flow that is used.
                return ConnectionCheck.Not(name, $"Not possible at present: {off.Message} {off.NextStep}");
            }
        }
    }

    private async Task<ConnectionCheck> SecurityTokenAsync(SetupProbe probe, OAuthApp? app, CancellationToken cancellationToken)
    {
        const string name = "Password and security token";
        if (app is null || probe.Username is null || probe.Password is null)
            return ConnectionCheck.Not(name, probe.Connection is { Flow: not AuthorizationFlow.Password } other ? $"{other.Name} signs in by {other.Flow.Words()} and needs none." : "Give user name, password and security token, with the app's key and secret.");
        try
        {
            var answer = await UnattendedSignIn.AskAsync(oauth, app, null, AuthorizationFlow.Password, probe.Username, probe.Password, probe.SecurityToken, cancellationToken);
            await revocations.EndAsync("setup check", app.LoginUrl, answer.AccessToken);
            return new ConnectionCheck(name, CheckOutcome.Warning, probe.SecurityToken is null ? "Accepted without a security token: the org trusts this machine’s address. Salesforce is withdrawing this way of signing in." : "Accepted. Salesforce is withdrawing this way of signing in.",
                Turn.Operator, "Use client credentials where you can.");
        }
        catch (OrgtapException failure)
        {
            return ConnectionCheck.Failed(name, failure);
        }
    }

    // Signs in, or uses what a connection has, and looks with it.
    private async Task<Found> LookAsync(SetupProbe probe, OAuthApp? app, CancellationToken cancellationToken)
    {
        try
        {
            if (probe.Connection is { } connection)
            {
                await tokens.ProveAsync(connection.Id, cancellationToken);
                var scope = (await grants.FindAsync(connection.Id, cancellationToken))?.Scope;
                return await WithAsync(clients.Open(connection.Id, connection.InstanceUrl ?? connection.LoginUrl, new CallCounter(CallPurpose.Authorization)), connection.Username, scope, connection.Flow, cancellationToken);
            }
            if (app is null) return Found.Nothing(GiveKey);
            var flow = probe is { Username: not null, Password: not null } ? AuthorizationFlow.Password : AuthorizationFlow.ClientCredentials;
            if (flow == AuthorizationFlow.ClientCredentials && (probe.ConsumerSecret is null || OAuthClient.IsSharedLoginHost(app.LoginUrl))) return Found.Nothing(GiveAccess);
            var answer = await connector.AskAsync(new ConnectRequest("setup check", probe.LoginUrl, flow, probe.ConsumerKey, probe.ConsumerSecret, probe.Username, probe.Password, probe.SecurityToken, null), cancellationToken);
            try
            {
                var once = ConnectionId.New();
                var tried = await new GrantTrial(oauth, addresses, _trial).TryAsync(app.LoginUrl, answer, once, cancellationToken);
                return await _trial.WithAsync(answer.AccessToken, tried.Instance, tried.Identity.OrgId, once, client => WithAsync(client, tried.Identity.Username, answer.Scope, flow, cancellationToken));
            }
            finally
            {
                await revocations.EndAsync("setup check", app.LoginUrl, answer.AccessToken);
            }
        }
        catch (OrgtapException refusal)
        {
            return Found.Refused(refusal);
        }
    }

    private static async Task<Found> WithAsync(SalesforceClient client, string? username, string? scope, AuthorizationFlow flow, CancellationToken cancellationToken)
    {
        var scopes = ScopesOf(scope, flow);
        try
        {
            await client.LimitsAsync(cancellationToken);
        }
        catch (OrgtapException refusal)
        {
            return Found.Refused(refusal) with { Scopes = scopes };
        }
        return new Found(scopes, [new ConnectionCheck(Found.Api, CheckOutcome.Passed, $"{username ?? "The user"} has the permission API Enabled"), .. await IntegrationUserChecks.LookAsync(username, client, cancellationToken)],
            new ConnectionCheck(Found.Address, CheckOutcome.Passed, "The org lets this machine’s address in"));
    }

    /// <summary>Whether what was granted is enough. Pure.</summary>
    internal static ConnectionCheck ScopesOf(string? scope, AuthorizationFlow flow)
    {
        const string name = "Scopes";
        if (scope is null) return ConnectionCheck.Not(name, $"Salesforce names no scopes for {flow.Words()}.");
        var granted = scope.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        var missing = new List<string>();
        if (!granted.Any(each => each is "api" or "full")) missing.Add("“Manage user data via APIs (api)”");
        if (!UnattendedSignIn.Is(flow) && !granted.Any(each => each is "refresh_token" or "offline_access")) missing.Add("“Perform requests at any time (refresh_token, offline_access)”");
        return missing.Count == 0
            ? new ConnectionCheck(name, CheckOutcome.Passed, $"Granted: {string.Join(", ", granted)}")
            : new ConnectionCheck(name, CheckOutcome.Failed, $"The app does not give {string.Join(" and ", missing)}.", Turn.Admin, "Setup > External Client App Manager > the app > Settings > OAuth Settings: add it to the selected scopes; then authorize again.", $"granted: {scope}");
    }

    private sealed record Found(ConnectionCheck Scopes, IReadOnlyList<ConnectionCheck> User, ConnectionCheck Network)
    {
        public const string Api = "API may be used", Address = "Network policy";

        public static Found Nothing(string why) => new(ConnectionCheck.Not("Scopes", why), [ConnectionCheck.Not(Api, why)], ConnectionCheck.Not(Address, why));

        /// <summary>Puts a refusal where it belongs.</summary>
        public static Found Refused(OrgtapException refusal)
        {
            const string elsewhere = "Not checked, because the sign-in failed: see the step that says why.";
            var (network, scope) = (refusal.Detail?.Contains("ip restricted", StringComparison.OrdinalIgnoreCase) == true, refusal is SalesforceException { ErrorCode: "invalid_scope" });
            return new Found(
                scope ? ConnectionCheck.Failed("Scopes", refusal) : ConnectionCheck.Not("Scopes", elsewhere),
                network || scope ? [ConnectionCheck.Not(Api, elsewhere)] : [ConnectionCheck.Failed(Api, refusal)],
                network ? ConnectionCheck.Failed(Address, refusal) : ConnectionCheck.Not(Address, elsewhere));
        }
    }
}

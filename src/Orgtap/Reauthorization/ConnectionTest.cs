using System.Globalization;
using Orgtap.Authorization;
using Orgtap.Connections;
using Orgtap.Primitives;
using Orgtap.Salesforce;
using Orgtap.Salesforce.OAuth;

namespace Orgtap.Reauthorization;

/// <summary>
/// Tests a connection, step by step, and stops at none: address, app, credentials, user, API, tables and fields, network policy, quota, how it signs in. Each failure says whose turn it is and where in Setup it is mended.
/// If all is well again, what kept the connection from syncing is cleared.
/// </summary>
public sealed class ConnectionTest(
    ConnectionStore connections, GrantStore grants, AccessTokens tokens, OrgClients clients, SelectionAccess access, OAuthClient oauth, AddressPolicy addresses, HttpMessageHandler transport, TrialMeter meter, TimeProvider time)
{
    // Codes of token answers that are about the app and not about whoever signs in.
    private static readonly HashSet<string> AboutTheApp = ["invalid_client_id", "invalid_client", "invalid_client_credentials", "invalid_app_access", "unauthorized_client", "unsupported_grant_type", "invalid_scope", "OAUTH_APPROVAL_ERROR_GENERIC"];

    private const string NoAccess = "Not checked, because there is no access.";

    private readonly TokenTrial _trial = new(transport, meter, addresses, time);

    /// <summary>Uses about three counted calls, and one more for each 25 tables.</summary>
    public async Task<IReadOnlyList<ConnectionCheck>> RunAsync(Connection connection, CancellationToken cancellationToken)
    {
        var checks = new List<ConnectionCheck>();
        var instance = connection.InstanceUrl ?? connection.LoginUrl;
        checks.Add(await TimedAsync("Address answers", async () => new ConnectionCheck("", CheckOutcome.Passed,
            $"{instance.Host}, API {await _trial.VersionAsync(instance, cancellationToken)}")));

        AccessToken? token = null;
        OrgtapException? refusal = null;
        var credentials = await TimedAsync("Credentials accepted", async () =>
        {
            try
            {
                token = await tokens.ProveAsync(connection.Id, cancellationToken);
                return new ConnectionCheck("", CheckOutcome.Passed, $"By {connection.Flow.Words()}");
            }
            catch (OrgtapException failure)
            {
                refusal = failure;
                throw;
            }
        });
        var aboutApp = refusal is SalesforceException { ErrorCode: { } code } && AboutTheApp.Contains(code);
        checks.Add(refusal is null ? new ConnectionCheck("App is known and allowed", CheckOutcome.Passed, "The org lets the app in")
            : aboutApp ? credentials with { Name = "App is known and allowed" }
            : refusal.Kind == FailureKind.Transient ? ConnectionCheck.Not("App is known and allowed", "Not checked, because the login address did not answer.")
            : new ConnectionCheck("App is known and allowed", CheckOutcome.Passed, "The refusal below is not about the app"));
        checks.Add(aboutApp ? ConnectionCheck.Not("Credentials accepted", "Not checked, because the app was refused.") : credentials);
        var client = clients.Open(connection.Id, instance, new CallCounter());
        checks.Add(await UserAsync(connection, token, cancellationToken));
        OrgLimits? limits = null;
        checks.Add(token is null ? ConnectionCheck.Not("API may be used", NoAccess) : await TimedAsync("API may be used", async () =>
        {
            limits = await client.LimitsAsync(cancellationToken);
            return new ConnectionCheck("", CheckOutcome.Passed, "The user has the permission API Enabled");
        }));
        checks.Add(token is null ? ConnectionCheck.Not("Tables and fields", NoAccess) : await TimedAsync("Tables and fields", async () => Said(await access.LookAsync(connection, client, cancellationToken))));
        checks.Add(Network(refusal, token, checks));
        checks.Add(Quota(connection, limits));
        checks.AddRange(token is null ? [ConnectionCheck.Not(IntegrationUserChecks.User, NoAccess), ConnectionCheck.Not(IntegrationUserChecks.Maker, NoAccess)] : await IntegrationUserChecks.LookAsync(connection.Username, client, cancellationToken));
        checks.Add(connection.Flow == AuthorizationFlow.Password
            ? new ConnectionCheck("Way of signing in", CheckOutcome.Warning, "Salesforce is withdrawing sign-in with user name and password.", Turn.Operator,
                "Move to client credentials on the page Authorization, or with `orgtap connections authorize`: nothing is synced anew.")
            : new ConnectionCheck("Way of signing in", CheckOutcome.Passed, connection.Flow.Words()));
        if (checks.All(check => check.Outcome is CheckOutcome.Passed or CheckOutcome.Warning or CheckOutcome.NotChecked) && token is not null && connection.Problem is { Kind: FailureKind.ReauthorizationRequired or FailureKind.Permission })
            await connections.SetProblemAsync(connection.Id, null, CancellationToken.None);
        return checks;
    }

    private async Task<ConnectionCheck> UserAsync(Connection connection, AccessToken? token, CancellationToken cancellationToken)
    {
        if (token is null || await grants.FindAsync(connection.Id, cancellationToken) is not { } grant) return ConnectionCheck.Not("User", NoAccess);
        return await TimedAsync("User", async () =>
        {
            var identity = await oauth.IdentityAsync(grant.IdentityUrl, token.Value, cancellationToken);
            return identity.OrgId != connection.OrgId
                ? throw new OrgtapException(FailureKind.ReauthorizationRequired, $"The access is for another org ({identity.OrgId}).", "Authorize the connection again, as a user of its own org.")
                : identity.Active ? new ConnectionCheck("", CheckOutcome.Passed, $"{identity.Username ?? identity.UserId}, active")
                : throw new OrgtapException(FailureKind.ReauthorizationRequired, $"{identity.Username} was deactivated.", "Setup > Users: activate the user, or authorize again as another one.");
        });
    }

    private static ConnectionCheck Said(AccessFound found) => found switch
    {
        { Tables: 0 } => new ConnectionCheck("", CheckOutcome.Passed, "Nothing is selected yet"),
        { Missing.Count: 0 } => new ConnectionCheck("", CheckOutcome.Passed, found.Tables == 1 ? "The one table that is copied is visible" : $"All {found.Tables} tables that are copied are visible, with their fields"),
        _ => new ConnectionCheck("", CheckOutcome.Failed, $"The user does not see {found.Missing.Count} of the {found.Tables} tables that are copied, or not all of {(found.Missing.Count == 1 ? "its" : "their")} fields.", Turn.Admin,
            "Setup > Permission Sets > the user's permission set > Object Settings: allow Read for the tables and fields below.", Missing: found.Missing),
    };

    private static ConnectionCheck Network(OrgtapException? refusal, AccessToken? token, IEnumerable<ConnectionCheck> before) => (refusal, token) switch
    {
        ({ Kind: FailureKind.Permission } restricted, _) when restricted.Detail?.Contains("ip", StringComparison.OrdinalIgnoreCase) == true && restricted.Detail.Contains("restricted", StringComparison.OrdinalIgnoreCase) =>
            ConnectionCheck.Failed("Network policy", restricted),
        (_, null) => ConnectionCheck.Not("Network policy", "Not checked: only a sign-in shows whether this machine's address is let in."),
        _ when before.Any(check => check is { Name: "API may be used", Outcome: CheckOutcome.Passed }) => new ConnectionCheck("Network policy", CheckOutcome.Passed, "The org lets this machine's address in"),
        _ => ConnectionCheck.Not("Network policy", "Not checked, because the API did not answer."),
    };

    private static ConnectionCheck Quota(Connection connection, OrgLimits? limits)
    {
        if (limits?.DailyApiRequests is not { Maximum: > 0 } calls) return ConnectionCheck.Not("Quota left", "Not checked, because the org did not say.");
        var share = 100 * calls.Used / calls.Maximum;
        var told = share == 0 && calls.Used > 0 ? "under 1" : share.ToString(CultureInfo.InvariantCulture);
        var sentence = string.Create(CultureInfo.InvariantCulture, $"{calls.Used:N0} of {calls.Maximum:N0} calls used in 24 hours, {told} %; Orgtap stops at {connection.QuotaThresholdPercent} %");
        return share >= connection.QuotaThresholdPercent
            ? new ConnectionCheck("Quota left", CheckOutcome.Warning, sentence, Turn.We, "Syncing goes on by itself when calls are free again; a lower update frequency or a higher threshold avoids the stop.")
            : new ConnectionCheck("Quota left", CheckOutcome.Passed, sentence);
    }

    private async Task<ConnectionCheck> TimedAsync(string name, Func<Task<ConnectionCheck>> look)
    {
        var started = time.GetTimestamp();
        try
        {
            return (await look()) with { Name = name, Took = time.GetElapsedTime(started) };
        }
        catch (OrgtapException failure)
        {
            return ConnectionCheck.Failed(name, failure) with { Took = time.GetElapsedTime(started) };
        }
    }
}

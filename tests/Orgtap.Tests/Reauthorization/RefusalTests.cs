using Dapper;
using Orgtap.App.Overviews;
using Orgtap.App.Users;
using Orgtap.Authorization;
using Orgtap.Catalog;
using Orgtap.Connections;
using Orgtap.Primitives;
using Orgtap.Reauthorization;
using Orgtap.SimulatedOrg.Faults;
using Orgtap.SimulatedOrg.Hosting;
using Orgtap.Storage;
using Orgtap.Tests.App.Cli;
using static Orgtap.Tests.Reauthorization.AskedAdmin;

namespace Orgtap.Tests.Reauthorization;

/// <summary>Every refusal of Salesforce's, injected where it happens: what the admin reads, whose turn it is, that nothing was changed and that the link goes on working.</summary>
public sealed class RefusalTests
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Each_refusal_has_its_cause_its_turn_and_its_remedy()
    {
        (string Code, string Text, string Message, Turn Turn, string Remedy)[] refusals =
        [
            ("invalid_grant", "expired authorization code", "too old or had been used", Turn.Admin, "again"),
            ("invalid_grant", "ip restricted", "from the network address", Turn.Admin, "IP restrictions"),
            ("invalid_grant", "inactive user", "deactivated", Turn.Admin, "Setup > Users"),
            ("invalid_grant", "org locked", "locked", Turn.Admin, "Company Information"),
            ("invalid_grant", "invalid login hours", "at this hour", Turn.Admin, "Login Hours"),
            ("invalid_client_id", "client identifier invalid", "does not know the consumer key", Turn.Operator, "2 to 10 minutes"),
            ("invalid_client", "invalid client credentials", "consumer secret", Turn.Operator, "Consumer Key and Secret"),
            ("unsupported_grant_type", "grant type not supported", "does not offer", Turn.Admin, "web server flow"),
            ("invalid_request", "missing required code challenge", "did not accept the request", Turn.Operator, "setup guide"),
            ("invalid_scope", "the requested scope is not allowed", "lacks a scope", Turn.Admin, "refresh_token"),
            ("inactive_user", "user is inactive", "deactivated", Turn.Admin, "Setup > Users"),
            ("inactive_org", "org is inactive", "deactivated", Turn.Admin, "activate"),
            ("invalid_app_access", "user is not admin approved to access this app", "until an admin permits it", Turn.Admin, "Policies"),
            ("rate_limit_exceeded", "login rate exceeded", "too often", Turn.We, "later"),
        ];
        await using var site = await ServedInstallation.StartAsync(serving: true);
        Assert.Equal(0, (await site.ConnectAsync()).ExitCode);
        await site.Service<UserStore>().AddAsync("marta@brightwell.example", "Marta", Role.Operator, Stop);
        var (request, link) = await AskAsync(site);
        var before = await site.Service<GrantStore>().FindAsync(request.ConnectionId!.Value, Stop);
        foreach (var (code, text, message, turn, remedy) in refusals)
        {
            var fault = site.Org.Faults.Add(new FaultRule("POST /services/oauth2/token*", new FaultEffect.OAuthError(code, text)) { Grant = "authorization_code" });
            var setback = Assert.IsType<ReturnOutcome.NotAuthorized>(await AnswerAsync(site, request, link, null)).Setback;
            site.Org.Faults.Remove(fault);
            Assert.True(setback.Message.Contains(message, StringComparison.OrdinalIgnoreCase), $"{code}, {text}: {setback.Message}");
            Assert.Equal((code, text, turn), (code, text, setback.Turn));
            Assert.True(setback.NextStep.Contains(remedy, StringComparison.OrdinalIgnoreCase), $"{code}, {text}: {setback.NextStep}");
            Assert.Equal(RequestState.SetBack, (await site.Service<AuthorizationRequestStore>().FindAsync(request.Id, Stop))!.StateAt(TimeProvider.System.GetUtcNow()));
        }
        foreach (var (error, text, kind, message) in ((string, string, SetbackKind, string)[])[
            ("access_denied", "end-user denied authorization", SetbackKind.Denied, "denied"), ("OAUTH_APPROVAL_ERROR_GENERIC", "An unexpected error has occurred", SetbackKind.Refused, "not installed")])
        {
            var setback = Assert.IsType<ReturnOutcome.NotAuthorized>(await AnswerAsync(site, request, link, (error, text))).Setback;
            Assert.Equal((kind, Turn.Admin), (setback.Kind, setback.Turn));
            Assert.Contains(message, setback.Message, StringComparison.Ordinal);
        }
        Assert.Equal(before, await site.Service<GrantStore>().FindAsync(request.ConnectionId.Value, Stop));
        Assert.IsType<ReturnOutcome.Authorized>(await AnswerAsync(site, request, link, null));
    }

    /// <param name="error">What the callback carries in place of a code; null: Allow was pressed.</param>
    private static async Task<ReturnOutcome> AnswerAsync(ServedInstallation site, AuthorizationRequest request, string link, (string Error, string Text)? error)
    {
        var start = await BeginAsync(site, request, link);
        return await CompleteAsync(site, start, await AtSalesforceAsync(site, start, allow: true), error);
    }
}

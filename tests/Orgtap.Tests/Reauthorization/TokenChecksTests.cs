using Dapper;
using Orgtap.App.Overviews;
using Orgtap.App.Users;
using Orgtap.Authorization;
using Orgtap.Catalog;
using Orgtap.Connections;
using Orgtap.Primitives;
using Orgtap.Quota;
using Orgtap.Reauthorization;
using Orgtap.SimulatedOrg.Faults;
using Orgtap.Storage;
using Orgtap.Tests.App.Cli;
using static Orgtap.Tests.Reauthorization.AskedAdmin;

namespace Orgtap.Tests.Reauthorization;

/// <summary>Between syncs it is looked whether a grant still lets Orgtap in: rarely, for one call, and what is found stands where a failing sync would put it. And no call that Salesforce counts goes past the ledger.</summary>
public sealed class TokenChecksTests
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_dead_grant_is_found_before_the_next_sync_once_and_with_its_cause()
    {
        await using var site = await ConnectedAsync();
        var checks = site.Service<TokenChecks>();
        site.Org.Requests.Clear();
        Assert.Equal(0, await checks.RunAsync(Stop));
        Assert.Empty(site.Org.Requests.Entries);

        await LaterAsync(site);
        Assert.Equal(0, await checks.RunAsync(Stop));
        Assert.Equal(0, await checks.RunAsync(Stop));
        Assert.Equal(1, site.Org.Requests.Entries.Sum(entry => entry.Calls));
        Assert.InRange((await GrantAsync(site)).CheckedAt!.Value, TimeProvider.System.GetUtcNow().AddMinutes(-1), TimeProvider.System.GetUtcNow());

        // An administrator of the org ends everything, and a password that has changed brings nobody back.
        site.Org.Tokens.RevokeAll();
        site.Org.Users.Put(site.Org.Users.Find(site.Org.User)! with { Password = "changed" });
        await LaterAsync(site);
        Assert.Equal(1, await checks.RunAsync(Stop));
        var problem = (await ConnectionAsync(site)).Problem!;
        Assert.Equal((FailureKind.ReauthorizationRequired, Turn.Admin), (problem.Kind, problem.Turn));
        Assert.Contains("Login History", problem.NextStep, StringComparison.Ordinal);
        site.Org.Requests.Clear();
        await LaterAsync(site);
        Assert.Equal(0, await checks.RunAsync(Stop));
        Assert.Empty(site.Org.Requests.Entries);
    }

    [Fact]
    public async Task A_permission_that_was_taken_is_found_and_an_org_that_cannot_be_reached_says_nothing()
    {
        await using var site = await ConnectedAsync();
        site.Org.Users.Put(site.Org.Users.Find(site.Org.User)! with { ApiEnabled = false });
        await LaterAsync(site);
        Assert.Equal(1, await site.Service<TokenChecks>().RunAsync(Stop));
        Assert.Equal(FailureKind.Permission, (await ConnectionAsync(site)).Problem!.Kind);

        await site.Service<ConnectionStore>().SetProblemAsync((await ConnectionAsync(site)).Id, null, Stop);
        site.Org.Faults.Add(new FaultRule("*/limits*", FaultEffect.Answer.Error(403, "REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded.")));
        await LaterAsync(site);
        Assert.Equal(0, await site.Service<TokenChecks>().RunAsync(Stop));
        Assert.Null((await ConnectionAsync(site)).Problem);
    }

    [Fact]
    public async Task A_paused_connection_is_left_alone_and_an_app_that_was_mended_is_noticed()
    {
        await using var site = await ConnectedAsync();
        var connection = await ConnectionAsync(site);
        Assert.True(TokenChecks.IsWorthALook(connection));
        Assert.False(TokenChecks.IsWorthALook(connection with { SyncEnabled = false }));
        await site.Service<AuthorizationReturn>().ReauthorizeAsync(connection, new ConnectRequest(
            "acme", site.Org.Address.AbsoluteUri, AuthorizationFlow.ClientCredentials, site.Org.ClientId, new SecretText(site.Org.ClientSecret), null, null, null, null), false, "test", Stop);
        site.Org.Tokens.ExpireAll();
        site.Org.Faults.Add(new FaultRule("POST /services/oauth2/token*", new FaultEffect.OAuthError("invalid_grant", "inactive user")));
        await LaterAsync(site);
        Assert.Equal(1, await site.Service<TokenChecks>().RunAsync(Stop));
        Assert.Equal(FailureKind.ReauthorizationRequired, (await ConnectionAsync(site)).Problem!.Kind);

        site.Org.Faults.Clear();
        await LaterAsync(site);
        Assert.Equal(0, await site.Service<TokenChecks>().RunAsync(Stop));
        Assert.Null((await ConnectionAsync(site)).Problem);
    }

    [Fact]
    public async Task A_refresh_token_is_used_once_a_day_so_that_it_does_not_die_of_idleness()
    {
        await using var site = await ConnectedAsync();
        var (request, link) = await AskAsync(site);
        var start = await BeginAsync(site, request, link);
        Assert.IsType<ReturnOutcome.Authorized>(await CompleteAsync(site, start, await AtSalesforceAsync(site, start, allow: true)));
        var before = await GrantAsync(site);
        await LaterAsync(site);
        await site.Service<TokenChecks>().RunAsync(Stop);
        Assert.Equal(before.Version, (await GrantAsync(site)).Version);
        await LaterAsync(site, "issued_at = issued_at - 90000000");
        await site.Service<TokenChecks>().RunAsync(Stop);
        Assert.Equal(before.Version + 1, (await GrantAsync(site)).Version);

        // Its session lives on, but the refresh token died: known now, not when the session ends.
        site.Org.Faults.Add(new FaultRule("POST /services/oauth2/token*", new FaultEffect.OAuthError("invalid_grant", "expired access/refresh token")) { Grant = "refresh_token" });
        await LaterAsync(site, "issued_at = issued_at - 90000000");
        Assert.Equal(1, await site.Service<TokenChecks>().RunAsync(Stop));
        Assert.Contains("no longer valid", (await ConnectionAsync(site)).Problem!.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Every_call_that_connecting_authorizing_testing_and_looking_cost_is_in_the_ledger()
    {
        await using var site = await ConnectedAsync();
        await site.Service<SelectionStore>().SetAsync((await ConnectionAsync(site)).Id, [new SelectedObject("Account"), new SelectedObject("Contact")], Stop);
        var (request, link) = await AskAsync(site);
        var start = await BeginAsync(site, request, link);
        Assert.IsType<ReturnOutcome.Authorized>(await CompleteAsync(site, start, await AtSalesforceAsync(site, start, allow: true)));
        await site.Service<ConnectionTest>().RunAsync(await ConnectionAsync(site), Stop);
        await LaterAsync(site);
        await site.Service<TokenChecks>().RunAsync(Stop);
        var counted = site.Org.Requests.Entries.Sum(entry => entry.Calls);
        Assert.InRange(counted, 7, 12);
        var use = (await site.Service<QuotaGuard>().UseAsync((await ConnectionAsync(site)).OrgId!.Value, Stop))!;
        Assert.Equal((counted, counted), (use.Own, use.Used));

        // With no call left, a new grant is not looked at, is given back, and the admin reads when to try again.
        site.Org.Usage.Background = site.Org.Usage.Limit;
        site.Org.Requests.Clear();
        var (again, secondLink) = await AskAsync(site);
        var second = await BeginAsync(site, again, secondLink);
        var refused = Assert.IsType<ReturnOutcome.NotAuthorized>(await CompleteAsync(site, second, await AtSalesforceAsync(site, second, allow: true))).Setback;
        Assert.Equal(Turn.We, refused.Turn);
        Assert.Contains("Try again after", refused.NextStep, StringComparison.Ordinal);
        Assert.Equal(1, site.Org.Tokens.ApprovalCount);
    }

    private static async Task<ServedInstallation> ConnectedAsync()
    {
        var site = await ServedInstallation.StartAsync(serving: true);
        Assert.Equal(0, (await site.ConnectAsync()).ExitCode);
        await site.Service<UserStore>().AddAsync("marta@brightwell.example", "Marta", Role.Operator, Stop);
        return site;
    }

    /// <summary>More than an hour passes.</summary>
    private static async Task LaterAsync(ServedInstallation site, string? also = null)
    {
        await using var db = await site.Service<ControlStore>().ConnectAsync(Stop);
        await db.ExecuteAsync($"UPDATE grants SET checked_at = checked_at - 4000000{(also is null ? "" : $", {also}")}");
    }

    private static Task<Connection> ConnectionAsync(ServedInstallation site) => site.Service<ConnectionStore>().GetAsync("acme", Stop);

    private static async Task<Grant> GrantAsync(ServedInstallation site) => (await site.Service<GrantStore>().FindAsync((await ConnectionAsync(site)).Id, Stop))!;
}

using Dapper;
using Orgtap.App.Overviews;
using Orgtap.App.Users;
using Orgtap.Authorization;
using Orgtap.Catalog;
using Orgtap.Connections;
using Orgtap.Primitives;
using Orgtap.Reauthorization;
using Orgtap.SimulatedOrg.Hosting;
using Orgtap.Storage;
using Orgtap.Tests.App.Cli;
using static Orgtap.Tests.Reauthorization.AskedAdmin;

namespace Orgtap.Tests.Reauthorization;

/// <summary>Asked, allowed at the simulated org's own pages, accepted or not: with everything as the program wires it.</summary>
public sealed class ReauthorizationTests
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Only_an_accepted_grant_uses_the_link_up_and_the_old_one_is_revoked()
    {
        await using var site = await ConnectedAsync("Account");
        var (request, link) = await AskAsync(site, "Ruth has left.");
        Assert.Equal(RequestState.Waiting, request.StateAt(Now));
        for (var i = 0; i < 3; i++) Assert.Equal(RequestState.Opened, (await site.Service<AuthorizationRequests>().OpenAsync(link, Stop))!.StateAt(Now));

        var denied = Assert.IsType<ReturnOutcome.NotAuthorized>(await AnswerAsync(site, request, link, allow: false));
        Assert.Equal(SetbackKind.Denied, denied.Setback.Kind);
        Assert.Equal(RequestState.SetBack, (await FindAsync(site, request)).StateAt(Now));
        Assert.Equal(0, site.Org.Tokens.ApprovalCount);

        var accepted = Assert.IsType<ReturnOutcome.Authorized>(await AnswerAsync(site, request, link, allow: true));
        var done = await FindAsync(site, request);
        Assert.Equal((RequestState.Completed, site.Org.User, 1), (done.StateAt(Now), done.CompletedAs, done.TablesChecked));
        Assert.Equal((AuthorizationFlow.WebServer, 1), (accepted.Connection.Flow, site.Org.Tokens.ApprovalCount));
        await Assert.ThrowsAsync<InvalidInputException>(() => site.Service<AuthorizationRequests>().BeginAsync(done, new SecretText(link), null, false, Callback, Stop));

        // Once more, asked anew: the grant before is ended at Salesforce, what is selected stays.
        var (again, secondLink) = await AskAsync(site, "Ruth has left.");
        Assert.NotEqual(request.Id, again.Id);
        await AnswerAsync(site, again, secondLink, allow: true);
        Assert.Equal(1, site.Org.Tokens.ApprovalCount);
        Assert.Equal(["Account"], (await site.Service<SelectionStore>().GetAsync(accepted.Connection.Id, Stop)).Select(selected => selected.SObject));
        Assert.Equal(0, (await site.RunAsync("sync", "acme")).ExitCode);
    }

    [Fact]
    public async Task A_grant_of_another_org_is_refused_and_given_back()
    {
        await using var site = await ConnectedAsync("Account");
        var connection = await site.Service<ConnectionStore>().GetAsync("acme", Stop);
        await using (var db = await site.Service<ControlStore>().ConnectAsync(Stop)) await db.ExecuteAsync("UPDATE connections SET org_id = '00D000000000009EAA'");
        var before = await site.Service<GrantStore>().FindAsync(connection.Id, Stop);
        var (request, link) = await AskAsync(site, "Ruth has left.");

        var refused = Assert.IsType<ReturnOutcome.NotAuthorized>(await AnswerAsync(site, request, link, allow: true));

        Assert.Equal(SetbackKind.WrongOrg, refused.Setback.Kind);
        Assert.Contains("different org", refused.Setback.Message, StringComparison.Ordinal);
        Assert.Equal(0, site.Org.Tokens.ApprovalCount);
        Assert.Equal(before, await site.Service<GrantStore>().FindAsync(connection.Id, Stop));
    }

    [Fact]
    public async Task A_user_who_sees_less_is_refused_with_what_is_missing_unless_the_admin_goes_on_without()
    {
        await using var site = await ConnectedAsync("Account", "Contact");
        // So that it is known which fields there were.
        Assert.Equal(0, (await site.RunAsync("sync", "acme")).ExitCode);
        site.Org.Store.Schema.HideObject("Contact", true);
        site.Org.Store.Schema.HideField("Account", "Phone", true);
        var (request, link) = await AskAsync(site, "Ruth has left.");

        var refused = Assert.IsType<ReturnOutcome.NotAuthorized>(await AnswerAsync(site, request, link, allow: true));
        Assert.Equal(SetbackKind.MissingAccess, refused.Setback.Kind);
        var account = Assert.Single(refused.Setback.Missing, part => part.SObject == "Account");
        Assert.Contains("(Phone)", Assert.Single(account.Fields), StringComparison.Ordinal);
        Assert.Empty(Assert.Single(refused.Setback.Missing, part => part.SObject == "Contact").Fields);
        Assert.Equal((0, AuthorizationFlow.Password), (site.Org.Tokens.ApprovalCount, (await site.Service<ConnectionStore>().GetAsync("acme", Stop)).Flow));
        var stored = await FindAsync(site, request);
        Assert.Equal(2, stored.Setback!.Missing.Count);

        Assert.IsType<ReturnOutcome.Authorized>(await AnswerAsync(site, request, link, allow: true, without: true));
        Assert.Equal(1, site.Org.Tokens.ApprovalCount);
    }

    [Fact]
    public async Task A_request_that_is_withdrawn_while_the_admin_is_at_Salesforce_is_not_accepted()
    {
        await using var site = await ConnectedAsync("Account");
        var (request, link) = await AskAsync(site, "Ruth has left.");
        var start = await BeginAsync(site, request, link, false);
        var back = await AtSalesforceAsync(site, start, allow: true);
        await site.Service<AuthorizationRequests>().WithdrawAsync(request.Id, "marta@brightwell.example", Stop);

        var refused = Assert.IsType<ReturnOutcome.NotAuthorized>(await CompleteAsync(site, start, back));

        Assert.Contains("withdrawn", refused.Setback.Message, StringComparison.Ordinal);
        Assert.Equal((0, RequestState.Withdrawn), (site.Org.Tokens.ApprovalCount, (await FindAsync(site, request)).StateAt(Now)));
        var withdrawn = await FindAsync(site, request);
        await Assert.ThrowsAsync<InvalidInputException>(() => BeginAsync(site, withdrawn, link, false));
    }

    [Fact]
    public async Task A_first_authorization_makes_the_connection_with_the_app_that_the_admin_names()
    {
        await using var site = await ServedInstallation.StartAsync(serving: true);
        await MartaAsync(site);
        var asked = await site.Service<RequestDesk>().AskAsync(new AskDocument("newco", "Erik", "erik@newco.example"), "marta@brightwell.example", Site, Stop);
        var link = asked.Link!.AbsolutePath[3..];
        var request = (await site.Service<AuthorizationRequests>().OpenAsync(link, Stop))!;
        await Assert.ThrowsAsync<InvalidInputException>(() => BeginAsync(site, request, link, false));
        var start = await site.Service<AuthorizationRequests>().BeginAsync(request, new SecretText(link), new AppGiven(site.Org.Address.AbsoluteUri, site.Org.ClientId, new SecretText(site.Org.ClientSecret)), false, Callback, Stop);
        Assert.IsType<ReturnOutcome.NotAuthorized>(await CompleteAsync(site, start, await AtSalesforceAsync(site, start, allow: false)));

        // Denied by a slip: the secret that was typed is kept for the same app and address, and for no other.
        request = await FindAsync(site, request);
        Assert.Equal(new GivenApp(site.Org.Address.AbsoluteUri, site.Org.ClientId, true), request.Given);
        var app = site.Org.Apps.Find(site.Org.ClientId)!;
        site.Org.Apps.Put(app with { ClientId = "another-key", RequireSecret = false });
        var other = await site.Service<AuthorizationRequests>().BeginAsync(request, new SecretText(link), new AppGiven(site.Org.Address.AbsoluteUri, "another-key", null), false, Callback, Stop);
        Assert.Contains("client_id=another-key", other.AuthorizeAddress.AbsoluteUri, StringComparison.Ordinal);
        Assert.False((request = await FindAsync(site, request)).Given!.HasSecret);

        // What Salesforce would say on a page of its own is said before anybody is sent there, and the attempt does not count.
        foreach (var (key, secret, redirects, words) in ((string, string, IReadOnlyList<string>, string)[])[
            ("nobody", site.Org.ClientSecret, app.RedirectUris, "does not know the consumer key"), (site.Org.ClientId, "wrong", app.RedirectUris, "did not accept the consumer secret"),
            (site.Org.ClientId, site.Org.ClientSecret, ["https://elsewhere.example/"], "does not know Orgtap's callback address")])
        {
            site.Org.Apps.Put(app with { RedirectUris = redirects });
            var told = await Assert.ThrowsAnyAsync<OrgtapException>(() => site.Service<AuthorizationRequests>().BeginAsync(request, new SecretText(link), new AppGiven(site.Org.Address.AbsoluteUri, key, new SecretText(secret)), false, Callback, Stop));
            Assert.Contains(words, told.Message, StringComparison.Ordinal);
        }
        site.Org.Apps.Put(app);
        start = await site.Service<AuthorizationRequests>().BeginAsync(request, new SecretText(link), new AppGiven(site.Org.Address.AbsoluteUri, site.Org.ClientId, new SecretText(site.Org.ClientSecret)), false, Callback, Stop);
        Assert.IsType<ReturnOutcome.NotAuthorized>(await CompleteAsync(site, start, await AtSalesforceAsync(site, start, allow: false)));
        start = await site.Service<AuthorizationRequests>().BeginAsync(await FindAsync(site, request), new SecretText(link), new AppGiven(site.Org.Address.AbsoluteUri, site.Org.ClientId, null), false, Callback, Stop);

        var made = Assert.IsType<ReturnOutcome.Authorized>(await CompleteAsync(site, start, await AtSalesforceAsync(site, start, allow: true)));

        Assert.Equal(("newco", false, "erik@newco.example"), (made.Connection.Name, made.Again, (await site.Service<GrantStore>().FindAsync(made.Connection.Id, Stop))!.GrantedBy));
        var done = await FindAsync(site, request);
        Assert.Equal((RequestState.Completed, made.Connection.Id), (done.StateAt(Now), done.ConnectionId));
    }

    [Fact]
    public async Task Asking_the_same_admin_again_sends_the_open_request_again_and_every_link_of_it_works()
    {
        await using var site = await ConnectedAsync("Account");
        var (first, firstLink) = await AskAsync(site, "Ruth has left.");
        var (second, secondLink) = await AskAsync(site, "Ruth has left.");
        Assert.Equal(first.Id, second.Id);
        Assert.NotEqual(firstLink, secondLink);
        foreach (var link in (string[])[firstLink, secondLink]) Assert.NotNull(await site.Service<AuthorizationRequests>().OpenAsync(link, Stop));
        foreach (var wrong in (string[])["", "x", ".", firstLink[..^1] + (firstLink[^1] == 'A' ? 'B' : 'A'), firstLink.Split('.')[0] + "." + secondLink.Split('.')[1]])
            Assert.Null(await site.Service<AuthorizationRequests>().OpenAsync(wrong, Stop));
        await using var db = await site.Service<ControlStore>().ConnectAsync(Stop);
        foreach (var hash in await db.QueryAsync<string>("SELECT secret_hash || selector FROM authorization_links"))
            Assert.DoesNotContain(firstLink.Split('.')[1], hash, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_admin_may_decline_and_think_again()
    {
        await using var site = await ConnectedAsync("Account");
        var (request, link) = await AskAsync(site, "Ruth has left.");
        await site.Service<AuthorizationRequests>().DeclineAsync(request, "Ask our head of IT", Stop);
        var declined = await FindAsync(site, request);
        Assert.Equal((RequestState.Declined, "Ask our head of IT"), (declined.StateAt(Now), declined.DeclineReason));
        Assert.IsType<ReturnOutcome.Authorized>(await AnswerAsync(site, declined, link, allow: true));
        Assert.Equal(RequestState.Completed, (await FindAsync(site, request)).StateAt(Now));
    }

    [Fact]
    public async Task Whoever_presses_Authorize_and_never_comes_back_is_noticed()
    {
        await using var site = await ConnectedAsync("Account");
        var (request, link) = await AskAsync(site, "Ruth has left.");
        await BeginAsync(site, request, link, false);
        var waiting = await FindAsync(site, request);
        Assert.Equal(RequestState.Started, waiting.StateAt(Now));
        Assert.Equal(RequestState.NeverCameBack, waiting.StateAt(Now.AddMinutes(11)));
        Assert.Equal(RequestState.Expired, waiting.StateAt(Now.AddDays(8)));
    }

    [Fact]
    public async Task A_password_connection_moves_to_client_credentials_without_a_new_sync()
    {
        await using var site = await ConnectedAsync("Account");
        Assert.Equal(0, (await site.RunAsync("sync", "acme")).ExitCode);
        var connection = await site.Service<ConnectionStore>().GetAsync("acme", Stop);
        var moved = Assert.IsType<ReturnOutcome.Authorized>(await site.Service<AuthorizationReturn>().ReauthorizeAsync(connection, new ConnectRequest(
            "acme", site.Org.Address.AbsoluteUri, AuthorizationFlow.ClientCredentials, site.Org.ClientId, new SecretText(site.Org.ClientSecret), null, null, null, null), false, "test", Stop));
        Assert.Equal(AuthorizationFlow.ClientCredentials, moved.Connection.Flow);
        Assert.Null((await site.Service<GrantStore>().FindAsync(connection.Id, Stop))!.Password);
        site.Org.Tokens.ExpireAll();
        site.Org.Requests.Clear();
        Assert.Equal(0, (await site.RunAsync("sync", "acme")).ExitCode);
        Assert.Equal(1, site.Org.Requests.Count("token"));
    }

    private static DateTimeOffset Now => TimeProvider.System.GetUtcNow();

    private static async Task<ServedInstallation> ConnectedAsync(params string[] tables)
    {
        var site = await ServedInstallation.StartAsync(serving: true);
        Assert.Equal(0, (await site.ConnectAsync()).ExitCode);
        await site.Service<SelectionStore>().SetAsync((await site.Service<ConnectionStore>().GetAsync("acme", Stop)).Id, [.. tables.Select(table => new SelectedObject(table))], Stop);
        await MartaAsync(site);
        return site;
    }

    private static Task<User> MartaAsync(ServedInstallation site) => site.Service<UserStore>().AddAsync("marta@brightwell.example", "Marta", Role.Operator, Stop);

    private static async Task<AuthorizationRequest> FindAsync(ServedInstallation site, AuthorizationRequest request) => (await site.Service<AuthorizationRequestStore>().FindAsync(request.Id, Stop))!;

    private static async Task<ReturnOutcome> AnswerAsync(ServedInstallation site, AuthorizationRequest request, string link, bool allow, bool without = false)
    {
        var start = await BeginAsync(site, request, link, without);
        return await CompleteAsync(site, start, await AtSalesforceAsync(site, start, allow));
    }
}

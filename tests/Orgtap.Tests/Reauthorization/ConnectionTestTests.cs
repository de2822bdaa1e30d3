using Orgtap.Authorization;
using Orgtap.Catalog;
using Orgtap.Connections;
using Orgtap.Primitives;
using Orgtap.Reauthorization;
using Orgtap.Tests.App.Cli;

namespace Orgtap.Tests.Reauthorization;

/// <summary>Test connection reports every check, whatever the first ones find.</summary>
public sealed class ConnectionTestTests
{
    private static readonly string[] Names = ["Address answers", "App is known and allowed", "Credentials accepted", "User", "API may be used", "Tables and fields", "Network policy", "Quota left", "Integration user", "Who made the app", "Way of signing in"];

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_healthy_connection_passes_and_the_password_flow_is_warned_about()
    {
        await using var site = await ConnectedAsync();
        var checks = await TestAsync(site);
        Assert.Equal(Names, checks.Select(check => check.Name));
        Assert.DoesNotContain(checks, check => check.Outcome == CheckOutcome.Failed);
        Assert.Equal(CheckOutcome.Warning, checks[^1].Outcome);
        Assert.Contains("Account", (await site.Service<SelectionStore>().GetAsync((await site.Service<ConnectionStore>().GetAsync("acme", Stop)).Id, Stop)).Select(selected => selected.SObject));
    }

    [Fact]
    public async Task A_wrong_password_is_the_credentials_fault_and_the_rest_says_why_it_was_not_checked()
    {
        await using var site = await ConnectedAsync();
        site.Org.Users.Put(site.Org.Users.Find(site.Org.User)! with { Password = "changed" });
        var checks = (await TestAsync(site)).ToDictionary(check => check.Name);
        Assert.Equal(CheckOutcome.Passed, checks["Address answers"].Outcome);
        Assert.Equal(CheckOutcome.Passed, checks["App is known and allowed"].Outcome);
        Assert.Equal((CheckOutcome.Failed, Turn.Admin), (checks["Credentials accepted"].Outcome, checks["Credentials accepted"].Turn));
        Assert.Contains("Login History", checks["Credentials accepted"].NextStep, StringComparison.Ordinal);
        Assert.All((string[])["User", "API may be used", "Tables and fields", "Integration user"], name => Assert.Equal(CheckOutcome.NotChecked, checks[name].Outcome));
        Assert.Equal(Names.Length, checks.Count);
    }

    [Fact]
    public async Task An_app_the_org_does_not_know_is_the_apps_fault()
    {
        await using var site = await ConnectedAsync();
        site.Org.Faults.Add(new Orgtap.SimulatedOrg.Faults.FaultRule("POST /services/oauth2/token*", new Orgtap.SimulatedOrg.Faults.FaultEffect.OAuthError("invalid_client_id", "client identifier invalid")));
        var checks = (await TestAsync(site)).ToDictionary(check => check.Name);
        Assert.Equal((CheckOutcome.Failed, Turn.Operator), (checks["App is known and allowed"].Outcome, checks["App is known and allowed"].Turn));
        Assert.Contains("2 to 10 minutes", checks["App is known and allowed"].NextStep, StringComparison.Ordinal);
        Assert.Equal(CheckOutcome.NotChecked, checks["Credentials accepted"].Outcome);
    }

    [Fact]
    public async Task What_the_user_no_longer_sees_is_named_and_a_mended_connection_is_cleared()
    {
        await using var site = await ConnectedAsync();
        var connections = site.Service<ConnectionStore>();
        var connection = await connections.GetAsync("acme", Stop);
        site.Org.Store.Schema.HideObject("Account", true);
        var failed = (await TestAsync(site)).Single(check => check.Name == "Tables and fields");
        Assert.Equal((CheckOutcome.Failed, Turn.Admin, "Account"), (failed.Outcome, failed.Turn, Assert.Single(failed.Missing!).SObject));

        await connections.SetProblemAsync(connection.Id, new Problem(FailureKind.Permission, Turn.Admin, "x", "y", TimeProvider.System.GetUtcNow(), null, null), Stop);
        site.Org.Store.Schema.HideObject("Account", false);
        var (code, output, _) = await site.RunAsync("connections", "test", "acme");
        Assert.Equal(0, code);
        Assert.Contains("ok   Tables and fields", output, StringComparison.Ordinal);
        Assert.Null((await connections.GetAsync("acme", Stop)).Problem);
    }

    [Theory]
    [InlineData(true, CheckOutcome.Warning, "is an administrator")]
    [InlineData(false, CheckOutcome.Passed, "Is no administrator")]
    public async Task An_administrator_in_place_of_an_integration_user_is_warned_about(bool modifiesAll, CheckOutcome outcome, string words)
    {
        await using var site = await ConnectedAsync();
        var profile = site.Org.Store.Insert("Profile", new Dictionary<string, object?> { ["Name"] = "Some Profile", ["PermissionsModifyAllData"] = modifiesAll });
        site.Org.Store.Update("User", site.Org.Users.Find(site.Org.User)!.Id, new Dictionary<string, object?> { ["ProfileId"] = profile });
        var check = (await TestAsync(site)).Single(check => check.Name == "Integration user");
        Assert.Equal(outcome, check.Outcome);
        Assert.Contains(words, check.Sentence, StringComparison.Ordinal);

        site.Org.Store.Schema.HideObject("Profile", true);
        check = (await TestAsync(site)).Single(each => each.Name == "Integration user");
        Assert.Equal(CheckOutcome.NotChecked, check.Outcome);
        Assert.Contains("may not read its own profile", check.Sentence, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""[{"AppName":"Orgtap"},{"AppName":"Workbench"}]""", """[{"Name":"Old One"}]""", """[{"MasterLabel":"Orgtap"}]""", CheckOutcome.Warning, "made the app Orgtap: ")]
    [InlineData("""[{"AppName":"Orgtap"}]""", """[{"Name":"Old One"}]""", "[]", CheckOutcome.Passed, "Somebody else")]
    [InlineData("[]", """[{"Name":"Old One"}]""", null, CheckOutcome.Warning, "made the app Old One, perhaps the one that Orgtap uses")]
    [InlineData("[]", "[]", "[]", CheckOutcome.Passed, "Somebody else")]
    [InlineData("[]", null, null, CheckOutcome.NotChecked, "may not see who made")]
    public async Task Whoever_made_the_app_in_place_of_an_integration_user_is_warned_about(string tokens, string? connected, string? external, CheckOutcome outcome, string words)
    {
        await using var site = await ConnectedAsync();
        string Part(string name, string? rows) => rows is null
            ? $$$"""{"referenceId":"{{{name}}}","httpStatusCode":400,"body":[{"errorCode":"INVALID_TYPE","message":"sObject type is not supported."}]}"""
            : $$$"""{"referenceId":"{{{name}}}","httpStatusCode":200,"body":{"done":true,"totalSize":1,"records":{{{rows}}}}}""";
        // The last composite call of the test; the ones before describe tables.
        site.Org.Faults.Add(new Orgtap.SimulatedOrg.Faults.FaultRule("POST */composite", new Orgtap.SimulatedOrg.Faults.FaultEffect.Answer(
            200, $$$"""{"compositeResponse":[{{{Part("profile", "[]")}}},{{{Part("tokens", tokens)}}},{{{Part("connected", connected)}}},{{{Part("external", external)}}}]}""", "application/json")) { Nth = 2 });
        var check = (await TestAsync(site)).Single(each => each.Name == "Who made the app");
        Assert.Equal(outcome, check.Outcome);
        Assert.Contains(words, check.Sentence, StringComparison.Ordinal);
        Assert.Equal(outcome == CheckOutcome.Warning ? Turn.Admin : null, check.Turn);
    }

    private static async Task<IReadOnlyList<ConnectionCheck>> TestAsync(ServedInstallation site) =>
        await site.Service<ConnectionTest>().RunAsync(await site.Service<ConnectionStore>().GetAsync("acme", Stop), Stop);

    private static async Task<ServedInstallation> ConnectedAsync()
    {
        var site = await ServedInstallation.StartAsync(serving: true);
        Assert.Equal(0, (await site.ConnectAsync()).ExitCode);
        await site.Service<SelectionStore>().SetAsync((await site.Service<ConnectionStore>().GetAsync("acme", Stop)).Id, [new SelectedObject("Account")], Stop);
        return site;
    }
}

using Orgtap.App.Overviews;
using Orgtap.Authorization;
using Orgtap.Connections;
using Orgtap.Primitives;
using Orgtap.Reauthorization;
using Orgtap.Tests.App.Cli;

namespace Orgtap.Tests.Reauthorization;

/// <summary>The org's side is checked step by step, before anything is connected and after.</summary>
public sealed class SetupChecksTests
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Each_step_says_what_the_org_has_and_what_it_lacks()
    {
        await using var site = await ServedInstallation.StartAsync(serving: true);
        var app = site.Org.Apps.Find(site.Org.ClientId)!;
        var known = new SetupCheckDocument(null, site.Org.Address.AbsoluteUri, site.Org.ClientId, site.Org.ClientSecret);

        await Is(known with { ClientId = "3MVG9.nobody" }, SetupStep.App, CheckOutcome.Failed, "does not know the consumer key", Turn.Operator, "2 to 10 minutes");
        await Is(known with { ClientSecret = "wrong" }, SetupStep.App, CheckOutcome.Failed, "did not accept the consumer secret", Turn.Operator, "Consumer Key and Secret");
        await Is(known with { ClientSecret = null }, SetupStep.App, CheckOutcome.Passed, "Give the consumer secret");
        await Is(known, SetupStep.App, CheckOutcome.Passed, "takes the secret");
        await Is(new SetupCheckDocument(), SetupStep.App, CheckOutcome.NotChecked, "Choose a connection, or give");

        site.Org.Apps.Put(app with { RedirectUris = ["https://elsewhere.example/callback"] });
        await Is(known, SetupStep.Callback, CheckOutcome.Failed, "does not know Orgtap's callback address", Turn.Operator, "Setup > External Client App Manager");
        site.Org.Apps.Put(app with { RedirectUris = [AskedAdmin.Callback.AbsoluteUri] });
        await Is(known, SetupStep.Callback, CheckOutcome.Passed, AskedAdmin.Callback.AbsoluteUri);
        site.Org.Apps.Put(app with { Uninstalled = true });
        await Is(known, SetupStep.App, CheckOutcome.Passed, "takes the secret");
        site.Org.Apps.Put(app);

        // Signed in for a moment as the app's own user; nothing is left of it.
        await Is(known, SetupStep.Scopes, CheckOutcome.Passed, "Granted: ");
        site.Org.Apps.Put(app with { DeviceFlow = false });
        var flows = Assert.Single(await site.Service<SetupDesk>().CheckAsync(known with { Steps = [SetupStep.Scopes] }, AskedAdmin.Callback, "test", Stop)).Checks;
        Assert.Equal(["Scopes: Passed", "Client credentials: Passed", "Device code: NotChecked"], flows.Select(check => $"{check.Name}: {check.Outcome}"));
        Assert.Contains("Enable Device Flow", flows[^1].Sentence, StringComparison.Ordinal);
        site.Org.Apps.Put(app);
        site.Org.Users.Put(site.Org.Users.Find(site.Org.User)! with { ApiEnabled = false });
        await Is(known, SetupStep.User, CheckOutcome.Failed, "may not use the API", Turn.Admin, "API Enabled");
        site.Org.Users.Put(site.Org.Users.Find(site.Org.User)! with { ApiEnabled = true });
        await Is(known, SetupStep.User, CheckOutcome.Passed, "API Enabled");
        site.Org.Apps.Put(app with { IpRestricted = true });
        await Is(known, SetupStep.Network, CheckOutcome.Failed, "from the network address", Turn.Admin, "Network Access");
        site.Org.Apps.Put(app);
        await Is(known, SetupStep.Network, CheckOutcome.Passed, "lets this machine");
        await Is(known with { ClientSecret = null }, SetupStep.Network, CheckOutcome.NotChecked, "Only a sign-in shows it");

        await Is(known, SetupStep.SecurityToken, CheckOutcome.NotChecked, "Give user name, password and security token");
        await Is(known with { Username = site.Org.User, Password = site.Org.Password }, SetupStep.SecurityToken, CheckOutcome.Failed, "security token", Turn.Admin, "Login History");
        await Is(known with { Username = site.Org.User, Password = site.Org.Password, SecurityToken = site.Org.SecurityToken }, SetupStep.SecurityToken, CheckOutcome.Warning, "Accepted", Turn.Operator, "client credentials");
        Assert.Equal((0, 0), (site.Org.Tokens.ApprovalCount, (await site.Service<ConnectionStore>().ListAsync(Stop)).Count));

        async Task Is(SetupCheckDocument wanted, SetupStep step, CheckOutcome outcome, string words, Turn? turn = null, string? remedy = null)
        {
            var check = Assert.Single(await site.Service<SetupDesk>().CheckAsync(wanted with { Steps = [step] }, AskedAdmin.Callback, "test", Stop)).Checks[0];
            Assert.True((outcome, turn) == (check.Outcome, check.Turn) && check.Sentence.Contains(words, StringComparison.Ordinal) && (remedy is null || check.NextStep!.Contains(remedy, StringComparison.Ordinal)),
                $"{step}: {check.Outcome} {check.Turn} {check.Sentence} {check.NextStep} {check.Detail}");
        }
    }

    [Fact]
    public async Task A_connection_is_checked_with_what_it_has_by_the_verb_beside_serve_too()
    {
        await using var site = await ServedInstallation.StartAsync(serving: true);
        Assert.Equal(0, (await site.ConnectAsync()).ExitCode);
        var (code, output, error) = await site.RunAsync("setup", "check", "--connection", "acme");
        Assert.Equal((0, ""), (code, error));
        foreach (var line in (string[])["ok   App exists", "ok   Callback address accepted", "ok   API may be used", "ok   Network policy", "–    Password and security token"])
            Assert.Contains(line, output, StringComparison.Ordinal);
        (code, output, _) = await site.RunAsync("setup", "check", "--url", site.Org.Address.AbsoluteUri, "--client-id", "nobody", "--step", "app");
        Assert.Equal(2, code);
        Assert.StartsWith("FAIL App exists", output, StringComparison.Ordinal);
        Assert.DoesNotContain("Scopes", output, StringComparison.Ordinal);
        (code, output, _) = await site.RunAsync("setup", "guide");
        Assert.Equal(0, code);
        Assert.Contains("orgtap setup check --step security-token", output, StringComparison.Ordinal);
        Assert.DoesNotContain("**", output, StringComparison.Ordinal);
        (code, _, error) = await site.RunAsync("setup", "check", "--url", "https://evil.example", "--client-id", "x");
        Assert.Equal(2, code);
        Assert.Contains("evil.example", error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("api refresh_token", AuthorizationFlow.WebServer, CheckOutcome.Passed)]
    [InlineData("full offline_access", AuthorizationFlow.Device, CheckOutcome.Passed)]
    [InlineData("api", AuthorizationFlow.ClientCredentials, CheckOutcome.Passed)]
    [InlineData("api id", AuthorizationFlow.WebServer, CheckOutcome.Failed)]
    [InlineData("refresh_token web", AuthorizationFlow.WebServer, CheckOutcome.Failed)]
    [InlineData(null, AuthorizationFlow.Password, CheckOutcome.NotChecked)]
    public void Scopes_are_enough_or_named(string? scope, AuthorizationFlow flow, CheckOutcome outcome) => Assert.Equal(outcome, SetupChecks.ScopesOf(scope, flow).Outcome);
}

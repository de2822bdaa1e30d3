using System.Text.RegularExpressions;
using Microsoft.Playwright;
using Orgtap.App.Users;
using Orgtap.Authorization;
using Orgtap.Catalog;
using Orgtap.Connections;
using Orgtap.Primitives;
using Orgtap.Scheduling;
using Orgtap.SimulatedOrg.Hosting;

namespace Orgtap.IntegrationTests.Web;

/// <summary>The page of scheduled jobs, with a sync that runs.</summary>
[Collection(WebCollection.Name)]
public sealed class JobsPageTests(Browser browser)
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_running_job_is_seen_stopped_started_and_restarted(bool script)
    {
        // Salesforce prepares the Bulk job for longer than this test lasts.
        await using var site = new WebInstallation { OrgOptions = new SimulatedOrgOptions { Records = new Dictionary<string, long> { ["Account"] = 15_000, ["User"] = 5 }, BulkDelay = TimeSpan.FromHours(1) } };
        await site.InitializeAsync();
        // The pause is looked at, however slow this machine is.
        site.Service<JobRestarts>().Pause = TimeSpan.FromMinutes(5);
        await site.UserAsync("marta@example.com", Role.Operator);
        var connection = await site.Service<OrgConnector>().ConnectAsync(new ConnectRequest("slow", site.Org.Address.AbsoluteUri, AuthorizationFlow.Password, site.Org.ClientId, new SecretText(site.Org.ClientSecret),
            site.Org.User, new SecretText(site.Org.Password), new SecretText(site.Org.SecurityToken), null), "test", Stop);
        await site.Service<Selecting>().ApplyAsync(connection, [], [new SelectedObject("Account")], Stop);
        var page = await browser.OpenAsync(site.Address, script);
        await Browser.SignInAsync(page, "marta@example.com");
        await page.GetByRole(AriaRole.Navigation, new() { Name = "Main" }).GetByRole(AriaRole.Link, new() { Name = "Scheduled jobs" }).ClickAsync();
        var sync = page.GetByRole(AriaRole.Row, new() { NameRegex = new Regex("^Sync") });
        await Assertions.Expect(sync).ToContainTextAsync("Waiting");
        await page.GetByRole(AriaRole.Button, new() { Name = "Restart running jobs" }).ClickAsync();
        await Assertions.Expect(page.GetByText("Nothing runs now.")).ToBeVisibleAsync();

        await site.Service<SyncJobs>().StartAsync(connection.Id, "test", Stop);
        if (!script) await page.GotoAsync("/jobs");
        await Assertions.Expect(sync).ToContainTextAsync("Running");
        if (script) await Browser.CheckLooksAsync(page, "jobs-running");
        await page.GetByRole(AriaRole.Button, new() { Name = "Stop job: Sync of slow" }).ClickAsync();
        await Assertions.Expect(sync).ToContainTextAsync("by marta@example.com");
        await Assertions.Expect(page.GetByRole(AriaRole.Row, new() { NameRegex = new Regex("^Deletes") })).ToContainTextAsync("Waits for Sync to be started");
        if (script) await Browser.CheckLooksAsync(page, "jobs-stopped");
        await page.GetByRole(AriaRole.Link, new() { NameRegex = new Regex("^Stopped") }).ClickAsync();
        await Assertions.Expect(page.Locator("tbody tr:not(.group)")).ToHaveCountAsync(1);
        await page.GetByRole(AriaRole.Button, new() { Name = "Start job: Sync of slow" }).ClickAsync();
        await page.GotoAsync("/jobs");
        await Assertions.Expect(sync).ToContainTextAsync("Running");

        await page.GetByRole(AriaRole.Button, new() { Name = "Restart running jobs" }).ClickAsync();
        if (script) await Assertions.Expect(page.GetByText("is stopped, starts at")).ToBeVisibleAsync();
        await Assertions.Expect(page.GetByRole(AriaRole.Heading, new() { Name = "Restarting running jobs" })).ToBeVisibleAsync();
        if (script) await Browser.CheckLooksAsync(page, "jobs-restart");
        await page.GetByRole(AriaRole.Button, new() { Name = "Stop restarting" }).ClickAsync();

        await page.GetByText("How often").Last.ClickAsync();
        await page.GetByLabel("How often: Deletes of slow").SelectOptionAsync("every day");
        await page.Locator("details[open] button").ClickAsync();
        await Assertions.Expect(page.GetByRole(AriaRole.Row, new() { NameRegex = new Regex("^Deletes") })).ToContainTextAsync("every day");
        Assert.Equal("daily", (await site.Service<JobStates>().AllAsync(Stop)).FrequencyOf(connection.Id, JobKind.Deletes).Text);
        await page.GotoAsync("/jobs?q=nowhere");
        await Assertions.Expect(page.GetByRole(AriaRole.Heading, new() { Name = "No job matches" })).ToBeVisibleAsync();
        await site.Service<SyncJobs>().StopAllAsync(Stop);
    }
}

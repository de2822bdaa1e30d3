using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using Microsoft.Playwright;
using Orgtap.App.Users;
using Orgtap.Authorization;
using Orgtap.Connections;
using Orgtap.Primitives;
using Orgtap.Storage;

namespace Orgtap.IntegrationTests.Web;

/// <summary>The settings dialog: what is changed is saved whole or not at all, and never lost silently.</summary>
[Collection(WebCollection.Name)]
public sealed class SettingsTests(Browser browser, WebInstallation site)
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Settings_are_changed_together_or_not_at_all(bool script)
    {
        var name = $"settings-{script}".ToLowerInvariant();
        var page = await SignedInAsync(name, script);
        await page.GotoAsync($"/connections/{name}");
        await page.GetByRole(AriaRole.Link, new() { Name = "Settings", Exact = true }).ClickAsync();
        await Assertions.Expect(page.GetByRole(AriaRole.Heading, new() { Name = $"Settings of {name}" })).ToBeVisibleAsync();
        if (script) await Browser.CheckLooksAsync(page, "settings");
        await page.GetByLabel("Sync data from Salesforce").UncheckAsync();
        await page.GetByLabel("Update frequency").SelectOptionAsync("Every 15 minutes");
        await page.GetByLabel("API quota: stop at, percent").FillAsync("65");
        await page.GetByRole(AriaRole.Button, new() { Name = "Save changes" }).ClickAsync();
        await Browser.ArrivedAsync(page, $"**/connections/{name}");
        await Assertions.Expect(page.Locator(".page-head .state")).ToHaveTextAsync("Not syncing");
        var connection = await site.Service<ConnectionStore>().GetAsync(name, Stop);
        Assert.Equal((false, "15m", 65), (connection.SyncEnabled, connection.Frequency.Text, connection.QuotaThresholdPercent));
        Assert.Equal(["threshold.set", "schedule.set", "connection.paused"],
            (await site.Service<AuditLog>().ListAsync(new AuditFilter { Target = name, Actor = $"{name}@example.com" }, 3, Stop)).Select(entry => entry.Action));

        // One value that is not possible: nothing is changed, everything typed is still there.
        await page.GotoAsync($"/connections/{name}/settings");
        await page.GetByLabel("Sync data from Salesforce").CheckAsync();
        await page.GetByLabel("Update frequency").SelectOptionAsync("By the cron expression below");
        if (!await page.GetByLabel("Time zone").IsVisibleAsync()) await page.GetByText("Cron expression", new() { Exact = true }).ClickAsync();
        await page.GetByLabel("Seconds, minutes").FillAsync("every morning");
        await page.GetByRole(AriaRole.Button, new() { Name = "Save changes" }).ClickAsync();
        await Assertions.Expect(page.GetByRole(AriaRole.Alert)).ToContainTextAsync("is no cron expression");
        await Assertions.Expect(page.GetByLabel("Seconds, minutes")).ToHaveValueAsync("every morning");
        await Assertions.Expect(page.GetByLabel("Sync data from Salesforce")).ToBeCheckedAsync();
        Assert.False((await site.Service<ConnectionStore>().GetAsync(name, Stop)).SyncEnabled);
        if (script) await Browser.CheckLooksAsync(page, "settings-problem");
    }

    [Fact]
    public async Task Changes_are_not_lost_by_leaving()
    {
        var page = await SignedInAsync("unsaved", script: true);
        await page.GotoAsync("/connections/unsaved/settings");
        await Assertions.Expect(page.Locator("dialog[open]")).ToBeVisibleAsync();
        await Assertions.Expect(page.Locator("form[data-changed=false]")).ToHaveCountAsync(1);
        await page.GetByLabel("API quota: stop at, percent").FillAsync("33");
        await page.GetByLabel("Update frequency").SelectOptionAsync("Every day");
        await Assertions.Expect(page.GetByText("2 changes not saved")).ToBeVisibleAsync();
        await page.Keyboard.PressAsync("Escape");
        await Assertions.Expect(page.GetByText("Changes are not saved. Save or discard them first.")).ToBeVisibleAsync();
        await Browser.CheckLooksAsync(page, "settings-unsaved");
        await page.GetByRole(AriaRole.Link, new() { Name = "Close" }).ClickAsync();
        await Assertions.Expect(page.GetByLabel("API quota: stop at, percent")).ToHaveValueAsync("33");
        await page.GetByRole(AriaRole.Link, new() { Name = "Discard" }).ClickAsync();
        await Assertions.Expect(page.GetByLabel("API quota: stop at, percent")).ToHaveValueAsync("80");
        await Assertions.Expect(page.Locator("form[data-changed=false]")).ToHaveCountAsync(1);
        await page.Keyboard.PressAsync("Escape");
        await Browser.ArrivedAsync(page, "**/connections/unsaved");
    }

    [Fact]
    public async Task A_program_sets_them_as_often_as_it_likes()
    {
        await SignedInAsync("program", script: false);
        using var client = site.Client();
        var token = await site.Service<ApiTokens>().IssueAsync(await site.UserAsync("program@example.com", Role.Operator), new TokenWish("settings"), Stop);
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token.Reveal());
        for (var time = 0; time < 2; time++)
        {
            using var answer = await client.PutAsJsonAsync("/api/v1/connections/program/settings", new { updateFrequency = "6h", quotaThresholdPercent = 70 }, Stop);
            var document = await answer.Content.ReadFromJsonAsync<JsonElement>(Stop);
            Assert.Equal(("6h", 70, true), (document.GetProperty("updateFrequency").GetString(), document.GetProperty("quotaThresholdPercent").GetInt32(), document.GetProperty("syncEnabled").GetBoolean()));
        }
        using var refused = await client.PutAsJsonAsync("/api/v1/connections/program/settings", new { updateFrequency = "5m", quotaThresholdPercent = 170 }, Stop);
        Assert.Equal(HttpStatusCode.BadRequest, refused.StatusCode);
        Assert.Equal("6h", (await site.Service<ConnectionStore>().GetAsync("program", Stop)).Frequency.Text);
        // What did not differ was not written.
        Assert.Equal(2, (await site.Service<AuditLog>().ListAsync(new AuditFilter { Target = "program", Actor = "program@example.com" }, 10, Stop)).Count(entry => entry.Action is "schedule.set" or "threshold.set"));
    }

    private async Task<IPage> SignedInAsync(string name, bool script)
    {
        await site.UserAsync($"{name}@example.com", Role.Operator);
        await site.Service<OrgConnector>().ConnectAsync(new ConnectRequest(
            name, site.Org.Address.AbsoluteUri, AuthorizationFlow.Password, site.Org.ClientId, new SecretText(site.Org.ClientSecret), site.Org.User,
            new SecretText(site.Org.Password), new SecretText(site.Org.SecurityToken), null), "test", Stop);
        var page = await browser.OpenAsync(site.Address, script);
        await Browser.SignInAsync(page, $"{name}@example.com");
        return page;
    }
}

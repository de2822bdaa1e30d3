using System.Diagnostics;
using System.Text.RegularExpressions;
using Microsoft.Playwright;
using Orgtap.App.Users;
using Orgtap.Authorization;
using Orgtap.Catalog;
using Orgtap.Connections;
using Orgtap.Primitives;
using Orgtap.SimulatedOrg.Hosting;

namespace Orgtap.IntegrationTests.Web;

/// <summary>Choosing tables and fields, as people do it: with the script, without it, and in an org with 1,500 tables of 800 fields.</summary>
[Collection(WebCollection.Name)]
public sealed class EditDataSyncTests(Browser browser, WebInstallation site)
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Fields_are_found_ticked_kept_as_a_draft_and_saved()
    {
        var page = await SignedInAsync(site, "picky");
        await page.GotoAsync("/connections/picky/data");
        await page.Locator("#pick-Account summary").ClickAsync();
        await page.GetByLabel("Industry Industry", new() { Exact = true }).CheckAsync();
        await page.Locator("#pick-Account").GetByLabel("Fax Fax", new() { Exact = true }).CheckAsync();
        await Assertions.Expect(page.Locator("#pick-Account summary")).ToContainTextAsync(new Regex("5 of \\d+"));
        await Assertions.Expect(page.Locator("#picker-total")).ToContainTextAsync("1 table");
        await Browser.CheckLooksAsync(page, "edit-data-sync-fields");

        // Somebody closed the browser: the draft is there again, in another one too.
        var second = await page.Context.NewPageAsync();
        await page.CloseAsync();
        await second.GotoAsync("/connections/picky/data?show=Selected");
        await Assertions.Expect(second.Locator("#picker-state")).ToContainTextAsync("draft of picky@example.com");
        await second.GetByLabel("Search tables and fields").FillAsync("indust");
        await Assertions.Expect(second.Locator("#picks > li.pick")).ToHaveCountAsync(1);
        await Assertions.Expect(second.Locator("#pick-Account .hint").First).ToContainTextAsync("Industry");
        await second.GetByLabel("Search tables and fields").FillAsync("no such thing");
        await Assertions.Expect(second.GetByRole(AriaRole.Heading, new() { Name = "No table matches" })).ToBeVisibleAsync();
        await Browser.CheckLooksAsync(second, "edit-data-sync-no-match");

        await second.GotoAsync("/connections/picky/data/review");
        await Assertions.Expect(second.GetByText("New table, 5 fields")).ToBeVisibleAsync();
        await second.GetByRole(AriaRole.Button, new() { Name = "Save changes" }).ClickAsync();
        await Browser.ArrivedAsync(second, "**/connections/picky");
        Assert.Equal(["Id", "IsDeleted", "Fax", "Industry", "SystemModstamp"], Assert.Single(await SelectionAsync(site, "picky")).Fields!);

        // What is saved and taken out again is shown before it happens.
        await second.GotoAsync("/connections/picky/data?open=Account");
        await second.GetByLabel("Fax Fax", new() { Exact = true }).UncheckAsync();
        await Assertions.Expect(second.Locator("#picker-discard button")).ToBeVisibleAsync();
        await second.GetByRole(AriaRole.Button, new() { Name = "Review fields" }).ClickAsync();
        await Assertions.Expect(second.GetByText("Account: Fax")).ToBeVisibleAsync();
        // Escape belongs to the script, which makes the dialog a modal one.
        await Assertions.Expect(second.Locator("dialog:modal")).ToBeVisibleAsync();
        await second.Keyboard.PressAsync("Escape");
        await Browser.ArrivedAsync(second, "**/connections/picky");
        await second.GotoAsync("/connections/picky/data");
        await second.GetByRole(AriaRole.Button, new() { Name = "Discard draft" }).ClickAsync();
        await Assertions.Expect(second.Locator("#picker-state")).ToContainTextAsync("nothing changes until you save");
    }

    [Fact]
    public async Task Presets_tables_and_fields_can_be_chosen_without_the_script()
    {
        var page = await SignedInAsync(site, "scriptless", script: false);
        await page.GotoAsync("/connections/scriptless/data?open=Account");
        await page.Locator("input[value='preset:account-mapping']").CheckAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Search", Exact = true }).ClickAsync();
        await page.GetByLabel("Industry Industry", new() { Exact = true }).UncheckAsync();
        await page.Locator("input[value='table:Lead']").CheckAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Review fields" }).ClickAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Save changes" }).ClickAsync();
        var selection = await SelectionAsync(site, "scriptless");
        Assert.Contains(selection, table => table is { SObject: "Lead", Fields: null });
        Assert.DoesNotContain("Industry", selection.Single(table => table.SObject == "Account").Fields!);
        // A table with some of its fields shows an empty box; sending the page again changes nothing.
        await page.GotoAsync("/connections/scriptless/data");
        await page.GetByRole(AriaRole.Button, new() { Name = "Search", Exact = true }).ClickAsync();
        await Assertions.Expect(page.Locator("#picker-state")).ToContainTextAsync("scriptless · nothing changes until you save");
    }

    [Fact]
    public async Task An_org_of_1500_tables_with_800_fields_each_opens_and_answers()
    {
        await using var large = new WebInstallation { OrgOptions = new SimulatedOrgOptions { Records = new Dictionary<string, long> { ["Account"] = 10 }, ExtraObjects = 1_500, ExtraFields = 780 } };
        await large.InitializeAsync();
        var page = await SignedInAsync(large, "large");
        await page.GotoAsync("/connections/large/data");
        var opened = Stopwatch.GetTimestamp();
        await page.GotoAsync("/connections/large/data");
        await Assertions.Expect(page.Locator("#picks > li").Last).ToBeAttachedAsync();
        var openedIn = Stopwatch.GetElapsedTime(opened);
        Assert.True(await page.Locator("#picks > li").CountAsync() > 1_500);

        await page.GetByText("All data").ClickAsync();
        await Assertions.Expect(page.Locator("#picker-total")).ToContainTextAsync(new Regex("1,5\\d\\d tables"));
        var name = await page.Locator("#picks > li.pick").Nth(700).GetAttributeAsync("id");
        var searched = Stopwatch.GetTimestamp();
        await page.GetByLabel("Search tables and fields").FillAsync(name!["pick-".Length..]);
        await Assertions.Expect(page.Locator("#picks > li.pick")).ToHaveCountAsync(1);
        var searchedIn = Stopwatch.GetElapsedTime(searched);
        await page.Locator($"#{name} summary").ClickAsync();
        await Assertions.Expect(page.Locator($"#{name} .pick-fields label").Nth(780)).ToBeAttachedAsync();
        TestContext.Current.TestOutputHelper!.WriteLine($"opened in {openedIn.TotalMilliseconds:0} ms, searched in {searchedIn.TotalMilliseconds:0} ms");
    }

    private async Task<IPage> SignedInAsync(WebInstallation on, string name, bool script = true)
    {
        await on.UserAsync($"{name}@example.com", Role.Operator);
        await on.Service<OrgConnector>().ConnectAsync(new ConnectRequest(
            name, on.Org.Address.AbsoluteUri, AuthorizationFlow.Password, on.Org.ClientId, new SecretText(on.Org.ClientSecret), on.Org.User,
            new SecretText(on.Org.Password), new SecretText(on.Org.SecurityToken), null), "test", Stop);
        var page = await browser.OpenAsync(on.Address, script);
        await Browser.SignInAsync(page, $"{name}@example.com");
        return page;
    }

    private static async Task<IReadOnlyList<SelectedObject>> SelectionAsync(WebInstallation on, string name) =>
        await on.Service<SelectionStore>().GetAsync((await on.Service<ConnectionStore>().GetAsync(name, Stop)).Id, Stop);
}

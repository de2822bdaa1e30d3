using System.Net;
using Microsoft.Playwright;
using Orgtap.App.Overviews;
using Orgtap.App.Users;
using Orgtap.Authorization;
using Orgtap.Connections;
using Orgtap.Conversations;
using Orgtap.Primitives;
using Orgtap.SimulatedOrg.Hosting;
using Orgtap.Syncs;

namespace Orgtap.IntegrationTests.Web;

/// <summary>From nothing to a conversation that is read, in the browser: with the script and without it, at both widths and in both themes.</summary>
[Collection(WebCollection.Name)]
public sealed class ConversationsTests(Browser browser) : IAsyncLifetime
{
    private readonly WebInstallation _site = new()
    {
        OrgOptions = new SimulatedOrgOptions
        {
            Records = new Dictionary<string, long>
            {
                ["User"] = 6, ["Group"] = 2, ["Account"] = 10, ["Contact"] = 20, ["LiveChatTranscript"] = 96, ["LiveChatTranscriptEvent"] = 300, ["LiveChatVisitor"] = 96, ["Case"] = 30, ["EmailMessage"] = 60, ["CaseComment"] = 20,
                ["FeedItem"] = 10, ["FeedComment"] = 10,
            },
        },
    };

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public ValueTask InitializeAsync() => _site.InitializeAsync();

    public ValueTask DisposeAsync() => _site.DisposeAsync();

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Chats_are_checked_chosen_imported_found_and_read(bool script)
    {
        var connection = await ConnectAsync();
        var page = await browser.OpenAsync(_site.Address, script);
        await Browser.SignInAsync(page, "operator@example.com");
        await page.GetByRole(AriaRole.Navigation, new() { Name = "Main" }).GetByRole(AriaRole.Link, new() { Name = "Conversations" }).ClickAsync();
        await Assertions.Expect(page.GetByRole(AriaRole.Heading, new() { Name = "Conversations are off" })).ToBeVisibleAsync();
        await LooksAsync(page, "conversations-off", script);
        await page.GetByRole(AriaRole.Link, new() { Name = "Set up conversations" }).ClickAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Check" }).ClickAsync();
        await Assertions.Expect(page.GetByText("Can be imported")).ToHaveCountAsync(2);
        await page.GetByText("See one").First.ClickAsync();
        await LooksAsync(page, "conversations-check", script);

        await page.GetByLabel("Chat chat transcripts").CheckAsync();
        await page.GetByLabel("Push to an address").FillAsync("https://10.0.0.1/in");
        await page.GetByRole(AriaRole.Button, new() { Name = "Save changes" }).ClickAsync();
        await Assertions.Expect(page.GetByRole(AriaRole.Alert)).ToContainTextAsync("lies in a private network");
        await page.GetByLabel("Push to an address").FillAsync("");
        // Where on the machine files go is not an operator's to choose.
        await page.GetByLabel("Directory").FillAsync("/tmp");
        await page.GetByLabel("JSON Lines files").CheckAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Save changes" }).ClickAsync();
        await Assertions.Expect(page.GetByRole(AriaRole.Alert)).ToContainTextAsync("Only an administrator");
        await page.GetByLabel("Directory").FillAsync("");
        await page.GetByRole(AriaRole.Button, new() { Name = "Save changes" }).ClickAsync();
        await Assertions.Expect(page.GetByRole(AriaRole.Status)).ToContainTextAsync("Saved");

        await _site.Service<SyncRunner>().RunAsync(connection.Id, "test", Stop);
        await _site.Service<ConversationDesk>().ImportAsync(connection, "test", Stop);
        await page.GotoAsync("/connections/talks/conversations/setup");
        await Assertions.Expect(page.GetByText("Completed")).ToBeVisibleAsync();
        await page.GotoAsync("/conversations");
        await Assertions.Expect(page.Locator(".threads li").First).ToBeVisibleAsync();
        await LooksAsync(page, "conversations", script);

        await page.GetByLabel("Search what was said").FillAsync("refund");
        await page.GetByLabel("Channel").SelectOptionAsync("Chat");
        await page.GetByRole(AriaRole.Button, new() { Name = "Search" }).ClickAsync();
        await page.Locator(".threads a").First.ClickAsync();
        await Assertions.Expect(page.Locator(".turns mark").First).ToHaveTextAsync("refund", new() { IgnoreCase = true });
        await Assertions.Expect(page.Locator(".threads a[aria-current]")).ToHaveCountAsync(1);
        await Assertions.Expect(page.Locator(".turns > .agent").First).ToBeVisibleAsync();
        await LooksAsync(page, "conversation", script);
        await page.GetByRole(AriaRole.Complementary).GetByRole(AriaRole.Link, new() { Name = "LiveChatTranscript" }).ClickAsync();
        await Assertions.Expect(page.GetByRole(AriaRole.Heading, new() { Name = "Values" })).ToBeVisibleAsync();

        await page.GotoAsync("/connections/talks/conversations?q=zzz-nowhere");
        await Assertions.Expect(page.GetByRole(AriaRole.Heading, new() { Name = "None fits" })).ToBeVisibleAsync();
        await LooksAsync(page, "conversations-none", script);
        Assert.Equal((int)HttpStatusCode.NotFound, (await page.GotoAsync("/connections/talks/conversations/570000000000001AAA"))!.Status);
    }

    [Fact]
    public async Task Nothing_that_was_written_in_a_chat_becomes_markup()
    {
        var connection = await ConnectAsync();
        await _site.Service<ConversationDesk>().SetAsync(connection, new ConversationSettingsDocument([Channel.Chat]), true, "test", Stop);
        var chat = _site.Org.Store.Truth("LiveChatTranscript", ["Body"], includeDeleted: false).First(row => row.Values[0] is not null);
        _site.Org.Store.Update("LiveChatTranscript", chat.Id, new Dictionary<string, object?> { ["Body"] = chat.Values[0] + "( 90h 1s ) Visitor: &lt;img src=x onerror=alert(1)&gt;<script>alert(2)</script><br>" });
        await _site.Service<SyncRunner>().RunAsync(connection.Id, "test", Stop);
        await _site.Service<ConversationDesk>().ImportAsync(connection, "test", Stop);
        var page = await browser.OpenAsync(_site.Address);
        page.Dialog += (_, dialog) => Assert.Fail(dialog.Message);
        await Browser.SignInAsync(page, "operator@example.com");
        await page.GotoAsync($"/connections/talks/conversations/{chat.Id}");
        await Assertions.Expect(page.Locator(".turns")).ToContainTextAsync("<img src=x onerror=alert(1)>");
        Assert.Equal(0, await page.Locator("main img, main script").CountAsync());
    }

    private static Task LooksAsync(IPage page, string name, bool script) => script ? Browser.CheckLooksAsync(page, name) : Task.CompletedTask;

    private async Task<Connection> ConnectAsync()
    {
        await _site.UserAsync("operator@example.com", Role.Operator);
        return await _site.Service<OrgConnector>().ConnectAsync(new ConnectRequest("talks", _site.Org.Address.AbsoluteUri, AuthorizationFlow.Password, _site.Org.ClientId, new SecretText(_site.Org.ClientSecret),
            _site.Org.User, new SecretText(_site.Org.Password), new SecretText(_site.Org.SecurityToken), null, 95), "test", Stop);
    }
}

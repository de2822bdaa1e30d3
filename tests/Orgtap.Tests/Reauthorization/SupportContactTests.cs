using System.Net;
using Orgtap.App.Overviews;
using Orgtap.App.Users;
using Orgtap.Connections;
using Orgtap.Notifications;
using Orgtap.Primitives;
using Orgtap.Reauthorization;
using Orgtap.Tests.App.Cli;
using Orgtap.Tests.Notifications;
using static Orgtap.Tests.Reauthorization.AskedAdmin;

namespace Orgtap.Tests.Reauthorization;

/// <summary>The support contact stands wherever somebody may be stuck.</summary>
public sealed class SupportContactTests
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Named_by_a_verb_it_is_in_the_email_on_the_admins_page_and_on_error_pages()
    {
        await using var site = await ServedInstallation.StartAsync(serving: true);
        await using var server = new MailServer();
        Assert.Equal(0, (await site.ConnectAsync()).ExitCode);
        await site.Service<UserStore>().AddAsync("marta@brightwell.example", "Marta", Role.Operator, Stop);
        await site.Service<MailSettingsStore>().SetAsync(new MailSettings("127.0.0.1", server.Port, MailSecurity.None, null, null, "orgtap@brightwell.example", "Brightwell Analytics"), Stop);
        Assert.Contains("None was named", (await site.RunAsync("support", "show")).Output, StringComparison.Ordinal);
        var (code, output, _) = await site.RunAsync("support", "set", "--name", "Brightwell Support", "--email", "help@brightwell.example", "--phone", "+49 30 123456", "--link", "https://help.brightwell.example/orgtap");
        Assert.Equal((0, "Support contact: Brightwell Support, help@brightwell.example, +49 30 123456, https://help.brightwell.example/orgtap"), (code, output.Trim()));

        var (request, link) = await AskAsync(site);
        await site.Service<AuthorizationRequests>().DeclineAsync(request, null, Stop);
        await site.Service<MailDispatcher>().SendDueAsync(Stop);
        Assert.Equal(2, server.Messages.Count);
        Assert.All(server.Messages, mail => Assert.All((string[])[mail.TextBody!, mail.HtmlBody!], body => Assert.Contains("Brightwell Support, help@brightwell.example", WebUtility.HtmlDecode(body), StringComparison.Ordinal)));
        using var visitor = new HttpClient(new SocketsHttpHandler()) { BaseAddress = site.Address };
        foreach (var path in (string[])[$"/a/{link}", "/a/nobody.knows", "/oauth/callback?state=x"])
        {
            var page = await (await visitor.GetAsync(path, Stop)).Content.ReadAsStringAsync(Stop);
            Assert.Contains("Brightwell Support", page, StringComparison.Ordinal);
            Assert.Contains("href=\"tel:&#x2B;4930123456\"", page, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("", "a@b.example", null, null, "name is missing")]
    [InlineData("Desk", null, " ", null, "cannot be reached")]
    [InlineData("Desk", "nobody", null, null, "not an e-mail address")]
    [InlineData("Desk", null, "call us", null, "not a telephone number")]
    [InlineData("Desk", null, null, "javascript:alert(1)", "not a link")]
    public void What_cannot_be_used_is_named(string name, string? email, string? phone, string? link, string words) =>
        Assert.Contains(words, Assert.Throws<InvalidInputException>(() => SupportContact.Of(name, email, phone, link)).Message, StringComparison.Ordinal);
}

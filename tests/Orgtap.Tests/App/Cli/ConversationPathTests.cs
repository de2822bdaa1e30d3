using System.Text.Json;
using Orgtap.Conversations;

namespace Orgtap.Tests.App.Cli;

/// <summary>From nothing to conversations (product F4): connect, check what is visible, choose, sync, import, read. With an app's own user, alone; and with user name, password and token, beside a server.</summary>
public sealed class ConversationPathTests
{
    private static readonly IReadOnlyDictionary<string, long> Records = new Dictionary<string, long>
    {
        ["User"] = 6, ["Group"] = 2, ["Account"] = 6, ["Contact"] = 12, ["LiveChatTranscript"] = 40, ["LiveChatTranscriptEvent"] = 120, ["LiveChatVisitor"] = 40, ["Case"] = 20, ["EmailMessage"] = 40, ["CaseComment"] = 20,
        ["FeedItem"] = 20, ["FeedComment"] = 10,
    };

    [Theory]
    [InlineData("client-credentials", false)]
    [InlineData("password", true)]
    public async Task Nobody_but_the_org_is_needed(string flow, bool serving)
    {
        await using var site = await ServedInstallation.StartAsync(serving, records: Records);
        string[] who = flow == "password" ? ["--username", site.Org.User] : [];
        Expect(await site.RunAsync(["connect", "--name", "acme", "--flow", flow, "--url", site.Org.Address.AbsoluteUri, "--client-id", site.Org.ClientId, .. who]));

        // Before: nothing is stored, and it says what there is and shows one.
        var checks = JsonSerializer.Deserialize<JsonElement>(Expect(await site.RunAsync("conversations", "check", "acme", "--json")));
        Assert.Equal(["Chat", "Messaging", "Call", "Case"], checks.EnumerateArray().Select(check => check.GetProperty("channel").GetString()));
        Assert.Equal(["Ready", "Nothing", "Nothing", "Ready"], checks.EnumerateArray().Select(check => check.GetProperty("state").GetString()));
        Assert.True(checks[0].GetProperty("sample").GetProperty("turns").GetArrayLength() > 0);
        Assert.InRange(checks[0].GetProperty("count").GetInt64(), 1, 40);
        var (code, _, error) = await site.RunAsync("conversations", "import", "acme");
        Assert.NotEqual(0, code);
        Assert.Contains("conversations setup acme", error, StringComparison.Ordinal);

        Assert.Contains("Imports Chat, Case.", Expect(await site.RunAsync("conversations", "setup", "acme", "--channel", "Chat", "Case", "--files")), StringComparison.Ordinal);
        Expect(await site.RunAsync("sync", "acme"));
        var import = JsonSerializer.Deserialize<JsonElement>(Expect(await site.RunAsync("conversations", "import", "acme", "--json")));
        Assert.Equal("Completed", import.GetProperty("outcome").GetString());
        Assert.All(import.GetProperty("receipts").EnumerateArray(), receipt => Assert.True(receipt.GetProperty("balances").GetBoolean() && receipt.GetProperty("imported").GetInt64() > 0, receipt.ToString()));

        var list = JsonSerializer.Deserialize<JsonElement>(Expect(await site.RunAsync("conversations", "list", "acme", "--limit", "1000", "--json"))).GetProperty("conversations");
        Assert.Equal(import.GetProperty("receipts").EnumerateArray().Sum(receipt => receipt.GetProperty("imported").GetInt64()), list.GetArrayLength());
        var id = list[0].GetProperty("id").GetString()!;
        Assert.Equal(id, ConversationJson.Read(Expect(await site.RunAsync("conversations", "show", "acme", id, "--json"))).Id);
        Assert.Contains(id, Expect(await site.RunAsync("conversations", "show", "acme", id)), StringComparison.Ordinal);
        Assert.Equal(list.GetArrayLength(), Directory.GetFiles(Path.Combine(site.Data, "conversations", "acme"), "*.jsonl").Sum(file => File.ReadLines(file).Count()));

        Assert.Contains("--channel", (await site.RunAsync("conversations", "setup", "acme")).Error, StringComparison.Ordinal);
        Assert.Contains("private network", (await site.RunAsync("conversations", "setup", "acme", "--channel", "Chat", "--push", "https://10.0.0.1/in")).Error, StringComparison.Ordinal);
        Assert.Contains("imports no conversations", Expect(await site.RunAsync("conversations", "setup", "acme", "--off")), StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public async Task What_cannot_be_seen_is_named_with_who_mends_it()
    {
        await using var site = await ServedInstallation.StartAsync(serving: false, records: Records);
        Expect(await site.ConnectAsync());
        site.Org.Store.Schema.HideField("LiveChatTranscript", "Body", true);
        var (_, output, _) = await site.RunAsync("conversations", "check", "acme");
        Assert.Contains("! Chat:", output, StringComparison.Ordinal);
        Assert.Contains("LiveChatTranscript.Body cannot be seen", output, StringComparison.Ordinal);
        Assert.Contains("Permission Sets", output, StringComparison.Ordinal);
    }

    private static string Expect((int ExitCode, string Output, string Error) ran)
    {
        Assert.True(ran.ExitCode == 0, ran.Error + ran.Output);
        return ran.Output;
    }
}

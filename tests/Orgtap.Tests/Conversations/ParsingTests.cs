using System.Text;
using System.Text.Json;
using FsCheck;
using FsCheck.Fluent;
using Orgtap.Conversations;
using Orgtap.Conversations.Parsing;
using ChatBody = Orgtap.Conversations.Parsing.ChatBody;
using MailHtml = Orgtap.Conversations.Parsing.MailHtml;
using Orgtap.Tests.SimulatedOrg;
using Orgtap.Tests.SimulatedOrg.Data;

namespace Orgtap.Tests.Conversations;

public sealed class ParsingTests
{
    private static readonly JsonSerializerOptions Web = new(JsonSerializerDefaults.Web);

    public static TheoryData<string> Chats => [.. GoldenFile.Inputs("chat")];

    public static TheoryData<string> Mails => [.. GoldenFile.Inputs("mail")];

    public static TheoryData<string> Entries => [.. GoldenFile.Inputs("entries")];

    [Theory]
    [MemberData(nameof(Chats))]
    public void A_chat_reads_as_its_golden_file_says(string name)
    {
        var file = GoldenFile.Read("chat", name);
        var hints = JsonSerializer.Deserialize<ChatHints>(file[..file.IndexOf('\n', StringComparison.Ordinal)], Web)!;
        var reading = ChatBody.Read(file[(file.IndexOf('\n', StringComparison.Ordinal) + 1)..], hints);
        var text = new StringBuilder($"start {Time(reading.StartedAt)}\norigin {reading.Origin}\nagents {string.Join(" | ", reading.Agents)}\nnot understood {reading.NotUnderstood}\n");
        foreach (var line in reading.Lines) text.Append($"{Time(line.At)} {line.Offset}s {line.Kind} {line.Role} \"{line.Speaker}\": {Escaped(line.Text)}\n");
        GoldenFile.AssertSame("chat", name, text.ToString());
    }

    [Theory]
    [MemberData(nameof(Mails))]
    public void A_mail_reads_as_its_golden_file_says(string name)
    {
        var text = GoldenFile.Read("mail", name);
        var parts = name.EndsWith(".html", StringComparison.Ordinal) ? MailHtml.Split(text) : MailText.Split(text);
        GoldenFile.AssertSame("mail", name, $"=== new\n{parts.New}\n=== quoted\n{parts.Quoted ?? "(nothing)"}\n");
    }

    [Theory]
    [MemberData(nameof(Entries))]
    public void Conversation_entries_read_as_their_golden_file_says(string name)
    {
        using var document = JsonDocument.Parse(GoldenFile.Read("entries", name));
        var entries = Entry.InOrder(document.RootElement.EnumerateArray().Select(Entry.Parse));
        GoldenFile.AssertSame("entries", name, string.Concat(entries.Select(entry =>
            $"{Time(entry.ReceivedAt)} {entry.Identifier} {entry.Role} \"{entry.Speaker}\" {entry.SpeakerId} [{string.Join(' ', entry.Records)}]: {Escaped(entry.Text)}{(entry.Raw is null ? "" : $" raw {Escaped(entry.Raw)}")}\n")));
    }

    [Fact]
    public void Recorded_bodies_are_understood_to_the_last_turn()
    {
        if (Environment.GetEnvironmentVariable("ORGTAP_FIXTURES") is not { Length: > 0 } folder) Assert.Skip("ORGTAP_FIXTURES names no folder with recorded responses.");
        var body = File.ReadAllText(Path.Combine(Environment.GetEnvironmentVariable("ORGTAP_FIXTURES")!, "livechat-body-visitor.txt"));
        var reading = ChatBody.Read(body, new ChatHints());
        Assert.Equal(0, reading.NotUnderstood);
        Assert.Equal(new DateTimeOffset(2019, 9, 20, 16, 14, 59, TimeSpan.Zero), reading.StartedAt);
        Assert.Equal([ParticipantRole.Agent, ParticipantRole.EndUser], reading.Lines.Select(line => line.Role));
        Assert.Equal([5L, 144L], reading.Lines.Select(line => line.Offset!.Value));
    }

    [Fact]
    public void What_was_said_in_every_kind_of_simulated_chat_comes_out_of_its_body()
    {
        var org = new SmallOrg(records: new Dictionary<string, long> { ["User"] = 20, ["LiveChatTranscript"] = 320, ["LiveChatVisitor"] = 64, ["Case"] = 30 });
        var names = org.Store.Truth("User", ["Name"], includeDeleted: true).Select(row => row.Values[0]!).ToHashSet();
        var compared = 0;
        foreach (var row in org.Store.Truth("LiveChatTranscript", ["Body", "StartTime", "IsChatbotSession", "OperatorMessageCount", "VisitorMessageCount"], includeDeleted: true))
        {
            if (row.Values[0] is not { } body) continue;
            var reading = ChatBody.Read(body, new ChatHints(DateTimeOffset.Parse(row.Values[1]!, System.Globalization.CultureInfo.InvariantCulture), row.Values[2] == "true", names, null,
                long.Parse(row.Values[3]!, System.Globalization.CultureInfo.InvariantCulture), long.Parse(row.Values[4]!, System.Globalization.CultureInfo.InvariantCulture)));
            var said = org.Store.Conversations.Chat(row.Id)!;
            Assert.Equal(said.Select(turn => (turn.At, $"{turn.Speaker}: {turn.Text}")), reading.Lines.Select(line => (line.At!.Value, $"{line.Speaker}: {line.Text}")));
            // One turn alone does not tell where a name with a colon ends.
            if (said.Count(turn => turn.Speaker == "Dr: Who") != 1) Assert.Equal(said.Select(turn => turn.Speaker), reading.Lines.Select(line => line.Speaker));
            Assert.All(said.Zip(reading.Lines), pair => Assert.True(pair.Second.Role == ParticipantRole.Unknown ? said.Select(turn => turn.Speaker).Distinct().Count() == 1 : pair.First.Role.ToString() == pair.Second.Role.ToString(),
                $"{pair.First.Speaker} is {pair.First.Role}, read as {pair.Second.Role}"));
            compared += said.Count;
        }
        Assert.True(compared > 2_000, $"{compared}");
    }

    [Fact]
    public void What_is_new_in_every_kind_of_simulated_mail_is_told_from_what_it_quotes()
    {
        var org = new SmallOrg(records: new Dictionary<string, long> { ["User"] = 5, ["Case"] = 120, ["EmailMessage"] = 440 });
        var compared = 0;
        foreach (var row in org.Store.Truth("EmailMessage", ["TextBody", "HtmlBody"], includeDeleted: true))
        {
            if (org.Store.Conversations.Mail(row.Id) is not { } said) continue;
            if (row.Values[0] is { Length: > 0 } text)
            {
                // A body is cut where the field ends.
                if (text.Length == 131_072) Assert.StartsWith(MailText.Split(text).New, said, StringComparison.Ordinal);
                else Assert.Equal(said.Trim(), MailText.Split(text).New);
                compared++;
            }
            // Blanks flow in HTML.
            else if (row.Values[1] is { Length: > 0 } html) Assert.Equal(Blanks(said), Blanks(MailHtml.Split(html).New));
        }
        Assert.True(compared > 200, $"{compared}");
    }

    [Fact]
    public void Every_text_is_read_and_none_of_it_gets_lost()
    {
        var pieces = Gen.Elements("<br>", "<p align=\"center\">", "</p>", "( 5s ) ", "( 1h 2m 3s ) ", "( 9", "A: ", "Ann B: ", ":", "&amp;", "&#39;", "&", "<", ">", "<b>", "\n", " ", "x", "ü", "👍", "\0", "Chat Started: Friday, January 09, 2026, 12:00:00 (+0000)", "Agent ");
        Prop.ForAll(pieces.ListOf().ToArbitrary(), parts =>
        {
            var body = string.Concat(parts);
            var reading = ChatBody.Read(body, new ChatHints());
            // Letters are what nothing in the grammar is made of: those outside of centred lines and offsets must all be in turns.
            var read = string.Concat(reading.Lines.Select(line => line.Speaker + line.Text));
            var (before, after) = (body.Count(letter => letter is 'x' or 'ü'), read.Count(letter => letter is 'x' or 'ü') + Centred(body));
            return before <= after;
        }).QuickCheckThrowOnFailure();
        Prop.ForAll<string>(text =>
        {
            _ = ChatBody.Read(text ?? "", new ChatHints());
            _ = MailHtml.Split(text ?? "");
            var parts = MailText.Split(text ?? "");
            return Solid(text ?? "") == Solid(parts.New + parts.Quoted);
        }).QuickCheckThrowOnFailure();
        var lines = Gen.Elements("> q", ">", "", "new", "On 1 May 2026 A wrote:", "Am 1. Mai 2026 schrieb A:", "-----Original Message-----", "From: a", "To: b", "Subject: c", "-- ", "  ");
        Prop.ForAll(lines.ListOf().ToArbitrary(), some =>
        {
            var text = string.Join('\n', some);
            var parts = MailText.Split(text);
            return text.Split('\n').Where(line => line.Trim().Length > 0).Order(StringComparer.Ordinal).Select(line => line.Trim())
                .SequenceEqual((parts.New + "\n" + parts.Quoted).Split('\n').Where(line => line.Trim().Length > 0).Order(StringComparer.Ordinal).Select(line => line.Trim()));
        }).QuickCheckThrowOnFailure();
    }

    [Fact]
    public void Any_JSON_is_read_as_an_entry()
    {
        foreach (var json in (IReadOnlyList<string>)["null", "[]", "{}", "7", """{"sender":[],"relatedRecords":{"a":1},"serverReceivedTimestamp":"x"}""", """{"serverReceivedTimestamp":1e300,"messageText":null}""", """{"sender":{"subject":5,"role":{}},"relatedRecords":[1,null,"a"]}"""])
        {
            using var document = JsonDocument.Parse(json);
            Assert.NotNull(Entry.Parse(document.RootElement).Raw);
        }
    }

    /// <summary>Letters within centred lines, which become start, origin and agents.</summary>
    private static int Centred(string body)
    {
        var count = 0;
        for (var at = body.IndexOf("<p align=\"center\">", StringComparison.Ordinal); at >= 0; at = body.IndexOf("<p align=\"center\">", at + 1, StringComparison.Ordinal))
            if (body.IndexOf("</p>", at, StringComparison.Ordinal) is var end and > 0) count += body[at..end].Count(letter => letter is 'x' or 'ü');
        return count;
    }

    private static int Solid(string text) => text.Count(letter => !char.IsWhiteSpace(letter) && letter != '\0' && !char.IsControl(letter));

    private static string Blanks(string text) => string.Concat(text.Where(letter => !char.IsWhiteSpace(letter) && letter != '\u00A0'));

    private static string Time(DateTimeOffset? at) => at?.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss", System.Globalization.CultureInfo.InvariantCulture) ?? "-";

    private static string Escaped(string text) => text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal);
}

using System.Net;
using System.Text.RegularExpressions;
using Orgtap.SimulatedOrg.Data.Conversations;
using Orgtap.Tests.SimulatedOrg.Data;

namespace Orgtap.Tests.SimulatedOrg.Conversations;

public sealed partial class ChatTests
{
    private static readonly SmallOrg Org = new(records: new Dictionary<string, long>
    {
        ["User"] = 20, ["LiveChatTranscript"] = 64, ["LiveChatTranscriptEvent"] = 384, ["LiveChatVisitor"] = 64, ["Case"] = 30,
    });

    private static readonly IReadOnlyList<string?[]> Chats = [.. Org.Store
        .Truth("LiveChatTranscript", ["Id", "Body", "Status", "StartTime", "EndTime", "ChatDuration", "OperatorMessageCount", "VisitorMessageCount", "IsChatbotSession"], includeDeleted: true)
        .Select(row => row.Values)];

    [Fact]
    public void Sixty_four_chats_have_every_kind() =>
        Assert.Equal(Enum.GetValues<ChatKind>().Order(), Enumerable.Range(0, 64).Select(ordinal => ChatScript.KindOf(ordinal)).Distinct().Order());

    [Fact]
    public void A_body_reads_back_to_what_was_said()
    {
        foreach (var chat in Chats)
        {
            if (chat[1] is null) continue;
            var said = Org.Store.Conversations.Chat(chat[0]!)!;
            var start = DateTimeOffset.Parse(chat[3]!, System.Globalization.CultureInfo.InvariantCulture);
            Assert.Equal(said.Select(turn => ($"{(long)(turn.At - start).TotalSeconds}s", turn.Speaker + ": " + turn.Text)), Turns(chat[1]!));
        }
    }

    [Fact]
    public void The_first_paragraphs_are_start_origin_and_agents()
    {
        foreach (var chat in Chats.Where(chat => chat[1] is not null))
        {
            var first = Centre().Matches(chat[1]!).Select(paragraph => WebUtility.HtmlDecode(paragraph.Groups[1].Value)).ToList();
            Assert.True(first.Count >= 3, chat[1]![..100]);
            if (first[0].StartsWith("Chat Started: ", StringComparison.Ordinal))
            {
                var written = DateTimeOffset.ParseExact(first[0]["Chat Started: ".Length..].Replace("(", "", StringComparison.Ordinal).Replace(")", "", StringComparison.Ordinal),
                    "dddd, MMMM d, yyyy, HH:mm:ss zzz", System.Globalization.CultureInfo.InvariantCulture);
                Assert.Equal(chat[3], written.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", System.Globalization.CultureInfo.InvariantCulture));
            }
        }
        Assert.Contains(Chats, chat => chat[1]?.Contains("Chat gestartet: ", StringComparison.Ordinal) == true);
        Assert.Contains(Chats, chat => chat[1]?.Contains("チャット開始: ", StringComparison.Ordinal) == true);
        Assert.Contains(Chats, chat => chat[1]?.Contains("(+0530)", StringComparison.Ordinal) == true);
    }

    [Fact]
    public void Awkward_bodies_are_among_them()
    {
        Assert.Contains(Chats, chat => chat[1] is null && chat[2] == "Missed");
        Assert.Contains(Chats, chat => chat[1]?.Length > 100_000);
        Assert.Contains(Chats, chat => TrailingOffset().IsMatch(chat[1] ?? ""));
        Assert.Contains(Chats, chat => chat[1]?.Contains("h ", StringComparison.Ordinal) == true && long.Parse(chat[5]!, System.Globalization.CultureInfo.InvariantCulture) > 3_600);
        Assert.Contains(Chats, chat => chat[1]?.Contains("&lt;b&gt;", StringComparison.Ordinal) == true);
        Assert.Contains(Chats, chat => chat[1]?.Contains("Dr: Who: ", StringComparison.Ordinal) == true);
        Assert.Contains(Chats, chat => chat[2] == "InProgress" && chat[4] is null);
        Assert.Contains(Chats, chat => Centre().Count(chat[1] ?? "") == 4);
        Assert.All(Chats, chat => Assert.True((chat[1]?.Length ?? 0) <= 131_072));
    }

    [Fact]
    public void Fields_and_body_tell_the_same_story()
    {
        foreach (var chat in Chats)
        {
            var said = Org.Store.Conversations.Chat(chat[0]!)!;
            Assert.Equal(said.Count(turn => turn.Role == SpeakerRole.EndUser), int.Parse(chat[7]!, System.Globalization.CultureInfo.InvariantCulture));
            Assert.Equal(said.Count(turn => turn.Role != SpeakerRole.EndUser), int.Parse(chat[6]!, System.Globalization.CultureInfo.InvariantCulture));
            Assert.Equal(chat[8] == "true", said.Any(turn => turn.Role == SpeakerRole.Bot));
            if (said.Count > 0) Assert.True(string.CompareOrdinal(said[^1].At.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", System.Globalization.CultureInfo.InvariantCulture), chat[4] ?? "9") <= 0);
        }
    }

    [Fact]
    public void Each_chat_has_its_events_from_request_to_end()
    {
        var transcripts = Org.Store.Truth("LiveChatTranscriptEvent", ["LiveChatTranscriptId", "Type", "Time"], includeDeleted: true).GroupBy(row => row.Values[0]!).ToList();
        Assert.True(transcripts.Count > 55, $"{transcripts.Count}");
        Assert.All(transcripts, events => Assert.Equal("ChatRequest", events.First().Values[1]));
        Assert.Contains(transcripts, events => events.Any(row => row.Values[1] == "Transfer"));
        Assert.All(transcripts, events => Assert.Equal(events.Take(6).Select(row => row.Values[2]).Order(StringComparer.Ordinal), events.Take(6).Select(row => row.Values[2])));
    }

    /// <summary>A reader of bodies written for these tests alone; only the truth's own rule tells a turn from text that looks like one: turns follow a break.</summary>
    private static IEnumerable<(string Offset, string Said)> Turns(string body)
    {
        string? offset = null;
        var said = new List<string>();
        foreach (var piece in Centre().Replace(body, "").Split("<br>"))
        {
            if (Offset().Match(piece) is { Success: true } match)
            {
                if (offset is not null) yield return (offset, Decode(said));
                var seconds = (Part(match, "h") * 3_600) + (Part(match, "m") * 60) + Part(match, "s");
                (offset, said) = ($"{seconds}s", [piece[match.Length..]]);
            }
            else
            {
                said.Add(piece);
            }
        }
        if (offset is not null && string.Concat(said).Trim().Length > 0) yield return (offset, Decode(said));
    }

    // What follows the last break of a message is the next message, or nothing.
    private static string Decode(List<string> said) => WebUtility.HtmlDecode(string.Join('\n', said.Count > 1 && said[^1].Length == 0 ? said[..^1] : said));

    private static int Part(Match match, string unit) => match.Groups[unit] is { Success: true } group ? int.Parse(group.ValueSpan, System.Globalization.CultureInfo.InvariantCulture) : 0;

    [GeneratedRegex(@"<p align=""center"">(.*?)</p>")]
    private static partial Regex Centre();

    [GeneratedRegex(@"^\( (?:(?<h>\d+)h )?(?:(?<m>\d+)m )?(?<s>\d+)s \) ")]
    private static partial Regex Offset();

    [GeneratedRegex(@"<br>\( (?:\d+h )?(?:\d+m )?\d+s \) $")]
    private static partial Regex TrailingOffset();
}

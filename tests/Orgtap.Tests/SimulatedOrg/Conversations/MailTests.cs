using Orgtap.SimulatedOrg.Data.Conversations;
using Orgtap.Tests.SimulatedOrg.Data;

namespace Orgtap.Tests.SimulatedOrg.Conversations;

public sealed class MailTests
{
    private static readonly SmallOrg Org = new(records: new Dictionary<string, long>
    {
        ["User"] = 5, ["Case"] = 60, ["EmailMessage"] = 176, ["FeedItem"] = 60, ["FeedComment"] = 60,
    });

    private static readonly IReadOnlyList<string?[]> Mails = [.. Org.Store
        .Truth("EmailMessage", ["Id", "ParentId", "Subject", "TextBody", "HtmlBody", "Incoming", "MessageDate", "ReplyToEmailMessageId", "Headers", "Status"], includeDeleted: true).Select(row => row.Values)];

    [Fact]
    public void Mails_come_in_threads_on_one_case_and_in_order_of_time()
    {
        foreach (var thread in Mails.Chunk(MailScript.PerThread))
        {
            Assert.Single(thread.Select(mail => mail[1]).Distinct());
            Assert.Equal(["true", "false", "true", "false"], thread.Select(mail => mail[5]));
            Assert.Equal(thread.Select(mail => mail[6]).Order(StringComparer.Ordinal), thread.Select(mail => mail[6]));
            Assert.Null(thread[0][7]);
            Assert.All(thread.Skip(1), mail => Assert.EndsWith(thread[0][2]!, mail[2], StringComparison.Ordinal));
            Assert.Contains(thread.Skip(1), mail => mail[7] is not null && thread.Any(other => other[0] == mail[7]));
        }
    }

    [Fact]
    public void A_mail_holds_its_new_text_and_quotes_the_ones_before()
    {
        foreach (var thread in Mails.Chunk(MailScript.PerThread))
        {
            for (var i = 1; i < thread.Length; i++)
            {
                if (thread[i][3] is not { } text || text.Length > 100_000) continue;
                Assert.Contains(Org.Store.Conversations.Mail(thread[i][0]!)!, text, StringComparison.Ordinal);
                Assert.Contains(Org.Store.Conversations.Mail(thread[i - 1][0]!)!.Split('\n')[0], text, StringComparison.Ordinal);
            }
        }
    }

    [Fact]
    public void Every_way_of_quoting_and_every_awkward_mail_is_among_them()
    {
        Assert.Contains(Mails, mail => mail[3] is null && mail[4]?.Contains("<blockquote type=\"cite\">", StringComparison.Ordinal) == true);
        Assert.Contains(Mails, mail => mail[4] is null && mail[3] is not null);
        Assert.Contains(Mails, mail => mail[3] is null && mail[4] is null);
        Assert.Contains(Mails, mail => mail[3]?.Length == 131_072);
        foreach (var piece in (string[])["-----Original Message-----\nFrom: ", " schrieb ", " a écrit :", " wrote:\n> ", "> > ", "\n-- \n", "From: the warehouse"])
            Assert.Contains(Mails, mail => mail[3]?.Contains(piece, StringComparison.Ordinal) == true);
        Assert.Contains(Mails, mail => mail[3] is { } text && text.LastIndexOf("\n> ", StringComparison.Ordinal) is var last and > 0 && text[last..].Contains("\n\n", StringComparison.Ordinal));
        Assert.Contains(Mails, mail => mail[4]?.Contains("gmail_quote", StringComparison.Ordinal) == true);
        Assert.Contains(Mails, mail => mail[4]?.Contains("&eacute;", StringComparison.Ordinal) == true);
        Assert.All(Mails, mail => Assert.Contains("Message-ID: <", mail[8], StringComparison.Ordinal));
        Assert.All(Mails, mail => Assert.Equal(mail[5] == "false", mail[9] == "3"));
    }

    [Fact]
    public void Comments_stand_below_the_feed_items_of_their_case()
    {
        var items = Org.Store.Truth("FeedItem", ["Id", "ParentId", "Type", "Body", "IsRichText"], includeDeleted: true).ToDictionary(row => row.Values[0]!, row => row.Values);
        var comments = Org.Store.Truth("FeedComment", ["FeedItemId", "ParentId", "CommentBody"], includeDeleted: true).Select(row => row.Values).ToList();
        Assert.All(comments, comment => Assert.Equal(items[comment[0]!][1], comment[1]));
        Assert.Contains(items.Values, item => item[4] == "true" && item[3]!.StartsWith("<p>", StringComparison.Ordinal));
        Assert.Contains(items.Values, item => item[3] is null);
    }
}

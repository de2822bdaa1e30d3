using Orgtap.SimulatedOrg.Schema;

namespace Orgtap.SimulatedOrg.Data.Conversations;

/// <summary>Fields of what hangs on a case: mails in threads of four, feed items in pairs, feed comments.</summary>
internal sealed class CaseRules(Func<string, ObjectRows?> rowsOf, DateTimeOffset now)
{
    private static readonly string[] FeedTypes = ["TextPost", "EmailMessageEvent", "ChangeStatusPost", "CaseCommentPost", "LinkPost", "ContentPost", "CallLogPost", "CreateRecordEvent"];
    private readonly long _latest = now.ToUnixTimeMilliseconds() - 1_000;

    public ValueRule Mail(FieldType field, string aspect) => aspect switch
    {
        "ParentId" => new GroupRule(MailScript.PerThread, rowsOf("Case")!),
        "ReplyToEmailMessageId" => new RowRule(field, ReplyTo),
        _ => new ScriptRule<MailScript>(field, Script, aspect switch
        {
            "Subject" => mail => mail.FullSubject,
            "TextBody" => mail => mail.Text,
            "HtmlBody" => mail => mail.Html,
            "Headers" => mail => mail.Headers,
            "FromName" => mail => mail.From,
            "FromAddress" => mail => mail.FromAddress,
            "ToAddress" => mail => mail.ToAddress,
            "Incoming" => mail => mail.Incoming,
            "MessageDate" => mail => mail.Sent,
            "MessageIdentifier" => mail => mail.MessageIdentifier,
            "ThreadIdentifier" => mail => mail.ThreadIdentifier,
            _ => throw new InvalidOperationException($"no aspect {aspect}"),
        }),
    };

    public MailScript Script(RowRef row)
    {
        var thread = row.Ordinal / MailScript.PerThread;
        var first = row.Rows.Row(thread * MailScript.PerThread);
        var began = row.Rows.Clock.Created(first.Ordinal, first.Hash) / 60_000 * 60_000;
        return new MailScript(Hash.Mix(first.Hash), thread, (int)(row.Ordinal % MailScript.PerThread), began, _latest);
    }

    /// <summary>Status of a mail: what came in is new, read or replied to; what went out is sent.</summary>
    public static ValueRule MailStatus(FieldType field) => new RowRule(field, row => row.Ordinal % 2 == 1 ? "3" : (Hash.Mix(row.Hash) % 3).ToString(System.Globalization.CultureInfo.InvariantCulture));

    public ValueRule Feed(FieldType field, string aspect)
    {
        if (aspect == "ParentId") return new GroupRule(2, rowsOf("Case")!);
        return new RowRule(field, row =>
        {
            var type = FeedTypes[(int)(row.Ordinal % FeedTypes.Length)];
            var dice = new Dice(row.Hash);
            var isRich = type == "TextPost" && dice.Percent(50);
            return aspect switch
            {
                "Type" => type,
                "IsRichText" => isRich,
                "Body" => type switch
                {
                    "CreateRecordEvent" or "ChangeStatusPost" => null,
                    _ when isRich => $"<p>{Talk.Escape(Talk.Line(SpeakerRole.Agent, dice))}</p><p><b>{Talk.Escape(Talk.Line(SpeakerRole.Agent, dice))}</b></p>",
                    _ => Talk.Long(SpeakerRole.Agent, dice, dice.Between(10, 300)),
                },
                "LinkUrl" => type == "LinkPost" ? "https://help.example/articles/42?lang=en&v=1" : null,
                "Title" => type is "LinkPost" or "ContentPost" ? "How to restart it" : null,
                _ => throw new InvalidOperationException($"no aspect {aspect}"),
            };
        });
    }

    public ValueRule FeedComment(FieldType field, string aspect)
    {
        var items = new GroupRule(2, rowsOf("FeedItem")!);
        if (aspect == "FeedItemId") return items;
        var cases = new GroupRule(2, rowsOf("Case")!);
        return new RowRule(field, row => aspect switch
        {
            "ParentId" => items.Parent(row.Ordinal) is var (_, item) && cases.Parent(item) is var (rows, parent) ? SalesforceId.Text(rows.KeyPrefix, parent) : null,
            "CommentBody" => Talk.Long(row.Ordinal % 2 == 0 ? SpeakerRole.Agent : SpeakerRole.EndUser, new Dice(row.Hash), 20 + (int)(row.Hash % 200)),
            _ => throw new InvalidOperationException($"no aspect {aspect}"),
        });
    }

    /// <summary>The mail before it in the thread, where that one is not in the recycle bin.</summary>
    private static string? ReplyTo(RowRef row) =>
        row.Ordinal % MailScript.PerThread == 0 || ObjectRows.IsDeleted(row.Rows.Row(row.Ordinal - 1)) ? null : SalesforceId.Text(row.Rows.KeyPrefix, row.Ordinal - 1);
}

using Orgtap.Masking;
using Orgtap.Conversations.Parsing;

namespace Orgtap.Conversations.Importing;

/// <summary>Makes a conversation of a Case: its description, e-mails, comments, posts and what was said below them.</summary>
internal static class CaseMaker
{
    /// <returns>Null: nothing was said.</returns>
    public static Conversation? Of(SourceRow row, IReadOnlyDictionary<string, List<SourceRow>> parts, FileNames files, Names names, TextMasker? masker)
    {
        var maker = new ConversationMaker(masker);
        maker.Source(row.Table, row.Id);
        var customer = names[row["ContactId"]] ?? row["SuppliedName"] ?? row["SuppliedEmail"];
        var mails = parts.GetValueOrDefault("EmailMessage") ?? [];
        AddDescription(maker, row, mails, customer);
        foreach (var mail in mails) AddMail(maker, mail, files[mail.Id], customer);
        var told = mails.Select(mail => mail.Id).Concat((parts.GetValueOrDefault("CaseComment") ?? []).Select(comment => comment.Id)).ToHashSet(StringComparer.Ordinal);
        foreach (var comment in parts.GetValueOrDefault("CaseComment") ?? [])
            AddPost(maker, comment, "CommentBody", names[comment["CreatedById"]] ?? comment["CreatedById"], comment["CreatedById"], comment.Flag("IsPublished") ? TurnKind.Message : TurnKind.Note, false);
        foreach (var post in parts.GetValueOrDefault("FeedItem") ?? [])
        {
            // A post that stands for a mail or a comment says what that says already.
            if (post["RelatedRecordId"] is { } related && told.Contains(related)) maker.Source(post.Table, post.Id);
            else AddPost(maker, post, "Body", names[Author(post)] ?? Author(post), Author(post), post["Body"] is null ? TurnKind.Event : post["Visibility"] == "AllUsers" ? TurnKind.Message : TurnKind.Note, post.Flag("IsRichText"));
        }
        foreach (var comment in parts.GetValueOrDefault("FeedComment") ?? [])
            AddPost(maker, comment, "CommentBody", names[Author(comment)] ?? Author(comment), Author(comment), TurnKind.Note, comment.Flag("IsRichText"));
        if (maker.TurnCount == 0) return null;
        maker.Participate(customer, ParticipantRole.EndUser, row["ContactId"], row["SuppliedEmail"]);
        var owner = row["OwnerId"];
        return maker.Finish(new Conversation
        {
            Id = row.Id, Channel = Channel.Case, Origin = row["Origin"], Subject = row["Subject"], Status = row["Status"], RequestedAt = row.Time("CreatedDate"), StartedAt = row.Time("CreatedDate"), EndedAt = row.Time("ClosedDate"), CaseId = row.Id,
            CaseNumber = row["CaseNumber"], ContactId = row["ContactId"], ContactName = names[row["ContactId"]], AccountId = row["AccountId"], AccountName = names[row["AccountId"]], OwnerId = owner, OwnerName = names[owner],
            Queue = owner?.StartsWith("00G", StringComparison.Ordinal) == true ? names[owner] : null, Metadata = row.Rest(ConversationMaker.Placed),
        });
    }

    /// <summary>Cases made from a mail have its text as their description.</summary>
    private static void AddDescription(ConversationMaker maker, SourceRow row, List<SourceRow> mails, string? customer)
    {
        if (row["Description"] is not { Length: > 0 } description) return;
        var said = Solid(description);
        if (mails.Any(mail => mail.Flag("Incoming") && Solid(mail["TextBody"] ?? "").StartsWith(said, StringComparison.Ordinal))) return;
        maker.Add(new ConversationTurn(0, customer, customer is null ? ParticipantRole.Unknown : ParticipantRole.EndUser, row.Time("CreatedDate"), TimePrecision.Exact, TurnKind.Message, Lines(description), "Case.Description", row.Id), row["ContactId"], row["SuppliedEmail"]);
    }

    private static void AddMail(ConversationMaker maker, SourceRow mail, IReadOnlyList<(string Id, string Name, DateTimeOffset? At)> files, string? customer)
    {
        maker.Source(mail.Table, mail.Id);
        var isHtml = string.IsNullOrWhiteSpace(mail["TextBody"]) && !string.IsNullOrWhiteSpace(mail["HtmlBody"]);
        var parts = isHtml ? MailHtml.Split(mail["HtmlBody"]!) : MailText.Split(mail["TextBody"] ?? "");
        var incoming = mail.Flag("Incoming");
        var at = mail.Time("MessageDate") ?? mail.Time("CreatedDate");
        var name = mail["FromName"] ?? mail["FromAddress"] ?? (incoming ? customer : null);
        // 5: a draft, which nobody has got.
        var kind = mail["Status"] == "5" ? TurnKind.Note : TurnKind.Message;
        maker.Add(new ConversationTurn(0, name, incoming ? ParticipantRole.EndUser : ParticipantRole.Agent, at, at is null ? TimePrecision.Unknown : TimePrecision.Exact, kind, parts.New, $"EmailMessage.{(isHtml ? "HtmlBody" : "TextBody")}", mail.Id)
        {
            Quoted = string.IsNullOrEmpty(parts.Quoted) ? null : parts.Quoted, Subject = mail["Subject"], Attachments = files.Count > 0 ? [.. files.Select(file => file.Name)] : mail.Flag("HasAttachment") ? ["attachment"] : [],
        }, null, mail["FromAddress"]);
    }

    private static void AddPost(ConversationMaker maker, SourceRow post, string field, string? speaker, string? speakerId, TurnKind kind, bool isRich)
    {
        maker.Source(post.Table, post.Id);
        var at = post.Time("CreatedDate");
        var text = post[field] is { } body ? isRich ? HtmlText.ToText(body) : Lines(body) : post["Type"] ?? "";
        if (post["LinkUrl"] is { } link) text = string.Join('\n', new[] { text, string.Join(": ", new[] { post["Title"], link }.Where(part => !string.IsNullOrEmpty(part))) }.Where(part => part.Length > 0));
        maker.Add(new ConversationTurn(0, speaker, ParticipantRole.Agent, at, at is null ? TimePrecision.Unknown : TimePrecision.Exact, kind, text, $"{post.Table}.{field}", post.Id)
        {
            Attachments = post["Type"] == "ContentPost" || post["CommentType"] == "ContentComment" ? [post["Title"] ?? "attachment"] : [],
        }, speakerId);
    }

    private static string? Author(SourceRow post) => post["InsertedById"] ?? post["CreatedById"];

    private static string Lines(string text) => text.Replace("\r\n", "\n", StringComparison.Ordinal).Replace('\r', '\n');

    private static string Solid(string text) => string.Concat(text.Where(letter => !char.IsWhiteSpace(letter)));
}

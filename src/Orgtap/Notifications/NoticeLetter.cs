using Orgtap.Primitives;
using Orgtap.Storage;

namespace Orgtap.Notifications;

/// <summary>The e-mails that tell operators what is wrong, and that it is mended.</summary>
internal static class NoticeLetter
{
    public static OutgoingMail Of(string about, string recipient, string title, string message, string next, Uri link, string organization, SupportContact? support, DateTimeOffset expiresAt) => new(
        about, recipient, null, null, null, title,
        $"{message}\n\n{next}\n\n{link.AbsoluteUri}\n{(support is null ? "" : $"\n{MailLayout.Words(support)}\n")}\n-- \nSent by Orgtap at {link.Authority} for {organization}\n",
        new MailLayout(title, message).Paragraph(message).Paragraph(next).Button("Look at it", link).Support(support).SmallLink("If the button does nothing, copy this address into your browser:", link)
            .Finish($"Sent by Orgtap at {link.Authority} for {organization}"),
        expiresAt);

    public static OutgoingMail Digest(string recipient, IReadOnlyList<Incident> incidents, Uri link, string organization, SupportContact? support, DateTimeOffset expiresAt)
    {
        var (open, closed) = (incidents.Where(incident => incident.ClosedAt is null).ToList(), incidents.Where(incident => incident.ClosedAt is not null).ToList());
        var title = $"{(open.Count == 1 ? "1 connection needs" : $"{open.Count} connections need")} attention{(closed.Count > 0 ? $", {closed.Count} mended" : "")}";
        var lines = open.Select(incident => $"{incident.Title}. {incident.Message} {WhoseTurn(incident.Turn)} {incident.NextStep}").Concat(closed.Select(incident => $"{incident.Title}. It was: {incident.Message}")).ToList();
        var layout = lines.Aggregate(new MailLayout(title, lines[0]), (letter, line) => letter.Paragraph(line));
        return new OutgoingMail("notice:digest", recipient, null, null, null, title,
            $"{string.Join("\n\n", lines)}\n\n{link.AbsoluteUri}\n{(support is null ? "" : $"\n{MailLayout.Words(support)}\n")}\n-- \nSent by Orgtap at {link.Authority} for {organization}\n",
            layout.Button("Look at them", link).Support(support).Finish($"Sent by Orgtap at {link.Authority} for {organization}"), expiresAt);
    }

    public static string WhoseTurn(Turn turn) => turn switch
    {
        Turn.We => "Orgtap goes on by itself.",
        Turn.Admin => "The turn is the Salesforce admin’s:",
        _ => "Your turn:",
    };
}

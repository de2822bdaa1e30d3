using System.Globalization;
using Orgtap.Connections;
using Orgtap.Notifications;
using Orgtap.Primitives;
using Orgtap.Storage;

namespace Orgtap.Reauthorization;

/// <summary>The e-mails of an authorization request, in words for a Salesforce admin who has never heard of us, and for the operator who asked.</summary>
internal static class RequestLetter
{
    /// <summary>To the admin: who asks, why, what is read, one button, and the address in plain text at the bottom.</summary>
    public static OutgoingMail Ask(AuthorizationRequest request, Connection? connection, IReadOnlyList<string> tables, Uri link, string organization, SupportContact? support, TimeProvider time)
    {
        var org = connection?.OrgName ?? request.Name;
        var title = request.IsFirst ? $"Please connect {org}’s Salesforce to {organization}" : $"Please authorize our connection to {org}’s Salesforce";
        var asks = request.IsFirst ? $"{request.AskedByName} of {organization} asks you to connect your Salesforce org." : $"{request.AskedByName} of {organization} asks you to authorize the connection again.{Why(connection, time)}";
        var what = Access(connection, tables, request);
        var until = $"The link works once, until {Until(request.ExpiresAt, time)}.";
        var doubt = $"Not sure about this message, or not the right person? Call {request.AskedByName} before you press the button, or reply: your answer reaches {request.AskedBy}. The page behind the button lets you decline.";
        const string how = "Press the button, sign in to Salesforce, choose Allow. It takes about a minute, and you need no account with us.";

        var layout = new MailLayout(title, asks).Paragraph($"Hello {request.AdminName},").Paragraph(asks);
        if (request.Note is { } note) layout.Quote(note);
        var html = layout.Paragraph(how).Button("Authorize", link).Small(what).Small($"{until} {doubt}").Support(support).SmallLink("If the button does nothing, copy this address into your browser:", link)
            .Finish($"Sent by Orgtap at {link.Authority} for {organization}");
        var text = $"""
            Hello {request.AdminName},

            {asks}{(request.Note is { } said ? $"\n\n“{said}”" : "")}

            Open the address below, press Authorize, sign in to Salesforce, choose Allow. It takes about a minute, and you need no account with us.

            {what}

            {until} {doubt}{(support is null ? "" : $"\n\n{MailLayout.Words(support)}")}

            {link.AbsoluteUri}

            --{" "}
            Sent by Orgtap at {link.Authority} for {organization}
            """;
        return new OutgoingMail(request.About, request.AdminEmail, request.AdminName, AuthorizationRequests.IsAddress(request.AskedBy) ? request.AskedBy : null, request.AskedByName, title, text, html, request.ExpiresAt);
    }

    /// <summary>To the operator: it works.</summary>
    public static OutgoingMail Completed(AuthorizationRequest request, string? orgName, string? completedAs, string organization, SupportContact? support, DateTimeOffset now) => ToOperator(request, organization, support, now,
        $"{request.Name} is authorized", $"{request.AdminName} has authorized {request.Name}{(orgName is null ? "" : $" ({orgName})")}{(completedAs is null ? "" : $", as {completedAs}")}.",
        request.IsFirst ? "Next: choose what is copied." : "Syncing goes on where it stopped. Nothing that was copied is lost.");

    /// <summary>To the operator: the admin said no.</summary>
    public static OutgoingMail Declined(AuthorizationRequest request, string? reason, string organization, SupportContact? support, DateTimeOffset now) => ToOperator(request, organization, support, now,
        $"{request.AdminName} declined to authorize {request.Name}", $"{request.AdminName} ({request.AdminEmail}) declined to authorize {request.Name}.", reason is null ? "No reason was given." : $"The reason: “{reason}”");

    private static OutgoingMail ToOperator(AuthorizationRequest request, string organization, SupportContact? support, DateTimeOffset now, string title, string first, string second) => new(
        request.About + ":operator", request.AskedBy, request.AskedByName, null, null, title, $"{first}\n\n{second}\n{(support is null ? "" : $"\n{MailLayout.Words(support)}\n")}",
        new MailLayout(title, first).Paragraph(first).Paragraph(second).Support(support).Finish($"Sent by Orgtap for {organization}"),
        now.AddDays(7));

    private static string Why(Connection? connection, TimeProvider time) => connection?.Problem is { Kind: FailureKind.ReauthorizationRequired or FailureKind.Permission } problem
        ? $" It stopped on {Words(problem.Since, time)}: {problem.Message.TrimEnd('.')}. Nothing is lost."
        : " Nothing is lost meanwhile.";

    private static string Access(Connection? connection, IReadOnlyList<string> tables, AuthorizationRequest request)
    {
        var reads = tables.Count switch
        {
            0 => $"reads what you and {request.AskedByName} agree on",
            <= 3 => $"reads {string.Join(", ", tables)}",
            _ => $"reads {tables.Count.ToString(CultureInfo.InvariantCulture)} tables, among them {string.Join(", ", tables.Take(3))}",
        };
        return $"{(connection is null ? "" : $"Org: {(connection.OrgName is { } name ? $"{name}, " : "")}{connection.InstanceUrl?.Host ?? connection.LoginUrl.Host}. ")}Access: {reads}, changes nothing, and sees only what the user you sign in with may see.";
    }

    private static string Until(DateTimeOffset at, TimeProvider time) => $"{Words(at, time)} ({ZoneName.Of(time.LocalTimeZone)})";

    private static string Words(DateTimeOffset at, TimeProvider time) => TimeZoneInfo.ConvertTime(at, time.LocalTimeZone).ToString("ddd d MMMM yyyy, HH:mm", CultureInfo.InvariantCulture);
}

using System.CommandLine;
using System.Text.Json;
using Orgtap.App.Overviews;
using Orgtap.Notifications;

namespace Orgtap.App.Cli;

/// <summary><c>orgtap support</c>: whom people ask who do not get on.</summary>
internal static class SupportVerb
{
    public static Command Build(VerbRunner verbs) => new("support", "The support contact on error cards, in e-mails and on the pages of Salesforce admins") { Show(verbs), Set(verbs), Remove(verbs) };

    private static Command Show(VerbRunner verbs)
    {
        var json = VerbRunner.Json();
        return verbs.Run(new Command("show", "Show the support contact") { json }, Needs.Stores, ["orgtap support show"], async (context, cancellationToken) =>
        {
            var contact = await context.Service<SupportContactStore>().FindAsync(cancellationToken);
            context.Out.WriteLine(context.Get(json) ? JsonSerializer.Serialize(SupportDocument.Of(contact), CliJson.Options) : contact?.Line ?? "None was named. Name one with `orgtap support set`.");
            return ExitCode.Done;
        });
    }

    private static Command Set(VerbRunner verbs)
    {
        var name = new Option<string>("--name") { Description = "A person or a desk", Required = true };
        var email = new Option<string?>("--email") { Description = "E-mail address" };
        var phone = new Option<string?>("--phone") { Description = "Telephone number" };
        var link = new Option<string?>("--link") { Description = "A page, with https://", HelpName = "URL" };
        return verbs.Run(new Command("set", "Name the support contact; give at least one way to reach it") { name, email, phone, link }, Needs.Stores,
            ["orgtap support set --name \"Brightwell Support\" --email support@example.com --phone \"+49 30 123456\""], async (context, cancellationToken) =>
        {
            var contact = await context.Service<SupportChange>().SetAsync(new SupportDocument(context.Get(name), context.Get(email), context.Get(phone), context.Get(link)), ConnectVerb.Actor, cancellationToken);
            context.Out.WriteLine($"Support contact: {contact.Line}");
            return ExitCode.Done;
        });
    }

    private static Command Remove(VerbRunner verbs) => verbs.Run(new Command("remove", "Name nobody any more"), Needs.Stores, ["orgtap support remove"], async (context, cancellationToken) =>
    {
        await context.Service<SupportChange>().RemoveAsync(ConnectVerb.Actor, cancellationToken);
        context.Out.WriteLine("No support contact is named.");
        return ExitCode.Done;
    });
}

using System.CommandLine;
using System.Text.Json;
using Orgtap.App.Overviews;
using Orgtap.Primitives;
using Orgtap.Reauthorization;
using Orgtap.Storage;
using Spectre.Console;

namespace Orgtap.App.Cli;

/// <summary><c>orgtap requests</c>: ask Salesforce admins to authorize, and see how that stands.</summary>
internal static class RequestsVerb
{
    public static Command Build(VerbRunner verbs) => new("requests", "Ask Salesforce admins to authorize a connection, and see how that stands") { Ask(verbs), List(verbs), Resend(verbs), Withdraw(verbs) };

    private static Command Ask(VerbRunner verbs)
    {
        var connection = new Argument<string>("NAME") { Description = "The connection: one that exists is authorized again, another name makes a new one" };
        var email = new Option<string>("--to") { Description = "The admin's e-mail address", Required = true, HelpName = "EMAIL" };
        var name = new Option<string>("--admin") { Description = "The admin's name, as the e-mail greets them", Required = true, HelpName = "NAME" };
        var note = new Option<string?>("--note") { Description = "A sentence of yours", HelpName = "TEXT" };
        var days = new Option<int>("--days") { Description = "How long the link works, 1 to 30", DefaultValueFactory = _ => AuthorizationAsk.UsualDays, HelpName = "N" };
        var asker = new Option<string?>("--as") { Description = "The user in whose name it is asked; answers go there", HelpName = "EMAIL" };
        var url = new Option<string?>("--url") { Description = "New connection: address of the org; else the admin gives it" };
        var clientId = new Option<string?>("--client-id") { Description = "New connection: consumer key of the app; else the admin makes an app and gives its key (the secret: ORGTAP_CLIENT_SECRET)" };
        var app = ConnectVerb.AppOption();
        var json = VerbRunner.Json();
        return verbs.Run(new Command("ask", "Ask an admin; prints the link") { connection, email, name, note, days, asker, url, clientId, app, json }, Needs.Owner,
            ["orgtap requests ask acme --to dana@acme.example --admin \"Dana Wood\" --note \"Ruth has left; could you authorize it?\"", "orgtap requests ask newco --to erik@newco.example --admin Erik"], async (context, cancellationToken) =>
        {
            var made = await context.Owner.AskAsync(new AskDocument(
                context.Get(connection), context.Get(name)!, context.Get(email)!, context.Get(note), context.Get(url), context.Get(clientId),
                context.Get(clientId) is null ? null : context.Terminal.Variable("ORGTAP_CLIENT_SECRET"), context.Get(days), null, context.Get(asker), context.Get(app)), cancellationToken);
            return Print(context, made, context.Get(json));
        });
    }

    private static Command List(VerbRunner verbs)
    {
        var connection = new Argument<string?>("NAME") { Description = "Only of this connection", Arity = ArgumentArity.ZeroOrOne };
        var json = VerbRunner.Json();
        return verbs.Run(new Command("list", "Requests and how they stand") { connection, json }, Needs.Owner, ["orgtap requests list", "orgtap requests list acme --json"], async (context, cancellationToken) =>
        {
            var all = await context.Owner.RequestsAsync(context.Parsed.GetValue(connection), cancellationToken);
            if (context.Get(json))
            {
                context.Out.WriteLine(JsonSerializer.Serialize(all, CliJson.Options));
                return ExitCode.Done;
            }
            if (all.Count == 0)
            {
                context.Out.WriteLine("No requests yet. Ask an admin with `orgtap requests ask`.");
                return ExitCode.Done;
            }
            var table = CliTable.New("Request", "Connection", "Admin", "State", "E-mail", "Asked", "Works until");
            foreach (var request in all)
                table.AddRow(request.Id, Markup.Escape(request.Connection), Markup.Escape(request.AdminEmail), request.StateWords, request.Mail?.State.ToString() ?? "Not sent",
                    CliTable.Time(request.CreatedAt, context.Terminal.Time), CliTable.Time(request.ExpiresAt, context.Terminal.Time));
            context.Terminal.Ansi(context.Out).Write(table);
            foreach (var request in all.Where(each => each.State == RequestState.SetBack))
                context.Out.WriteLine($"{request.Connection}, {request.AdminEmail}: {request.Setback!.Message}\n{ErrorText.TurnWords(request.Setback.Turn)}: {request.Setback.NextStep}");
            return ExitCode.Done;
        });
    }

    private static Command Resend(VerbRunner verbs)
    {
        var (id, json) = (Request(), VerbRunner.Json());
        return verbs.Run(new Command("resend", "Send a request again, with a new link and the full time") { id, json }, Needs.Owner, ["orgtap requests resend 0198c0ffee…"],
            async (context, cancellationToken) => Print(context, await context.Owner.ResendAsync(context.Get(id), cancellationToken), context.Get(json)));
    }

    private static Command Withdraw(VerbRunner verbs)
    {
        var id = Request();
        return verbs.Run(new Command("withdraw", "Make the links of a request useless at once") { id }, Needs.Owner, ["orgtap requests withdraw 0198c0ffee…"], async (context, cancellationToken) =>
        {
            var request = await context.Owner.WithdrawAsync(context.Get(id), cancellationToken);
            context.Out.WriteLine($"The request to {request.AdminEmail} is withdrawn.");
            return ExitCode.Done;
        });
    }

    private static int Print(VerbContext context, RequestDocument made, bool json)
    {
        if (json)
        {
            context.Out.WriteLine(JsonSerializer.Serialize(made, CliJson.Options));
            return ExitCode.Done;
        }
        context.Terminal.Error.WriteLine(made.Mail?.State switch
        {
            MailState.Sent => $"An e-mail was sent to {made.AdminEmail}. Ask {made.AdminName} to look into spam and junk folders.",
            MailState.Waiting => $"An e-mail to {made.AdminEmail} leaves in a moment. Ask {made.AdminName} to look into spam and junk folders.",
            _ => "E-mail is not set up (`orgtap mail set`): hand this link over yourself.",
        });
        context.Terminal.Error.WriteLine($"The link works once, until {CliTable.Time(made.ExpiresAt, context.Terminal.Time)}; it is not shown again:");
        context.Out.WriteLine(made.Link?.AbsoluteUri);
        return ExitCode.Done;
    }

    private static Argument<string> Request() => new("REQUEST") { Description = "Its id, from `orgtap requests list`" };
}

using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Orgtap.App.Overviews;
using Orgtap.Notifications;
using Orgtap.Primitives;
using Orgtap.Storage;
using Spectre.Console;

namespace Orgtap.App.Cli;

/// <summary><c>orgtap mail</c>: the mail server, a test, what was sent and what waits.</summary>
internal static class MailVerb
{
    public static Command Build(VerbRunner verbs) => new("mail", "E-mail: the server it leaves through, and what was sent") { Show(verbs), Set(verbs), Remove(verbs), Test(verbs), Messages(verbs) };

    private static Command Show(VerbRunner verbs)
    {
        var json = VerbRunner.Json();
        return verbs.Run(new Command("show", "Show the mail server, without its password") { json }, Needs.Stores, ["orgtap mail show"], async (context, cancellationToken) =>
        {
            var settings = await context.Service<MailSettingsStore>().FindAsync(cancellationToken);
            context.Out.WriteLine(context.Get(json) ? JsonSerializer.Serialize(MailDocument.Of(settings), CliJson.Options)
                : settings is null ? "E-mail is not set up. Name a server with `orgtap mail set`; until then links are handed over by other means."
                : string.Create(CultureInfo.InvariantCulture, $"{settings.Host}:{settings.Port}, {Words(settings.Security)}{(settings.Username is { } user ? $", signs in as {user}" : "")}, sends as {settings.SenderName} <{settings.SenderAddress}>"));
            return ExitCode.Done;
        });
    }

    private static Command Set(VerbRunner verbs)
    {
        var host = new Option<string>("--host") { Description = "Name of the mail server", Required = true };
        var port = new Option<int?>("--port") { Description = "Default 587, with --security tls 465" };
        var security = new Option<MailSecurity>("--security") { Description = "starttls, tls, or none (this machine or a closed network)", DefaultValueFactory = _ => MailSecurity.StartTls };
        var username = new Option<string?>("--username") { Description = "If the server asks for a sign-in" };
        var passwordFile = new Option<string?>("--password-file") { Description = "File that holds its password (else ORGTAP_MAIL_PASSWORD, else asked for)", HelpName = "FILE" };
        var from = new Option<string>("--from") { Description = "Address that e-mail is sent from", Required = true };
        var sender = new Option<string>("--name") { Description = "Your organization, as Salesforce admins know it", Required = true };
        return verbs.Run(new Command("set", "Name the mail server; what waits is sent at once") { host, port, security, username, passwordFile, from, sender }, Needs.Stores,
            ["ORGTAP_MAIL_PASSWORD=… orgtap mail set --host smtp.example.com --username orgtap --from orgtap@example.com --name \"Brightwell Analytics\"", "orgtap mail set --host localhost --port 25 --security none --from orgtap@example.com --name \"Brightwell Analytics\""],
            async (context, cancellationToken) =>
        {
            var password = context.Get(username) is null ? null : PasswordOf(context, context.Get(passwordFile));
            await context.Service<MailChange>().SetAsync(new MailChangeDocument(
                context.Get(host)!, context.Get(port), context.Get(security), context.Get(username), password?.Reveal(), context.Get(from)!, context.Get(sender)!), ConnectVerb.Actor, cancellationToken);
            context.Out.WriteLine("E-mail is set up. Try it: orgtap mail test you@example.com");
            return ExitCode.Done;
        });
    }

    private static Command Remove(VerbRunner verbs) => verbs.Run(new Command("remove", "Forget the mail server; what waits stays"), Needs.Stores, ["orgtap mail remove"], async (context, cancellationToken) =>
    {
        await context.Service<MailChange>().RemoveAsync(ConnectVerb.Actor, cancellationToken);
        context.Out.WriteLine("E-mail is no longer set up.");
        return ExitCode.Done;
    });

    private static Command Test(VerbRunner verbs)
    {
        var to = new Argument<string>("ADDRESS") { Description = "Where the test goes" };
        return verbs.Run(new Command("test", "Send a test e-mail now") { to }, Needs.Stores, ["orgtap mail test marta@example.com"], async (context, cancellationToken) =>
        {
            await context.Service<MailChange>().TestAsync(context.Get(to), ConnectVerb.Actor, cancellationToken);
            context.Out.WriteLine($"The mail server took a test e-mail to {context.Get(to)}. If it does not arrive, look into spam and junk folders.");
            return ExitCode.Done;
        });
    }

    private static Command Messages(VerbRunner verbs)
    {
        var limit = new Option<int>("--limit") { Description = "E-mails, newest first", DefaultValueFactory = _ => 20, HelpName = "N" };
        var json = VerbRunner.Json();
        return verbs.Run(new Command("messages", "E-mails that were sent, wait or failed") { limit, json }, Needs.Stores, ["orgtap mail messages"], async (context, cancellationToken) =>
        {
            var mails = await context.Service<Outbox>().ListAsync(null, Math.Max(1, context.Get(limit)), cancellationToken);
            if (context.Get(json))
            {
                context.Out.WriteLine(JsonSerializer.Serialize(mails.Select(MailMessageDocument.Of), CliJson.Options));
                return ExitCode.Done;
            }
            if (mails.Count == 0)
            {
                context.Out.WriteLine("No e-mail yet.");
                return ExitCode.Done;
            }
            var table = CliTable.New("Written", "To", "Subject", "State");
            foreach (var mail in mails)
                table.AddRow(CliTable.Time(mail.CreatedAt, context.Terminal.Time), Markup.Escape(mail.Recipient), Markup.Escape(mail.Subject), Markup.Escape(mail.State switch
                {
                    MailState.Sent => $"Sent {CliTable.Time(mail.SentAt, context.Terminal.Time)}",
                    MailState.Waiting => $"Waits until {CliTable.Time(mail.NextAttemptAt, context.Terminal.Time)}{(mail.Failure is { } why ? $": {why}" : "")}",
                    _ => $"Failed: {mail.Failure}",
                }));
            context.Terminal.Ansi(context.Out).Write(table);
            return ExitCode.Done;
        });
    }

    private static SecretText? PasswordOf(VerbContext context, string? file)
    {
        try
        {
            if (file is not null) return SecretText.From(File.ReadAllText(file).TrimEnd('\r', '\n'));
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new InvalidInputException($"The file {file} cannot be read: {failure.Message}", "Check --password-file.", failure);
        }
        return SecretText.From(context.Terminal.Variable("ORGTAP_MAIL_PASSWORD")) ?? (context.Terminal.Interactive ? SecretText.From(context.Terminal.AskSecret("Password of the mail server:")) : null);
    }

    private static string Words(MailSecurity security) => security switch { MailSecurity.StartTls => "STARTTLS", MailSecurity.Tls => "TLS", _ => "not encrypted" };
}

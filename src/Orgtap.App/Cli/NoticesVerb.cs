using System.CommandLine;
using System.Text.Json;
using Orgtap.App.Overviews;
using Orgtap.Notifications;
using Orgtap.Primitives;
using Spectre.Console;

namespace Orgtap.App.Cli;

/// <summary><c>orgtap notices</c>: what is wrong, and who is told.</summary>
internal static class NoticesVerb
{
    public static Command Build(VerbRunner verbs) => new("notices", "What is wrong with connections, and who is told of it") { List(verbs), Show(verbs), Set(verbs), Test(verbs), Retry(verbs) };

    private static Command List(VerbRunner verbs)
    {
        var (limit, json) = (new Option<int>("--limit") { Description = "Incidents, at most", DefaultValueFactory = _ => 20 }, VerbRunner.Json());
        return verbs.Run(new Command("list", "List incidents: open ones first, then the newest") { limit, json }, Needs.Stores, ["orgtap notices list"], async (context, cancellationToken) =>
        {
            var incidents = await context.Service<NoticeDesk>().ListAsync(Math.Clamp(context.Get(limit), 1, 500), cancellationToken);
            if (context.Get(json)) context.Out.WriteLine(JsonSerializer.Serialize(incidents, CliJson.Options));
            else if (incidents.Count == 0) context.Out.WriteLine("Nothing was ever wrong.");
            else
            {
                var table = CliTable.New("Connection", "Since", "Mended", "What");
                foreach (var incident in incidents)
                    table.AddRow(Markup.Escape(incident.Connection), CliTable.Time(incident.OpenedAt, context.Terminal.Time), CliTable.Time(incident.ClosedAt, context.Terminal.Time), Markup.Escape($"{incident.Message} {incident.NextStep}"));
                context.Terminal.Ansi(context.Out).Write(table);
            }
            return ExitCode.Done;
        });
    }

    private static Command Show(VerbRunner verbs)
    {
        var json = VerbRunner.Json();
        return verbs.Run(new Command("show", "Show who is told of what, and what the webhook did not take") { json }, Needs.Stores, ["orgtap notices show"], async (context, cancellationToken) =>
        {
            var settings = await context.Service<NoticeDesk>().SettingsAsync(cancellationToken);
            if (context.Get(json))
            {
                context.Out.WriteLine(JsonSerializer.Serialize(settings, CliJson.Options));
                return ExitCode.Done;
            }
            context.Out.WriteLine($"By e-mail: {(settings.Recipients!.Count == 0 ? "all operators and administrators" : string.Join(", ", settings.Recipients))}, {settings.Digest switch { NoticeDigest.AtOnce => "at once", NoticeDigest.Hourly => "once an hour", _ => "once a day" }}, of {Words(settings.ByEmail!)}");
            context.Out.WriteLine(settings.Webhook is null ? "By webhook: nobody" : $"By webhook: {settings.Webhook}, of {Words(settings.ByWebhook!)}");
            foreach (var waiting in (await context.Service<NoticeDesk>().SentAsync(20, cancellationToken)).Where(message => message.SentAt is null))
                context.Out.WriteLine($"    {waiting.Event} of {CliTable.Time(waiting.CreatedAt, context.Terminal.Time)} {(waiting.NextAttemptAt is { } next ? $"waits until {CliTable.Time(next, context.Terminal.Time)}" : "is not tried again")}{(waiting.Failure is { } why ? $": {why}" : "")}");
            return ExitCode.Done;
        });
    }

    private static Command Set(VerbRunner verbs)
    {
        var to = new Option<string[]>("--to") { Description = "E-mail addresses; without it, all operators and administrators", AllowMultipleArgumentsPerToken = true, HelpName = "EMAIL" };
        var digest = new Option<NoticeDigest>("--digest") { Description = "AtOnce, Hourly or Daily", DefaultValueFactory = _ => NoticeDigest.AtOnce };
        var email = new Option<NoticeKind[]>("--email") { Description = $"Of what by e-mail: {string.Join(", ", Enum.GetNames<NoticeKind>())}; without it, of everything", AllowMultipleArgumentsPerToken = true };
        var noEmail = new Option<bool>("--no-email") { Description = "Tell nobody by e-mail" };
        var webhook = new Option<string?>("--webhook") { Description = "An address that gets each notice by POST; its signing key is in ORGTAP_WEBHOOK_KEY", HelpName = "URL" };
        var hooked = new Option<NoticeKind[]>("--webhook-of") { Description = "Of what by webhook; without it, of everything", AllowMultipleArgumentsPerToken = true };
        return verbs.Run(new Command("set", "Choose who is told of what; replaces what was chosen") { to, digest, email, noEmail, webhook, hooked }, Needs.Stores,
            ["orgtap notices set --to ops@example.com --digest Hourly", "ORGTAP_WEBHOOK_KEY=… orgtap notices set --webhook https://example.com/orgtap"], async (context, cancellationToken) =>
        {
            var (mailed, sent) = (context.Get(email), context.Get(hooked));
            if (context.Get(noEmail) && mailed is { Length: > 0 }) throw new InvalidInputException("--no-email and --email were given together.", "Give one of them.");
            await context.Service<NoticeDesk>().SetAsync(new NoticeSettingsDocument(
                context.Get(to), context.Get(digest), context.Get(noEmail) ? [] : mailed is { Length: > 0 } ? mailed : null, sent is { Length: > 0 } ? sent : null, context.Get(webhook), context.Terminal.Variable("ORGTAP_WEBHOOK_KEY")), ConnectVerb.Actor, cancellationToken);
            context.Out.WriteLine("Saved. Try it: orgtap notices test");
            return ExitCode.Done;
        });
    }

    private static Command Test(VerbRunner verbs) => verbs.Run(new Command("test", "Send a test notice to everybody who would be told; `orgtap serve` sends it"), Needs.Stores, ["orgtap notices test"], async (context, cancellationToken) =>
    {
        context.Out.WriteLine($"A test goes to {string.Join(", ", await context.Service<NoticeDesk>().TestAsync(ConnectVerb.Actor, cancellationToken))}.");
        return ExitCode.Done;
    });

    private static Command Retry(VerbRunner verbs) => verbs.Run(new Command("retry", "Try again now what the webhook did not take; `orgtap serve` sends it"), Needs.Stores, ["orgtap notices retry"], async (context, cancellationToken) =>
    {
        await context.Service<NoticeDesk>().RetryAsync(cancellationToken);
        context.Out.WriteLine("What waits is tried again.");
        return ExitCode.Done;
    });

    private static string Words(IReadOnlyList<NoticeKind> kinds) => kinds.Count == 0 ? "nothing" : kinds.Count == Enum.GetValues<NoticeKind>().Length ? "everything" : string.Join(", ", kinds);
}

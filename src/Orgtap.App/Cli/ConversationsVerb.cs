using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Orgtap.App.Overviews;
using Orgtap.Connections;
using Orgtap.Conversations;
using Orgtap.Conversations.Importing;
using Orgtap.Primitives;
using Spectre.Console;

namespace Orgtap.App.Cli;

/// <summary><c>orgtap conversations</c>: check, set up, import, and read.</summary>
internal static class ConversationsVerb
{
    public static Command Build(VerbRunner verbs) => new("conversations", "Chats, messaging, calls and cases in one shape: check, set up, import, read") { Check(verbs), Setup(verbs), Import(verbs), Resend(verbs), List(verbs), Show(verbs) };

    private static Command Check(VerbRunner verbs)
    {
        var (connection, json) = (VerbRunner.Connection(), VerbRunner.Json());
        return verbs.Run(new Command("check", "Say what the connected user sees of each channel, how many there are, and show one; stores nothing") { connection, json }, Needs.Owner,
            ["orgtap conversations check acme", "orgtap conversations check acme --json"], async (context, cancellationToken) =>
        {
            var checks = await context.Owner.CheckConversationsAsync(context.Get(connection), cancellationToken);
            if (context.Get(json))
            {
                context.Out.WriteLine(JsonSerializer.Serialize(checks, CliJson.Options));
                return ExitCode.Done;
            }
            foreach (var check in checks)
            {
                context.Out.WriteLine($"{Mark(check.State)} {check.Channel}: {check.Sentence}");
                if (check.NextStep is { } step) context.Out.WriteLine($"    {step}");
                if (check.Sample is { } sample) Write(context.Out, ConversationJson.Read(sample.GetRawText()), "    ", 4);
            }
            return checks.Any(check => check.State == CheckState.Ready) ? ExitCode.Done : ExitCode.DataProblem;
        });
    }

    private static Command Setup(VerbRunner verbs)
    {
        var (connection, json) = (VerbRunner.Connection(), VerbRunner.Json());
        var channels = new Option<Channel[]>("--channel") { Description = "Chat, Messaging, Call or Case; may be repeated", AllowMultipleArgumentsPerToken = true };
        var off = new Option<bool>("--off") { Description = "Import no conversations any more; those that are there stay" };
        var files = new Option<bool>("--files") { Description = "Also write JSON Lines files" };
        var directory = new Option<string?>("--directory") { Description = "Where files go; without it, into the data directory", HelpName = "DIR" };
        var gzip = new Option<bool>("--gzip") { Description = "Pack the files" };
        var push = new Option<string?>("--push") { Description = "An address that gets every conversation by POST; its signing key is in ORGTAP_PUSH_KEY", HelpName = "URL" };
        return verbs.Run(new Command("setup", "Choose channels, and where conversations go besides the replica; replaces what was chosen") { connection, channels, off, files, directory, gzip, push, json }, Needs.Owner,
            ["orgtap conversations setup acme --channel Chat Case", "orgtap conversations setup acme --channel Chat --files --gzip", "ORGTAP_PUSH_KEY=… orgtap conversations setup acme --channel Case --push https://example.com/in"],
            async (context, cancellationToken) =>
        {
            var chosen = context.Get(channels) ?? [];
            if (chosen.Length == 0 == !context.Get(off)) throw new InvalidInputException("No channel was named.", "Name one or more with --channel, or --off.");
            var outcome = await context.Owner.SetConversationsAsync(context.Get(connection), new ConversationSettingsDocument(
                chosen, context.Get(files) || context.Get(directory) is not null, context.Get(directory), context.Get(gzip), null, context.Get(push), context.Terminal.Variable("ORGTAP_PUSH_KEY")), cancellationToken);
            if (context.Get(json))
            {
                context.Out.WriteLine(JsonSerializer.Serialize(outcome, CliJson.Options));
                return ExitCode.Done;
            }
            context.Out.WriteLine(outcome.Settings.Channels is { Count: > 0 } on ? $"Imports {string.Join(", ", on)}." : "Imports no conversations.");
            foreach (var part in outcome.Missing) context.Out.WriteLine($"Left out: {part.SObject}: {part.Reason}");
            if (outcome.Settings.Channels is { Count: > 0 }) context.Out.WriteLine($"Next: orgtap sync {context.Get(connection)}, then orgtap conversations import {context.Get(connection)}; `orgtap serve` does both by itself.");
            return ExitCode.Done;
        });
    }

    private static Command Import(VerbRunner verbs)
    {
        var (connection, json) = (VerbRunner.Connection(), VerbRunner.Json());
        return verbs.Run(new Command("import", "Make conversations of the rows that are there, with a receipt, and send them on") { connection, json }, Needs.Owner,
            ["orgtap conversations import acme", "orgtap conversations import acme --json"], async (context, cancellationToken) =>
        {
            var import = await context.Owner.ImportConversationsAsync(context.Get(connection), cancellationToken);
            if (context.Get(json)) context.Out.WriteLine(JsonSerializer.Serialize(import, CliJson.Options));
            else
            {
                foreach (var receipt in import.Receipts)
                {
                    context.Out.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{receipt.Channel}: {receipt.Found:N0} found = {receipt.Imported:N0} imported + {receipt.Skipped.Values.Sum():N0} skipped + {receipt.Waiting:N0} waiting; {receipt.Turns:N0} turns, {receipt.NotUnderstood:N0} pieces not understood."));
                    foreach (var (reason, count) in receipt.Skipped) context.Out.WriteLine(string.Create(CultureInfo.InvariantCulture, $"    {count:N0}: {reason}"));
                }
                context.Out.WriteLine($"Import {import.Id}: {import.Outcome}{(import.ResumesAt is { } at ? $"; goes on about {CliTable.Time(at, context.Terminal.Time)}" : "")}.");
            }
            if (import.Problem is { } problem) throw new OrgtapException(problem.Kind, problem.Message, problem.NextStep, problem.Detail);
            return import.Outcome == ImportOutcome.Completed ? ExitCode.Done : ExitCode.DataProblem;
        });
    }

    private static Command Resend(VerbRunner verbs)
    {
        var (connection, json) = (VerbRunner.Connection(), VerbRunner.Json());
        return verbs.Run(new Command("resend", "Push once more what the receiver refused, and do not wait for the end of a pause") { connection, json }, Needs.Owner,
            ["orgtap conversations resend acme"], async (context, cancellationToken) =>
        {
            var outcome = await context.Owner.SendConversationsAgainAsync(context.Get(connection), cancellationToken);
            if (context.Get(json)) context.Out.WriteLine(JsonSerializer.Serialize(outcome, CliJson.Options));
            else
            {
                context.Out.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{outcome.Queued:N0} refused conversation{(outcome.Queued == 1 ? "" : "s")} in the queue again{(outcome.Delivery is null ? "; the process that serves sends them within half a minute" : "")}."));
                if (outcome.Delivery?.Pushed is { } pushed) context.Out.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{pushed.Sent:N0} pushed, {pushed.Refused:N0} refused.{(pushed.Problem is { } why ? $" {why}" : "")}"));
            }
            return outcome.Delivery is null or { IsComplete: true, Pushed: null or { Refused: 0 } } ? ExitCode.Done : ExitCode.DataProblem;
        });
    }

    private static Command List(VerbRunner verbs)
    {
        var (connection, json) = (VerbRunner.Connection(), VerbRunner.Json());
        var words = new Option<string?>("--search") { Description = "Words that must occur", HelpName = "WORDS" };
        var channel = new Option<Channel?>("--channel") { Description = "Chat, Messaging, Call or Case" };
        var agent = new Option<string?>("--agent") { Description = "Part of an agent's name", HelpName = "NAME" };
        var status = new Option<string?>("--status") { Description = "In Salesforce's words", HelpName = "STATUS" };
        var from = new Option<DateTimeOffset?>("--from") { Description = "Begun at or after", HelpName = "TIME" };
        var until = new Option<DateTimeOffset?>("--until") { Description = "Begun before", HelpName = "TIME" };
        var limit = new Option<int>("--limit") { Description = "Conversations, at most", DefaultValueFactory = _ => 20 };
        return verbs.Run(new Command("list", "List conversations, newest first") { connection, words, channel, agent, status, from, until, limit, json }, Needs.Stores,
            ["orgtap conversations list acme --search refund --channel Chat", "orgtap conversations list acme --from 2026-01-01 --json"], async (context, cancellationToken) =>
        {
            var found = await context.Service<ConnectionStore>().GetAsync(context.Get(connection), cancellationToken);
            var page = await context.Service<ConversationDesk>().ListAsync(found, new ConversationQuestion(
                context.Get(words), context.Get(channel), context.Get(from), context.Get(until), context.Get(agent), context.Get(status), null, context.Get(limit)), cancellationToken);
            if (context.Get(json))
            {
                context.Out.WriteLine(JsonSerializer.Serialize(page, CliJson.Options));
                return ExitCode.Done;
            }
            if (page.Conversations.Count == 0)
            {
                context.Out.WriteLine("No conversation fits.");
                return ExitCode.Done;
            }
            var table = CliTable.New("Id", "Begun", "Channel", "With", "Agents", "#Turns", "First words");
            foreach (var line in page.Conversations)
                table.AddRow(Markup.Escape(line.Id), CliTable.Time(line.At, context.Terminal.Time), line.Channel.ToString(), Markup.Escape(line.EndUser ?? "–"), Markup.Escape(line.Agents ?? "–"), CliTable.Count(line.Turns), Markup.Escape(line.Subject ?? line.FirstWords ?? "–"));
            context.Terminal.Ansi(context.Out).Write(table);
            return ExitCode.Done;
        });
    }

    private static Command Show(VerbRunner verbs)
    {
        var (connection, json) = (VerbRunner.Connection(), VerbRunner.Json());
        var id = new Argument<string>("ID") { Description = "Of the chat, session, call or case" };
        return verbs.Run(new Command("show", "Show one conversation") { connection, id, json }, Needs.Stores, ["orgtap conversations show acme 570xx0000000001AAA", "orgtap conversations show acme 500xx0000000001AAA --json"], async (context, cancellationToken) =>
        {
            var found = await context.Service<ConnectionStore>().GetAsync(context.Get(connection), cancellationToken);
            var its = await context.Service<ConversationReader>().FindAsync(found, context.Get(id), cancellationToken)
                ?? throw new InvalidInputException($"There is no conversation {context.Get(id)}.", "It may not be imported yet, or be deleted in Salesforce; `orgtap conversations list` shows those that are there.");
            if (context.Get(json)) context.Out.WriteLine(ConversationJson.Write(its.Conversation));
            else Write(context.Out, its.Conversation, "", int.MaxValue);
            return ExitCode.Done;
        });
    }

    private static void Write(TextWriter output, Conversation its, string indent, int most)
    {
        output.WriteLine($"{indent}{its.Channel} {its.Id}{(its.Subject is { } subject ? $": {subject}" : "")} ({its.Status ?? "no status"})");
        foreach (var turn in its.Turns.Take(most))
        {
            var at = turn.At?.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture) ?? "time unknown";
            output.WriteLine($"{indent}{at}  {turn.Speaker ?? "–"} ({(turn.Kind == TurnKind.Message ? turn.Role.ToString() : turn.Kind.ToString())}): {turn.Text.ReplaceLineEndings("\n" + indent + "    ")}");
        }
        if (its.Turns.Count > most) output.WriteLine($"{indent}… and {its.Turns.Count - most} more");
    }

    private static string Mark(CheckState state) => state switch { CheckState.Ready => "✓", CheckState.Hidden => "!", _ => "–" };
}

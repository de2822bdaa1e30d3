using System.CommandLine;
using System.Text.Json;
using Orgtap.App.Overviews;
using Orgtap.Connections;
using Orgtap.Extraction;
using Orgtap.Primitives;
using Orgtap.Syncs;

namespace Orgtap.App.Cli;

/// <summary><c>orgtap reconcile</c> and <c>orgtap refresh</c>: a sync that also looks for what no stamp tells.</summary>
internal static class KeepHonestVerbs
{
    public static Command Reconcile(VerbRunner verbs) => Build(verbs, "reconcile", RunPurpose.Reconcile,
        "Sync, then compare the Ids of all rows: finds rows that vanished without a trace, and rows that the copy lacks",
        ["orgtap reconcile acme", "orgtap reconcile acme Account Contact"]);

    public static Command Refresh(VerbRunner verbs) => Build(verbs, "refresh", RunPurpose.Refresh,
        "Sync, then read again the values that change without a new stamp: formulas",
        ["orgtap refresh acme", "orgtap refresh acme Opportunity"]);

    private static Command Build(VerbRunner verbs, string name, RunPurpose purpose, string description, string[] examples)
    {
        var connection = VerbRunner.Connection();
        var tables = new Argument<string[]>("TABLE") { Description = "Only these tables (default: all that are selected)", Arity = ArgumentArity.ZeroOrMore };
        var json = VerbRunner.Json();
        return verbs.Run(new Command(name, description) { connection, tables, json }, Needs.Ownership, examples, async (context, cancellationToken) =>
        {
            var found = await context.Service<ConnectionStore>().GetAsync(context.Get(connection), cancellationToken);
            if (!found.SyncEnabled) throw new InvalidInputException($"{found.Name} is paused.", $"Resume it with `orgtap connections resume {found.Name}`.");
            await context.Service<RunStore>().CloseAbandonedAsync(cancellationToken);
            var run = await SyncVerb.RunAsync(context.Services, context.Terminal, found, new SyncWish(purpose, context.Get(tables)), quiet: context.Get(json), ConnectVerb.Actor, cancellationToken);
            if (context.Get(json)) context.Out.WriteLine(JsonSerializer.Serialize(RunDocument.Of(run, found.Name, null), CliJson.Options));
            else RunReceipt.Write(context.Terminal, run, found.Name);
            return SyncVerb.ExitCodeOf(run, cancellationToken.IsCancellationRequested);
        });
    }
}

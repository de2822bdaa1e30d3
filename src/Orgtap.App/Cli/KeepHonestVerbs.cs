using System.CommandLine;
using Orgtap.Extraction;
using Orgtap.Syncs;

namespace Orgtap.App.Cli;

/// <summary><c>orgtap reconcile</c>, <c>orgtap refresh</c> and <c>orgtap verify</c>: a sync that also looks for what no stamp tells.</summary>
internal static class KeepHonestVerbs
{
    public static Command Reconcile(VerbRunner verbs) => Build(verbs, "reconcile", RunPurpose.Reconcile,
        "Sync, then compare the Ids of all rows: finds rows that vanished without a trace, and rows that the copy lacks",
        ["orgtap reconcile acme", "orgtap reconcile acme Account Contact"]);

    public static Command Refresh(VerbRunner verbs) => Build(verbs, "refresh", RunPurpose.Refresh,
        "Sync, then read again the values that change without a new stamp: formulas",
        ["orgtap refresh acme", "orgtap refresh acme Opportunity"]);

    public static Command Verify(VerbRunner verbs)
    {
        var connection = VerbRunner.Connection();
        var tables = new Argument<string[]>("TABLE") { Description = "Only these tables (default: all that are selected)", Arity = ArgumentArity.ZeroOrMore };
        var deep = new Option<bool>("--deep") { Description = "Also read every value of all rows again and compare it" };
        var json = VerbRunner.Json();
        return verbs.Run(new Command("verify", "Sync, then compare every row with the org's by Id, modification time and deletion mark; reads again what differs") { connection, tables, deep, json },
            Needs.Owner, ["orgtap verify acme", "orgtap verify acme Account --deep"], async (context, cancellationToken) => await SyncVerb.RunAsync(
                context, context.Get(connection), new SyncWish(context.Get(deep) ? RunPurpose.VerifyDeep : RunPurpose.Verify, context.Get(tables)), context.Get(json), cancellationToken));
    }

    private static Command Build(VerbRunner verbs, string name, RunPurpose purpose, string description, string[] examples)
    {
        var connection = VerbRunner.Connection();
        var tables = new Argument<string[]>("TABLE") { Description = "Only these tables (default: all that are selected)", Arity = ArgumentArity.ZeroOrMore };
        var json = VerbRunner.Json();
        return verbs.Run(new Command(name, description) { connection, tables, json }, Needs.Owner, examples, async (context, cancellationToken) =>
            await SyncVerb.RunAsync(context, context.Get(connection), new SyncWish(purpose, context.Get(tables)), context.Get(json), cancellationToken));
    }
}

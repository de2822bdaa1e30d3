using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Orgtap.App.Overviews;
using Orgtap.Connections;
using Orgtap.Storage;
using Spectre.Console;

namespace Orgtap.App.Cli;

/// <summary><c>orgtap connections</c>: list them, pause, resume, set the threshold, remove.</summary>
internal static class ConnectionsVerb
{
    public static Command Build(VerbRunner verbs) => new("connections", "Connections to orgs")
    {
        List(verbs, "list", "List connections", "orgtap connections list"), Enable(verbs, "pause", "Stop syncing until resumed; what is running goes on to its end", false),
        Enable(verbs, "resume", "Let it sync again", true), Threshold(verbs), Schedule(verbs), MaskingVerb.Build(verbs), Replica(verbs), AuthorizeVerb.Test(verbs), AuthorizeVerb.Authorize(verbs), Remove(verbs),
    };

    /// <summary>Also <c>orgtap status</c>, which people look for first.</summary>
    public static Command Status(VerbRunner verbs) => List(verbs, "status", "How every connection is", "orgtap status");

    private static Command List(VerbRunner verbs, string name, string description, string example)
    {
        var json = VerbRunner.Json();
        return verbs.Run(new Command(name, description) { json }, Needs.StoresAnywhere, [example, $"{example} --json"], async (context, cancellationToken) =>
        {
            var all = await context.Readings.ConnectionsAsync(cancellationToken);
            if (context.Get(json))
            {
                context.Out.WriteLine(JsonSerializer.Serialize(all, CliJson.Options));
                return ExitCode.Done;
            }
            if (all.Count == 0)
            {
                context.Out.WriteLine("No connections yet. Make one with `orgtap connect`, or try `orgtap demo`.");
                return ExitCode.Done;
            }
            var table = CliTable.New("Connection", "Status", "Org", "Last sync", "#Tables", "#Rows", "API use in 24 h");
            foreach (var one in all)
                table.AddRow(
                    Markup.Escape(one.Name), one.RunningRun is not null ? $"{one.Status}, syncing" : one.Status,
                    Markup.Escape($"{one.OrgName ?? one.InstanceUrl?.Host ?? "–"}{(one.Sandbox ? " (Sandbox)" : one.Edition is { } edition ? $" ({edition})" : "")}"), CliTable.Time(one.LastSuccessAt, context.Terminal.Time),
                    CliTable.Count(one.SelectedTables), CliTable.Count(one.Rows),
                    one.ApiUse is { } use ? string.Create(CultureInfo.InvariantCulture, $"{use.Used:N0} of {use.Maximum:N0}, stops at {one.QuotaThresholdPercent} %") : "–");
            context.Terminal.Ansi(context.Out).Write(table);
            foreach (var one in all.Where(one => one.Problem is not null))
            {
                context.Out.WriteLine($"{one.Name}:");
                ErrorText.Write(context.Out, one.Problem!, context.Terminal.Time);
            }
            return ExitCode.Done;
        });
    }

    private static Command Enable(VerbRunner verbs, string name, string description, bool enabled)
    {
        var connection = VerbRunner.Connection();
        return verbs.Run(new Command(name, description) { connection }, Needs.Stores, [$"orgtap connections {name} acme"], async (context, cancellationToken) =>
        {
            var found = await context.Service<ConnectionStore>().GetAsync(context.Get(connection), cancellationToken);
            await context.Service<ConnectionStore>().SetSyncEnabledAsync(found.Id, enabled, cancellationToken);
            await context.Service<AuditLog>().WriteAsync(ConnectVerb.Actor, enabled ? "connection.resumed" : "connection.paused", found.Name, null, cancellationToken);
            context.Out.WriteLine(enabled ? $"{found.Name} syncs again." : $"{found.Name} is paused. Nothing is lost; resume it with `orgtap connections resume {found.Name}`.");
            return ExitCode.Done;
        });
    }

    private static Command Threshold(VerbRunner verbs)
    {
        var connection = VerbRunner.Connection();
        var percent = new Argument<int>("PERCENT") { Description = "1 to 100, of the org's daily API calls by everybody" };
        return verbs.Run(new Command("threshold", "Set where syncing stops to spare the org's API calls") { connection, percent }, Needs.Stores,
            ["orgtap connections threshold acme 60"], async (context, cancellationToken) =>
        {
            var found = await context.Service<ConnectionStore>().GetAsync(context.Get(connection), cancellationToken);
            await context.Service<ConnectionStore>().SetQuotaThresholdAsync(found.Id, context.Get(percent), cancellationToken);
            await context.Service<AuditLog>().WriteAsync(ConnectVerb.Actor, "threshold.set", found.Name, $"{context.Get(percent)} %", cancellationToken);
            context.Out.WriteLine($"{found.Name} stops syncing at {context.Get(percent)} % of the org's API calls.");
            return ExitCode.Done;
        });
    }

    private static Command Schedule(VerbRunner verbs)
    {
        var connection = VerbRunner.Connection();
        var frequency = new Argument<string>("FREQUENCY") { Description = $"{string.Join(", ", UpdateFrequency.Offered.Select(offered => offered.Text))}, or cron:EXPRESSION@ZONE" };
        return verbs.Run(new Command("schedule", "Set how often it syncs by itself, while `orgtap serve` runs") { connection, frequency }, Needs.Stores,
            ["orgtap connections schedule acme 15m", "orgtap connections schedule acme \"cron:0 0 6 ? * MON-FRI@Europe/Berlin\""], async (context, cancellationToken) =>
        {
            var wanted = UpdateFrequency.Parse(context.Get(frequency));
            var found = await context.Service<ConnectionStore>().GetAsync(context.Get(connection), cancellationToken);
            await context.Service<ConnectionStore>().SetFrequencyAsync(found.Id, wanted, cancellationToken);
            await context.Service<AuditLog>().WriteAsync(ConnectVerb.Actor, "schedule.set", found.Name, wanted.Words, cancellationToken);
            context.Out.WriteLine($"{found.Name} syncs {wanted.Words}.");
            return ExitCode.Done;
        });
    }

    private static Command Replica(VerbRunner verbs)
    {
        var connection = VerbRunner.Connection();
        var postgres = new Option<bool>("--postgres") { Description = "Keep the rows in a schema of a PostgreSQL database" };
        var file = new Option<bool>("--file") { Description = "Keep the rows in an SQLite file in the data directory" };
        var address = new Option<string?>("--address") { Description = "The database, without a password (default ORGTAP_REPLICA_DATABASE, else that of the control store)", HelpName = "ADDRESS" };
        var schema = new Option<string?>("--schema") { Description = "The schema (default: the connection's name)", HelpName = "NAME" };
        var anew = new Option<bool>("--anew") { Description = "Do not move the rows of the file; the next sync loads everything from the org" };
        return verbs.Run(new Command("replica", "Show or choose where the rows lie; moves them from a file to PostgreSQL") { connection, postgres, file, address, schema, anew }, Needs.Owner,
            ["orgtap connections replica acme", "ORGTAP_REPLICA_DATABASE=postgresql://… orgtap connections replica acme --postgres --schema acme", "orgtap connections replica acme --file"],
            async (context, cancellationToken) =>
        {
            var (name, named) = (context.Get(connection), context.Get(address));
            if (context.Get(postgres) && context.Get(file)) throw new Primitives.InvalidInputException("The rows cannot lie in a file and in PostgreSQL at once.", "Give --postgres or --file.");
            if (!context.Get(postgres) && (named ?? context.Get(schema)) is not null) throw new Primitives.InvalidInputException("--address and --schema are of PostgreSQL.", "Give --postgres too.");
            if (named is not null && PostgresAddress.Parse(named, "--address").HasPassword)
                throw new Primitives.InvalidInputException("--address holds a password, which every user of this machine can read in the list of processes.", "Set ORGTAP_REPLICA_DATABASE instead.");
            var before = await context.Owner.GetAsync(name, cancellationToken);
            if (!context.Get(postgres) && !context.Get(file))
            {
                context.Out.WriteLine(before.Replica);
                return ExitCode.Done;
            }
            var placed = await context.Owner.PlaceAsync(name, new PlaceDocument(context.Get(postgres), named ?? context.Terminal.Variable("ORGTAP_REPLICA_DATABASE"), context.Get(schema), context.Get(anew)), cancellationToken);
            context.Out.WriteLine(placed.Replica == before.Replica ? $"The rows of {name} lie there already: {placed.Replica}"
                : placed.Rows > 0 ? $"The rows of {name} lie in {placed.Replica} now, {CliTable.Count(placed.Rows)} of them.\n{before.Replica} is no longer used; delete it when you like.\nNext: orgtap sync {name}, which goes on where the last sync ended."
                : $"The rows of {name} go to {placed.Replica}.\nWhat was copied before stays in {before.Replica}.\nNext: orgtap sync {name}, which loads everything there.");
            return ExitCode.Done;
        });
    }

    private static Command Remove(VerbRunner verbs)
    {
        var connection = VerbRunner.Connection();
        var delete = new Option<bool>("--delete-replica") { Description = "Delete the copied rows too; otherwise the file stays" };
        var yes = new Option<bool>("--yes") { Description = "Do not ask" };
        return verbs.Run(new Command("remove", "Revoke the access at Salesforce and forget the connection") { connection, delete, yes }, Needs.Owner,
            ["orgtap connections remove acme", "orgtap connections remove acme --delete-replica --yes"], async (context, cancellationToken) =>
        {
            var found = await context.Owner.GetAsync(context.Get(connection), cancellationToken);
            if (!context.Get(yes))
            {
                if (!context.Terminal.Interactive)
                    throw new Primitives.InvalidInputException($"Removing {found.Name} has to be confirmed, and nobody can be asked here.", "Give --yes.");
                context.Terminal.Error.Write($"Remove {found.Name}, its grant and its run history{(context.Get(delete) ? $", and delete {found.Replica}" : "")}? Type its name: ");
                if (context.Terminal.In.ReadLine()?.Trim() != found.Name)
                {
                    context.Out.WriteLine("Nothing was changed.");
                    return ExitCode.Done;
                }
            }
            await context.Owner.RemoveAsync(found.Name, context.Get(delete), cancellationToken);
            context.Out.WriteLine(context.Get(delete) ? $"{found.Name} and its replica are removed." : $"{found.Name} is removed. Its rows are still in {found.Replica}.");
            return ExitCode.Done;
        });
    }
}

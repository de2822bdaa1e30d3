using System.CommandLine;
using Orgtap.App.Composition;
using Orgtap.Connections;
using Orgtap.Primitives;
using Orgtap.Syncs;

namespace Orgtap.App.Cli;

/// <summary><c>orgtap work</c>: the jobs without the web pages, beside other processes on the same PostgreSQL database.</summary>
internal static class WorkVerb
{
    public static Command Build(VerbRunner verbs) =>
        verbs.Run(new Command("work", "Run jobs beside the process that serves, on the same PostgreSQL database; any of them may die"), Needs.Nothing,
            ["ORGTAP_DATABASE=postgresql://orgtap@db.example.com/orgtap orgtap work"], async (context, cancellationToken) =>
        {
            if (context.Settings.Database is null)
                throw new InvalidInputException("Several processes need a control store that they can share, and this one is a file.",
                    "Set ORGTAP_DATABASE to a PostgreSQL database for all of them, or let `orgtap serve` do the work alone.");
            await using var installation = await Installation.OpenAsync(context.Settings, null, context.Terminal.Time, cancellationToken);
            var services = new ServiceCollection();
            services.AddLogging(logging => VerbRunner.LogTo(logging, context.Parsed.GetValue(verbs.Verbose), context.Settings.LogsJson));
            services.AddSingleton(_ => new TelemetryExport(context.Settings));
            installation.AddTo(services);
            services.AddSingleton<OpenReplica>(all => (connection, stop) => connection.Replica is null ? throw new InvalidInputException($"The rows of {connection.Name} lie in a file that another process writes.",
                $"Move them, so that every process can: {MoveOf(connection.Name)}.") : all.GetRequiredService<ReplicaFiles>().OpenAsync(connection, stop));
            await using var provider = services.BuildServiceProvider();
            RefuseFiles(await provider.GetRequiredService<ConnectionStore>().ListAsync(cancellationToken));
            _ = provider.GetRequiredService<TelemetryExport>();

            await provider.GoOnAsync(cancellationToken);
            await provider.KeepJobsAsync(cancellationToken);
            context.Out.WriteLine("Press Ctrl-C to stop; a sync that is running commits its page first.");
            context.Out.WriteLine($"Orgtap works on {installation.Store.Description}");
            await ServeVerb.UntilStoppedAsync(cancellationToken);
            context.Terminal.Error.WriteLine("Stopping.");
            await provider.StopJobsAsync();
            return ExitCode.Done;
        });

    private static string MoveOf(string connection) => $"`orgtap connections replica {connection} --postgres`";

    private static void RefuseFiles(IReadOnlyList<Connection> connections)
    {
        if (connections.Where(connection => connection is { Replica: null, OrgId: not null }).Select(connection => connection.Name).ToList() is not { Count: > 0 } files) return;
        throw new InvalidInputException($"The rows of {string.Join(", ", files.Take(3))}{(files.Count > 3 ? $" and {files.Count - 3} more connections" : "")} lie in files that only one process can write.",
            $"Move them first: {string.Join("; ", files.Take(3).Select(MoveOf))}.");
    }
}

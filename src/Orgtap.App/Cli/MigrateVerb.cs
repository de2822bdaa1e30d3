using System.CommandLine;
using System.Text.Json;
using Orgtap.App.Composition;

namespace Orgtap.App.Cli;

/// <summary><c>orgtap migrate</c>: bring the control store's tables up to date, before the processes that use it start.</summary>
internal static class MigrateVerb
{
    public static Command Build(VerbRunner verbs)
    {
        var json = VerbRunner.Json();
        return verbs.Run(new Command("migrate", "Bring the control store's tables up to date; starting Orgtap does so too") { json }, Needs.Nothing,
            ["orgtap migrate", "ORGTAP_DATABASE=postgresql://orgtap@db.example.com/orgtap orgtap migrate"], async (context, cancellationToken) =>
        {
            await using var store = await Installation.OpenStoreAsync(context.Settings, context.Terminal.Time, cancellationToken);
            if (context.Get(json))
            {
                context.Out.WriteLine(JsonSerializer.Serialize(new { database = store.Description, applied = store.Applied }, CliJson.Options));
                return ExitCode.Done;
            }
            foreach (var script in store.Applied) context.Out.WriteLine($"Applied {script}");
            context.Out.WriteLine(store.Applied.Count == 0 ? $"Nothing to do: {store.Description} is up to date." : $"{store.Description} is up to date.");
            return ExitCode.Done;
        });
    }
}

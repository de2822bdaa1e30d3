using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Orgtap.App.Composition;
using Orgtap.Backups;

namespace Orgtap.App.Cli;

/// <summary><c>orgtap backup</c>: a copy of the data directory, also while <c>orgtap serve</c> uses it.</summary>
internal static class BackupVerb
{
    public static Command Build(VerbRunner verbs)
    {
        var target = new Argument<string>("DIRECTORY") { Description = "The backup's directory, which is made" };
        var json = VerbRunner.Json();
        // Opens nothing that would bring the control store up to date: what a new version is about to change is what one wants a copy of.
        return verbs.Run(new Command("backup", "Copy the control store, the replicas and files of conversations, also beside `orgtap serve`") { target, json }, Needs.Nothing,
            ["orgtap backup /srv/backups/orgtap-$(date +%F)", "orgtap backup /mnt/disk/orgtap --data /srv/orgtap"], async (context, cancellationToken) =>
        {
            var path = Path.GetFullPath(context.Get(target));
            var asJson = context.Get(json);
            await using var shared = context.Settings.Database is null ? null : await Installation.OpenStoreAsync(context.Settings, context.Terminal.Time, cancellationToken);
            var writer = new BackupWriter(context.Settings.DataDirectory, BackedUpKeys.Takes, context.Terminal.Time) { Copied = file => { if (!asJson) context.Terminal.Error.WriteLine(LineOf(file)); } };
            var manifest = await StoppedException.SayingAsync("Stopped. No backup was made.", () => writer.WriteAsync(path, shared, cancellationToken));
            var notes = await NotesAsync(path, manifest, cancellationToken);
            if (asJson) context.Out.WriteLine(JsonSerializer.Serialize(new { directory = path, manifest, notes }, CliJson.Options));
            else
            {
                foreach (var note in notes) context.Terminal.Error.WriteLine($"Note: {note}");
                context.Out.WriteLine($"Backup {path}: {Count(manifest.Files.Count, "file")}, {Size(manifest.Bytes)}, {Count(manifest.Files.Sum(file => file.Rows ?? 0), "row")}");
            }
            return ExitCode.Done;
        });
    }

    internal static string Size(long bytes) => string.Create(CultureInfo.InvariantCulture, $"{bytes / 1048576.0:N1} MB");

    internal static string Count(long count, string what) => $"{CliTable.Count(count)} {what}{(count == 1 ? "" : "s")}";

    /// <summary>What a backup does not hold, one sentence or two each.</summary>
    internal static async Task<IReadOnlyList<string>> NotesAsync(string backup, BackupManifest manifest, CancellationToken cancellationToken)
    {
        var notes = new List<string>();
        if (!manifest.HasControlStore) notes.Add("The control store lies in PostgreSQL and is not in the backup, nor are the keys of stored secrets. Back it up with pg_dump, before this (docs/operating.md).");
        if (manifest.InPostgres.Count > 0) notes.Add($"The rows of {string.Join(", ", manifest.InPostgres)} lie in PostgreSQL and are not in the backup, nor are files of their conversations. Back them up with pg_dump, after this (docs/operating.md).");
        if (await BackedUpKeys.SecretsWithoutAsync(backup, manifest, cancellationToken) is > 0 and var secrets)
            notes.Add($"{Count(secrets, "stored secret")} cannot be decrypted from the backup: no key from outside wraps {(secrets == 1 ? "its key" : "their keys")}, which {(secrets == 1 ? "is" : "are")} left out. Every connection would have to be authorized again. "
                + "Set ORGTAP_KEY_FILE, start Orgtap with it, run `orgtap secrets rotate`, and back up again.");
        return notes;
    }

    private static string LineOf(BackupFile file) => $"  {file.Path}  {Size(file.Bytes)}{(file.Rows is { } rows ? $"  {Count(rows, "row")}" : "")}";
}

using System.CommandLine;
using System.Text.Json;
using Orgtap.Backups;
using Orgtap.Primitives;

namespace Orgtap.App.Cli;

/// <summary><c>orgtap restore</c>: a data directory from a backup.</summary>
internal static class RestoreVerb
{
    public static Command Build(VerbRunner verbs)
    {
        var source = new Argument<string>("DIRECTORY") { Description = "A directory that `orgtap backup` wrote" };
        var check = new Option<bool>("--check") { Description = "Only look whether the backup is whole" };
        var json = VerbRunner.Json();
        return verbs.Run(new Command("restore", "Fill an empty data directory from a backup") { source, check, json }, Needs.Nothing,
            ["orgtap restore /srv/backups/orgtap-2026-11-27 --data /srv/orgtap", "orgtap restore /srv/backups/orgtap-2026-11-27 --check"], async (context, cancellationToken) =>
        {
            var (path, data, only) = (Path.GetFullPath(context.Get(source)), context.Settings.DataDirectory, context.Get(check));
            if (!only) BackupRestore.RefuseInUse(data);
            var backup = await StoppedException.SayingAsync("Stopped. Nothing was restored.", () => BackupRestore.VerifyAsync(path, cancellationToken));
            if (!only)
            {
                if (context.Settings.Database is not null && backup.Manifest.HasControlStore)
                    throw new InvalidInputException($"The backup {path} holds a control store, and ORGTAP_DATABASE or --database names another one, which would be used in its place.", "Leave the database out, or use a backup of the installation that had one.");
                await StoppedException.SayingAsync("Stopped. Nothing was restored.", async () =>
                {
                    await backup.IntoAsync(data, ConnectVerb.Actor, context.Terminal.Time, cancellationToken);
                    return true;
                });
            }
            var notes = await NotesAsync(path, backup.Manifest, context.Settings.KeyFile is not null, cancellationToken);
            if (context.Get(json)) context.Out.WriteLine(JsonSerializer.Serialize(new { directory = only ? null : data, manifest = backup.Manifest, notes }, CliJson.Options));
            else
            {
                foreach (var note in notes) context.Terminal.Error.WriteLine($"Note: {note}");
                var what = $"{BackupVerb.Count(backup.Manifest.Files.Count, "file")}, {BackupVerb.Size(backup.Manifest.Bytes)}, {BackupVerb.Count(backup.Manifest.Files.Sum(file => file.Rows ?? 0), "row")}, as of {CliTable.Time(backup.Manifest.MadeAt, context.Terminal.Time)}";
                context.Out.WriteLine(only ? $"The backup {path} is whole: {what}" : $"Restored {data}: {what}. Stop the Orgtap that the backup was made of before you start this one.");
            }
            return ExitCode.Done;
        });
    }

    private static async Task<IReadOnlyList<string>> NotesAsync(string path, BackupManifest manifest, bool keyFile, CancellationToken cancellationToken)
    {
        var notes = new List<string>();
        if (!manifest.HasControlStore) notes.Add("The control store is not in the backup: restore it with pg_restore, and set ORGTAP_DATABASE.");
        if (manifest.InPostgres.Count > 0) notes.Add($"The rows of {string.Join(", ", manifest.InPostgres)} are not in the backup: restore them with pg_restore; a connection whose schema is empty loads everything anew.");
        if (await Composition.BackedUpKeys.SecretsWithoutAsync(path, manifest, cancellationToken) is > 0 and var secrets)
            notes.Add($"{BackupVerb.Count(secrets, "stored secret")} cannot be decrypted, because the backup does not hold {(secrets == 1 ? "its key" : "their keys")}. Copy the former keys into the directory keys, or authorize each connection again.");
        else if (!keyFile && manifest.Files.Any(file => file.Path.StartsWith("keys/key-", StringComparison.Ordinal))) notes.Add("Stored secrets open only with the key file that ORGTAP_KEY_FILE named before. Set it.");
        return notes;
    }
}

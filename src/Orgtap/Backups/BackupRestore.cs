using System.Globalization;
using System.Security.Cryptography;
using Orgtap.Primitives;
using Orgtap.Storage;

namespace Orgtap.Backups;

/// <summary>A backup that can be restored: this program knows its form, and none of its files is missing or changed.</summary>
public sealed class BackupRestore
{
    private readonly string _backup;

    private BackupRestore(string backup, BackupManifest manifest) => (_backup, Manifest) = (backup, manifest);

    public BackupManifest Manifest { get; }

    /// <summary>Reads the manifest and every file, and compares them.</summary>
    /// <exception cref="InvalidInputException">It is no whole backup, was made by a newer Orgtap, or a file is missing or changed.</exception>
    public static async Task<BackupRestore> VerifyAsync(string backup, CancellationToken cancellationToken)
    {
        var manifest = await BackupManifest.ReadAsync(backup, cancellationToken);
        if (manifest.Schema.Except(Migrations.Names).Order(StringComparer.Ordinal).FirstOrDefault() is { } unknown)
            throw new InvalidInputException($"The backup {backup} was made by a newer Orgtap (its control store has the change {unknown}).", "Restore it with that version or a later one.");
        foreach (var file in manifest.Files)
            if (await WrongAsync(Path.Combine(backup, file.Path), file, cancellationToken) is { } wrong)
                throw new InvalidInputException($"The backup {backup} is damaged: {file.Path} {wrong}.", "Nothing was restored. Use another backup.");
        return new BackupRestore(backup, manifest);
    }

    /// <summary>Fills the data directory; it has its name only once everything is in it, and the control store was opened and brought up to date.</summary>
    /// <param name="dataDirectory">Must not exist, or be empty.</param>
    /// <param name="actor">Who restores, for the audit log.</param>
    /// <exception cref="OrgtapException">The directory is not empty, or cannot be written; then it is as it was.</exception>
    public async Task IntoAsync(string dataDirectory, string actor, TimeProvider time, CancellationToken cancellationToken)
    {
        RefuseInUse(dataDirectory);
        try
        {
            using var directory = UnfinishedDirectory.Begin(dataDirectory);
            RefuseSmallDisk(dataDirectory, directory.Path);
            foreach (var file in Manifest.Files)
                if (await FileCopy.MakeAsync(Path.Combine(_backup, file.Path), directory.Place(file.Path), cancellationToken) != file.Sha256)
                    throw new InvalidInputException($"{file.Path} in the backup {_backup} changed while it was read.", "Nothing was restored. Try again, or use another backup.");
            if (Manifest.HasControlStore) await OpenAsync(directory.Path, actor, time, cancellationToken);
            directory.Finish();
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new InvalidInputException($"The data directory {dataDirectory} cannot be written: {failure.Message}",
                "Check that the directory above it belongs to the user who runs this and has room left. A directory that is mounted cannot be replaced: name one below it with --data.", failure);
        }
    }

    /// <exception cref="InvalidInputException">Something is in the directory.</exception>
    public static void RefuseInUse(string dataDirectory)
    {
        if (File.Exists(dataDirectory) || (Directory.Exists(dataDirectory) && Directory.EnumerateFileSystemEntries(dataDirectory).Any()))
            throw new InvalidInputException($"The data directory {dataDirectory} is not empty, and restoring never overwrites.", "Name another with --data, or stop Orgtap and move this one away.");
    }

    private async Task OpenAsync(string directory, string actor, TimeProvider time, CancellationToken cancellationToken)
    {
        await using var store = await ControlStore.OpenAsync(directory, time, cancellationToken);
        await new AuditLog(store, time).WriteAsync(actor, "backup.restored", "installation", string.Create(CultureInfo.InvariantCulture, $"as of {Manifest.MadeAt:yyyy-MM-dd HH:mm:ss} UTC"), cancellationToken);
    }

    private void RefuseSmallDisk(string dataDirectory, string near)
    {
        var free = new DriveInfo(near).AvailableFreeSpace;
        if (free < Manifest.Bytes) throw new InvalidInputException(string.Create(CultureInfo.InvariantCulture, $"The backup takes {Manifest.Bytes >> 20:N0} MB, and only {free >> 20:N0} MB of the disk of {dataDirectory} are free."), "Make room on the disk, or name a directory on another with --data.");
    }

    private static async Task<string?> WrongAsync(string path, BackupFile file, CancellationToken cancellationToken)
    {
        try
        {
            await using var stream = File.OpenRead(path);
            if (stream.Length != file.Bytes) return string.Create(CultureInfo.InvariantCulture, $"has {stream.Length:N0} bytes in place of {file.Bytes:N0}");
            return Convert.ToHexStringLower(await SHA256.HashDataAsync(stream, cancellationToken)) == file.Sha256 ? null : "is not what was backed up";
        }
        catch (Exception failure) when (failure is FileNotFoundException or DirectoryNotFoundException)
        {
            return "is missing";
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            return $"cannot be read ({failure.Message})";
        }
    }
}

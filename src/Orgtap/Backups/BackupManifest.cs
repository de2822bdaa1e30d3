using System.Text.Json;
using System.Text.Json.Serialization;
using Orgtap.Primitives;

namespace Orgtap.Backups;

/// <summary>A file of a backup.</summary>
/// <param name="Path">Below the backup's directory, and below the data directory it came from; parts are separated by <c>/</c>.</param>
/// <param name="Sha256">64 hexadecimal digits, lower case.</param>
/// <param name="Rows">Of a replica: rows of all its tables, those marked deleted too. Of other files null.</param>
public sealed record BackupFile(string Path, long Bytes, string Sha256, long? Rows);

/// <summary>What a backup holds: <c>manifest.json</c> in its directory, written last.</summary>
/// <param name="Format">Raised when an older Orgtap could not read the backup.</param>
/// <param name="Version">Of the Orgtap that made it.</param>
/// <param name="Schema">Changes of the control store that were applied, in order of their names; empty where it lies in PostgreSQL.</param>
/// <param name="MadeAt">When the control store was copied, UTC; replicas are as of then or a little later.</param>
/// <param name="KeysLeftOut">Keys of stored secrets that are not in it, because no key from outside wraps them.</param>
/// <param name="InPostgres">Connections whose rows lie in PostgreSQL, and thus not in the backup.</param>
public sealed record BackupManifest(
    int Format, string Version, IReadOnlyList<string> Schema, DateTimeOffset MadeAt, IReadOnlyList<BackupFile> Files, int KeysLeftOut, IReadOnlyList<string> InPostgres)
{
    /// <summary>Its name in the backup's directory.</summary>
    public const string FileName = "manifest.json";

    /// <summary>The name of the control store's copy in the backup's directory.</summary>
    public const string ControlStore = "control.db";

    public const int CurrentFormat = 1;

    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { WriteIndented = true };

    /// <summary>The version of this program.</summary>
    public static Version Current { get; } = typeof(BackupManifest).Assembly.GetName().Version ?? new Version(0, 0);

    /// <summary>Whether the control store is in the backup; else it lies in PostgreSQL.</summary>
    [JsonIgnore]
    public bool HasControlStore => Files.Any(file => file.Path == ControlStore);

    [JsonIgnore]
    public long Bytes => Files.Sum(file => file.Bytes);

    /// <exception cref="InvalidInputException">There is no backup, or not a whole one, or a newer Orgtap made it.</exception>
    public static async Task<BackupManifest> ReadAsync(string backup, CancellationToken cancellationToken)
    {
        var path = Path.Combine(backup, FileName);
        BackupManifest? manifest;
        try
        {
            manifest = JsonSerializer.Deserialize<BackupManifest>(await File.ReadAllBytesAsync(path, cancellationToken), Json);
        }
        catch (Exception failure) when (failure is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new InvalidInputException($"{backup} is no backup: it has no {FileName}.", "Name the directory that `orgtap backup` wrote. One whose name ends in .part was never finished.", failure);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new InvalidInputException($"{path} cannot be read: {failure.Message}", "Check that this user may read the backup.", failure);
        }
        catch (JsonException failure)
        {
            throw Unreadable(path, failure);
        }
        if (manifest is not { Files: not null, Schema: not null, InPostgres: not null, Version: not null } || manifest.Files.Any(file => !IsBelow(file.Path))) throw Unreadable(path, null);
        return manifest.Format > CurrentFormat || (System.Version.TryParse(manifest.Version, out var version) && version > Current)
            ? throw new InvalidInputException($"The backup {backup} was made by Orgtap {manifest.Version}, which is newer than this one ({Current.ToString(3)}).", "Restore it with that version or a later one.")
            : manifest;
    }

    /// <summary>Writes it into the directory, and to the disk.</summary>
    public async Task WriteAsync(string directory, CancellationToken cancellationToken)
    {
        await using var file = new FileStream(Path.Combine(directory, FileName), FileMode.CreateNew, FileAccess.Write);
        await JsonSerializer.SerializeAsync(file, this, Json, cancellationToken);
        file.Flush(flushToDisk: true);
    }

    // A manifest is a file that anybody may have written; nothing is written outside of the directory because of one.
    private static bool IsBelow(string path) =>
        path.Length > 0 && !path.Contains('\\', StringComparison.Ordinal) && !Path.IsPathRooted(path) && path.Split('/').All(part => part is not ("" or "." or "..")) && path != FileName;

    private static InvalidInputException Unreadable(string path, Exception? inner) => new($"{path} is damaged.", "Use another backup.", inner);
}

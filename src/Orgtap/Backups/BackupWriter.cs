using System.Data.Common;
using System.Globalization;
using System.Security.Cryptography;
using Dapper;
using Microsoft.Data.Sqlite;
using Orgtap.Conversations.Outputs;
using Orgtap.Primitives;
using Orgtap.Replicas;
using Orgtap.Replicas.Sqlite;
using Orgtap.Storage;

namespace Orgtap.Backups;

/// <summary>
/// Copies a data directory while it is in use: the control store first, then each replica, then files of conversations up to where the replica's copy says they were written. So nothing that is copied
/// earlier claims what a later copy lacks (docs/decisions/0096).
/// </summary>
/// <param name="dataDirectory">Is only read.</param>
/// <param name="takesKey">Whether a file of the key ring may be in a backup.</param>
public sealed class BackupWriter(string dataDirectory, Func<string, bool> takesKey, TimeProvider time)
{
    private readonly List<BackupFile> _files = [];

    /// <summary>Called with each file that was copied.</summary>
    public Action<BackupFile>? Copied { get; init; }

    /// <summary>Makes the backup; the directory has its name only once everything is in it.</summary>
    /// <param name="target">The backup's directory, which must not exist.</param>
    /// <param name="shared">The control store, where it lies in PostgreSQL.</param>
    /// <exception cref="OrgtapException">There is nothing to back up, a file cannot be read or written, or the target is there already.</exception>
    public async Task<BackupManifest> WriteAsync(string target, ControlStore? shared, CancellationToken cancellationToken)
    {
        RefuseTarget(target);
        if (shared is null && !File.Exists(Path.Combine(dataDirectory, BackupManifest.ControlStore)))
            throw new InvalidInputException($"There is nothing to back up: {dataDirectory} holds no {BackupManifest.ControlStore}, or this user may not look into it.", "Name the data directory with --data or ORGTAP_DATA, or the database with ORGTAP_DATABASE.");
        try
        {
            RefuseSmallDisk(target);
            using var directory = UnfinishedDirectory.Begin(target);
            var manifest = await FillAsync(directory, shared, cancellationToken);
            await manifest.WriteAsync(directory.Path, cancellationToken);
            directory.Finish();
            return manifest;
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new InvalidInputException($"The backup {target} cannot be written: {failure.Message}", "Check that its directory belongs to the user who runs this and has room left, or name another.", failure);
        }
    }

    private async Task<BackupManifest> FillAsync(UnfinishedDirectory directory, ControlStore? shared, CancellationToken cancellationToken)
    {
        _files.Clear();
        var madeAt = time.GetUtcNow();
        if (shared is null) await CopyDatabaseAsync(directory, BackupManifest.ControlStore, null, cancellationToken);
        var (schema, connections) = await ReadAsync(directory, shared, cancellationToken);
        // After the store: a key lies in its file before anything is encrypted with it.
        var leftOut = await CopyKeysAsync(directory, cancellationToken);
        foreach (var (name, _) in connections.Where(connection => !connection.InPostgres)) await CopyReplicaAsync(directory, name, cancellationToken);
        return new BackupManifest(BackupManifest.CurrentFormat, BackupManifest.Current.ToString(3), schema, madeAt, [.. _files], leftOut,
            [.. connections.Where(connection => connection.InPostgres).Select(connection => connection.Name)]);
    }

    private static async Task<(IReadOnlyList<string> Schema, IReadOnlyList<(string Name, bool InPostgres)> Connections)> ReadAsync(UnfinishedDirectory directory, ControlStore? shared, CancellationToken cancellationToken)
    {
        await using DbConnection db = shared is null ? ReadOnly(directory.Place(BackupManifest.ControlStore)) : await shared.ConnectAsync(cancellationToken);
        if (shared is null) await db.OpenAsync(cancellationToken);
        var connections = await db.QueryAsync<(string Name, string? Schema)>("SELECT name, replica_schema FROM connections ORDER BY name");
        IEnumerable<string> schema = shared is null ? await db.QueryAsync<string>("SELECT name FROM schema_migrations ORDER BY name") : [];
        return ([.. schema], [.. connections.Select(connection => (connection.Name, connection.Schema is not null))]);
    }

    private async Task<int> CopyKeysAsync(UnfinishedDirectory directory, CancellationToken cancellationToken)
    {
        var keys = Path.Combine(dataDirectory, "keys");
        var leftOut = 0;
        foreach (var key in Directory.Exists(keys) ? Directory.EnumerateFiles(keys, "*.xml").Order(StringComparer.Ordinal) : Enumerable.Empty<string>())
        {
            if (takesKey(key)) await CopyFileAsync(directory, key, cancellationToken);
            else leftOut++;
        }
        return leftOut;
    }

    private async Task CopyReplicaAsync(UnfinishedDirectory directory, string connection, CancellationToken cancellationToken)
    {
        var path = $"replicas/{connection}.db";
        // A connection that was never synced, or was removed since the control store was copied, has none.
        if (!File.Exists(Path.Combine(dataDirectory, "replicas", connection + ".db"))) return;
        var written = 0L;
        await CopyDatabaseAsync(directory, path, copy =>
        {
            using var file = SqliteFile.Open(copy, readOnly: true);
            ReplicaLayout.Recognise(file);
            if (file.ScalarLong("SELECT count(*) FROM sqlite_master WHERE name = '_orgtap_conversation_positions'") > 0)
                written = file.ScalarLong("SELECT position FROM _orgtap_conversation_positions WHERE name = ?1", FileWriter.PositionName);
            return RowsOf(file);
        }, cancellationToken);
        var files = Path.Combine(dataDirectory, "conversations", connection);
        foreach (var file in Directory.Exists(files) ? Directory.EnumerateFiles(files).Order(StringComparer.Ordinal) : Enumerable.Empty<string>())
            if (FileWriter.FirstChangeOf(file) is { } first && first <= written) await CopyFileAsync(directory, file, cancellationToken);
    }

    private static long RowsOf(SqliteFile file)
    {
        var tables = new List<string>();
        using (var statement = file.Prepare("SELECT table_name FROM _orgtap_tables WHERE table_name IN (SELECT name FROM sqlite_master)"))
            while (statement.Step()) tables.Add(statement.Text(0)!);
        return tables.Sum(table => file.ScalarLong($"SELECT count(*) FROM {SqlName.Quote(table)}"));
    }

    private async Task CopyDatabaseAsync(UnfinishedDirectory directory, string path, Func<string, long>? rowsOf, CancellationToken cancellationToken)
    {
        var copy = directory.Place(path);
        var rows = await Task.Run(() =>
        {
            SqliteCopy.Make(Path.Combine(dataDirectory, path), copy, cancellationToken);
            return rowsOf?.Invoke(copy);
        }, cancellationToken);
        await AddAsync(copy, path, rows, cancellationToken);
    }

    private async Task CopyFileAsync(UnfinishedDirectory directory, string source, CancellationToken cancellationToken)
    {
        var path = Path.GetRelativePath(dataDirectory, source).Replace('\\', '/');
        var copy = directory.Place(path);
        try
        {
            await FileCopy.MakeAsync(source, copy, cancellationToken);
        }
        catch (FileNotFoundException)
        {
            // Whoever takes the files of conversations was faster.
            return;
        }
        await AddAsync(copy, path, null, cancellationToken);
    }

    private async Task AddAsync(string copy, string path, long? rows, CancellationToken cancellationToken)
    {
        await using var stream = File.OpenRead(copy);
        var file = new BackupFile(path, stream.Length, Convert.ToHexStringLower(await SHA256.HashDataAsync(stream, cancellationToken)), rows);
        _files.Add(file);
        Copied?.Invoke(file);
    }

    private void RefuseTarget(string target)
    {
        if (Path.Exists(target)) throw new InvalidInputException($"{target} is there already.", "Name a directory that is not, e.g. one with the day in it; `orgtap backup` makes it.");
        if ((target + Path.DirectorySeparatorChar).StartsWith(dataDirectory + Path.DirectorySeparatorChar, StringComparison.Ordinal))
            throw new InvalidInputException($"{target} lies in the data directory {dataDirectory}, and would be lost with it.", "Name a directory elsewhere, best on another disk.");
    }

    private void RefuseSmallDisk(string target)
    {
        var needed = FilesLike("control.db*").Concat(FilesLike("replicas/*.db*")).Sum(file => file.Length);
        var near = target;
        while (!Directory.Exists(near) && Path.GetDirectoryName(near) is { } above) near = above;
        var free = new DriveInfo(near).AvailableFreeSpace;
        if (free < needed) throw new InvalidInputException(string.Create(CultureInfo.InvariantCulture, $"The backup {target} takes up to {needed >> 20:N0} MB, and only {free >> 20:N0} MB of the disk are free."), "Make room on the disk, or name a directory on another.");
    }

    private IEnumerable<FileInfo> FilesLike(string pattern)
    {
        var directory = new DirectoryInfo(Path.Combine(dataDirectory, Path.GetDirectoryName(pattern)!));
        return directory.Exists ? directory.EnumerateFiles(Path.GetFileName(pattern)) : [];
    }

    private static SqliteConnection ReadOnly(string path) => SqliteLibrary.Connection(new SqliteConnectionStringBuilder { DataSource = path, Mode = SqliteOpenMode.ReadOnly, Pooling = false });
}

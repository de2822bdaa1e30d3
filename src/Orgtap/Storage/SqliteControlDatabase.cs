using System.Data.Common;
using System.Security.Cryptography;
using Dapper;
using Microsoft.Data.Sqlite;
using Orgtap.Primitives;

namespace Orgtap.Storage;

/// <summary>The control store in one file, <c>control.db</c> in the data directory.</summary>
internal sealed class SqliteControlDatabase(string dataDirectory) : IControlDatabase
{
    private readonly long _worker = RandomNumberGenerator.GetInt32(1, int.MaxValue);

    private readonly string _path = Path.Combine(dataDirectory, "control.db");

    private SqliteConnection Connection() =>
        SqliteLibrary.Connection(new SqliteConnectionStringBuilder { DataSource = _path, ForeignKeys = true, Pooling = true, DefaultTimeout = 30 });

    public bool IsShared => false;

    public string Description => $"SQLite {SqliteLibrary.EnsureLoaded()}, {_path}";

    public async Task PrepareAsync(CancellationToken cancellationToken)
    {
        try
        {
            CreatePrivateDirectory(dataDirectory);
            await using var db = await ConnectAsync(cancellationToken);
            await db.ExecuteAsync("PRAGMA journal_mode=WAL");
            if (!OperatingSystem.IsWindows()) File.SetUnixFileMode(_path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        }
        catch (Exception failure) when (failure is SqliteException or IOException or UnauthorizedAccessException)
        {
            throw new InvalidInputException($"The control database {_path} cannot be used: {failure.Message}",
                "Check that the data directory exists, belongs to the user who runs Orgtap and has room left, or name another with --data.", failure);
        }
    }

    public async Task<DbConnection> ConnectAsync(CancellationToken cancellationToken)
    {
        var connection = Connection();
        try
        {
            await connection.OpenAsync(cancellationToken);
            await connection.ExecuteAsync("PRAGMA synchronous=NORMAL; PRAGMA busy_timeout=30000; PRAGMA foreign_keys=ON");
            return connection;
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }
    }

    // The driver begins with BEGIN IMMEDIATE, which takes the file's one write lock.
    public async Task<DbTransaction> BeginAsync(CancellationToken cancellationToken)
    {
        var connection = await ConnectAsync(cancellationToken);
        try
        {
            return await connection.BeginTransactionAsync(cancellationToken);
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }
    }

    public async Task CommitAsync(DbTransaction transaction)
    {
        var connection = (SqliteConnection)transaction.Connection!;
        try
        {
            await transaction.CommitAsync(CancellationToken.None);
        }
        catch (SqliteException)
        {
            // A commit that fails for want of room has rolled back already. The driver, which does not know, would fail in rolling back again, and hide why.
            if (SQLitePCL.raw.sqlite3_get_autocommit(connection.Handle) != 0) SQLitePCL.raw.sqlite3_exec(connection.Handle, "BEGIN");
            throw;
        }
    }

    public Task<string?> OwnAsync(string who, CancellationToken cancellationToken) => Task.FromResult<string?>(null);

    public Task<long> WorkerAsync(CancellationToken cancellationToken) => Task.FromResult(_worker);

    public Task<IReadOnlySet<long>> AliveAsync(CancellationToken cancellationToken) => Task.FromResult<IReadOnlySet<long>>(new HashSet<long> { _worker });

    public Task<TimeProvider> ClockAsync(TimeProvider machine, CancellationToken cancellationToken) => Task.FromResult(machine);

    // A file has one owner.
    public Task<IAsyncDisposable?> HoldAsync(string name, CancellationToken cancellationToken) => Task.FromResult<IAsyncDisposable?>(new Nothing());

    public OrgtapException? Explain(Exception failure) => failure is not SqliteException sqlite ? null : (sqlite.SqliteErrorCode switch
    {
        SQLitePCL.raw.SQLITE_FULL => new OrgtapException(FailureKind.InvalidInput, $"There is no room left to write the control database {_path}.", "Make room on the disk.", sqlite.Message, sqlite),
        SQLitePCL.raw.SQLITE_BUSY or SQLitePCL.raw.SQLITE_LOCKED => new OrgtapException(FailureKind.Transient, $"Another program keeps the control database {_path} locked.",
            "Orgtap tries again; if it goes on, close the program that writes to the file.", sqlite.Message, sqlite),
        _ => null,
    });

    public ValueTask DisposeAsync()
    {
        using (var connection = Connection()) SqliteConnection.ClearPool(connection);
        return ValueTask.CompletedTask;
    }

    private sealed class Nothing : IAsyncDisposable
    {
        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }

    private static void CreatePrivateDirectory(string path)
    {
        if (Directory.Exists(path)) return;
        if (OperatingSystem.IsWindows()) Directory.CreateDirectory(path);
        else Directory.CreateDirectory(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }
}

using System.Data.Common;
using Dapper;
using Microsoft.Data.Sqlite;
using Orgtap.Primitives;

namespace Orgtap.Storage;

/// <summary>
/// The control database: connections, grants, selections, runs, users, audit. A connection is taken per unit of work and given back by
/// disposing it. Writers are serialised here, so SQLite's <c>busy</c> never reaches a caller of this process.
/// </summary>
public sealed class ControlStore : IAsyncDisposable
{
    private readonly string _connectionString;
    private readonly SemaphoreSlim _writer = new(1, 1);

    private ControlStore(string connectionString) => _connectionString = connectionString;

    /// <summary>Opens (or creates) <c>control.db</c> in the data directory and brings its tables up to date.</summary>
    /// <exception cref="OrgtapException">The file cannot be opened, is no control store, or was written by a newer Orgtap.</exception>
    public static async Task<ControlStore> OpenAsync(string dataDirectory, TimeProvider time, CancellationToken cancellationToken)
    {
        SqliteLibrary.EnsureLoaded();
        var path = Path.Combine(dataDirectory, "control.db");
        try
        {
            CreatePrivateDirectory(dataDirectory);
            var store = new ControlStore(new SqliteConnectionStringBuilder { DataSource = path, ForeignKeys = true, Pooling = true, DefaultTimeout = 30 }.ToString());
            await using var db = await store.ConnectAsync(cancellationToken);
            await db.ExecuteAsync("PRAGMA journal_mode=WAL");
            if (!OperatingSystem.IsWindows()) File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
            await Migrations.ApplyAsync(db, time, cancellationToken);
            return store;
        }
        catch (Exception failure) when (failure is SqliteException or IOException or UnauthorizedAccessException)
        {
            throw new InvalidInputException($"The control database {path} cannot be used: {failure.Message}",
                "Check that the data directory exists, belongs to the user who runs Orgtap and has room left, or name another with --data.", failure);
        }
    }

    /// <summary>An open connection for reading, or for a write that is one statement.</summary>
    public async Task<DbConnection> ConnectAsync(CancellationToken cancellationToken)
    {
        var connection = new SqliteConnection(_connectionString);
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

    /// <summary>Runs <paramref name="work"/> in one transaction that commits when it returns and rolls back when it throws. Not re-entrant.</summary>
    public async Task<T> WriteAsync<T>(Func<DbTransaction, Task<T>> work, CancellationToken cancellationToken)
    {
        await _writer.WaitAsync(cancellationToken);
        try
        {
            await using var db = await ConnectAsync(cancellationToken);
            await using var transaction = await db.BeginTransactionAsync(cancellationToken);
            var result = await work(transaction);
            // A commit under way ends whatever the caller decided meanwhile.
            await transaction.CommitAsync(CancellationToken.None);
            return result;
        }
        finally
        {
            _writer.Release();
        }
    }

    /// <inheritdoc cref="WriteAsync{T}"/>
    public Task WriteAsync(Func<DbTransaction, Task> work, CancellationToken cancellationToken) =>
        WriteAsync(async transaction =>
        {
            await work(transaction);
            return true;
        }, cancellationToken);

    public ValueTask DisposeAsync()
    {
        using (var connection = new SqliteConnection(_connectionString)) SqliteConnection.ClearPool(connection);
        _writer.Dispose();
        return ValueTask.CompletedTask;
    }

    private static void CreatePrivateDirectory(string path)
    {
        if (Directory.Exists(path)) return;
        if (OperatingSystem.IsWindows()) Directory.CreateDirectory(path);
        else Directory.CreateDirectory(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }
}

using System.Data.Common;
using Dapper;
using Orgtap.Primitives;

namespace Orgtap.Storage;

/// <summary>
/// The control database: connections, grants, selections, runs, users, audit; SQLite, or PostgreSQL, with the same tables and the same SQL. A connection is
/// taken per unit of work and given back by disposing it. Writers wait for each other, those of other processes too.
/// </summary>
public sealed class ControlStore : IAsyncDisposable
{
    private readonly IControlDatabase _database;
    private readonly SemaphoreSlim _writer = new(1, 1);

    static ControlStore() => SqlMapper.ConnectionStringComparer = new SameDriver();

    private ControlStore(IControlDatabase database) => _database = database;

    /// <summary>Which database and where, for people.</summary>
    public string Description => _database.Description;

    /// <summary>Whether several processes may work on it at the same time; a file has one owner.</summary>
    public bool IsShared => _database.IsShared;

    /// <summary>Scripts that opening it applied, in order; none when it was up to date.</summary>
    public IReadOnlyList<string> Applied { get; private set; } = [];

    /// <summary>Opens (or creates) <c>control.db</c> in the data directory and brings its tables up to date.</summary>
    /// <exception cref="OrgtapException">The file cannot be opened, is no control store, or was written by a newer Orgtap.</exception>
    public static Task<ControlStore> OpenAsync(string dataDirectory, TimeProvider time, CancellationToken cancellationToken) =>
        OpenAsync(new SqliteControlDatabase(dataDirectory), time, cancellationToken);

    /// <summary>Opens the control store in a PostgreSQL database, in the first schema of its search path (<c>orgtap</c> if it names none), and brings its tables up to date.</summary>
    /// <exception cref="OrgtapException">It cannot be reached or used, or was written by a newer Orgtap.</exception>
    public static Task<ControlStore> OpenAsync(PostgresAddress address, TimeProvider time, CancellationToken cancellationToken) =>
        OpenAsync(new PostgresControlDatabase(address), time, cancellationToken);

    /// <summary>An open connection for reading, or for a write that is one statement.</summary>
    public Task<DbConnection> ConnectAsync(CancellationToken cancellationToken) => _database.ConnectAsync(cancellationToken);

    /// <summary>
    /// Runs <paramref name="work"/> in one transaction that commits when it returns and rolls back when it throws. No other writer runs beside it, so what it
    /// reads stays true until it commits; it waits for nothing but the database. Not re-entrant.
    /// </summary>
    public async Task<T> WriteAsync<T>(Func<DbTransaction, Task<T>> work, CancellationToken cancellationToken)
    {
        await _writer.WaitAsync(cancellationToken);
        try
        {
            var transaction = await _database.BeginAsync(cancellationToken);
            await using var db = transaction.Connection!;
            await using (transaction)
            {
                var result = await work(transaction);
                // A commit under way ends whatever the caller decided meanwhile.
                await _database.CommitAsync(transaction);
                return result;
            }
        }
        catch (Exception failure) when (_database.Explain(failure) is { } explained)
        {
            throw explained;
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

    /// <summary>The clock that everybody goes by who works on it: the database's where several processes share it (<see cref="DatabaseClock"/>), else this machine's.</summary>
    public Task<TimeProvider> ClockAsync(TimeProvider machine, CancellationToken cancellationToken) => _database.ClockAsync(machine, cancellationToken);

    /// <summary>Makes this process the owner of a shared database, until the store is closed or the process dies.</summary>
    /// <param name="who">What others are told of the owner.</param>
    /// <returns>Null: done. Else who owns it.</returns>
    public Task<string?> OwnAsync(string who, CancellationToken cancellationToken) => _database.OwnAsync(who, cancellationToken);

    /// <summary>The number under which other processes see that this one lives: until the store is closed, the process dies or its machine is cut off.</summary>
    public Task<long> WorkerAsync(CancellationToken cancellationToken) => _database.WorkerAsync(cancellationToken);

    /// <summary>The numbers of the processes that live. A file has one owner: everybody before it is dead.</summary>
    public Task<IReadOnlySet<long>> AliveAsync(CancellationToken cancellationToken) => _database.AliveAsync(cancellationToken);

    /// <summary>Keeps other processes from what bears this name, until what is returned is disposed or the process dies.</summary>
    /// <returns>Null: another process has it.</returns>
    public Task<IAsyncDisposable?> HoldAsync(string name, CancellationToken cancellationToken) => _database.HoldAsync(name, cancellationToken);

    public async ValueTask DisposeAsync()
    {
        await _database.DisposeAsync();
        _writer.Dispose();
    }

    internal static async Task<ControlStore> OpenAsync(IControlDatabase database, TimeProvider time, CancellationToken cancellationToken)
    {
        var store = new ControlStore(database);
        try
        {
            await database.PrepareAsync(cancellationToken);
            store.Applied = await Migrations.ApplyAsync(store, time, cancellationToken);
            return store;
        }
        catch
        {
            await store.DisposeAsync();
            throw;
        }
    }
}

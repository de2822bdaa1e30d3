using System.Data.Common;

namespace Orgtap.Storage;

/// <summary>What SQLite and PostgreSQL do differently under the control store. Everything else is the same SQL on both.</summary>
internal interface IControlDatabase : IAsyncDisposable
{
    /// <summary>For people: product, version and place; without a secret.</summary>
    string Description { get; }

    /// <summary>Whether several processes can work on it at the same time.</summary>
    bool IsShared { get; }

    /// <summary>Makes what the tables lie in, if it is missing, and looks whether it can be used.</summary>
    /// <exception cref="Primitives.OrgtapException">It cannot be.</exception>
    Task PrepareAsync(CancellationToken cancellationToken);

    /// <summary>An open connection. Disposing it gives it back.</summary>
    Task<DbConnection> ConnectAsync(CancellationToken cancellationToken);

    /// <summary>Begins a transaction that no other writer of this database, of whatever process, runs beside.</summary>
    Task<DbTransaction> BeginAsync(CancellationToken cancellationToken);

    /// <summary>Ends a transaction of <see cref="BeginAsync"/>. If it fails, nothing was written, and disposing the transaction is safe.</summary>
    Task CommitAsync(DbTransaction transaction);

    /// <summary>The clock of everybody who works on it.</summary>
    /// <param name="machine">This machine's.</param>
    Task<TimeProvider> ClockAsync(TimeProvider machine, CancellationToken cancellationToken);

    /// <summary>Makes this process the owner of the database until it is disposed or its connection breaks.</summary>
    /// <param name="who">What others are told of the owner.</param>
    /// <returns>Null: it is now, or the database is a file whose directory has an owner of its own. Else the words of the present owner.</returns>
    Task<string?> OwnAsync(string who, CancellationToken cancellationToken);

    /// <summary>The number under which the others see that this process lives. The same for as long as this is not disposed.</summary>
    Task<long> WorkerAsync(CancellationToken cancellationToken);

    /// <summary>The numbers of all processes that live, this one among them.</summary>
    Task<IReadOnlySet<long>> AliveAsync(CancellationToken cancellationToken);

    /// <summary>Keeps other processes from what bears this name, until what is returned is disposed or the process dies.</summary>
    /// <returns>Null: another process has it. Within a process nobody is kept out where the database is a file.</returns>
    Task<IAsyncDisposable?> HoldAsync(string name, CancellationToken cancellationToken);

    /// <summary>Puts a failure of the database into words; null: it is none of the database's.</summary>
    Primitives.OrgtapException? Explain(Exception failure);
}

using System.Data.Common;
using System.Security.Cryptography;
using Dapper;
using Npgsql;
using Orgtap.Primitives;

namespace Orgtap.Storage;

/// <summary>The control store in a schema of a PostgreSQL database (<c>orgtap</c> unless the address has a search path).</summary>
internal sealed class PostgresControlDatabase : IControlDatabase
{
    public const string DefaultSchema = "orgtap";

    private const int OldestMajor = 13;

    // Writers of all processes queue up here, as they do before SQLite's one write lock: what a transaction reads stays true until it commits.
    private const string TakeWriteLock = "SELECT pg_advisory_xact_lock(1330794324, hashtext(current_schema()))";

    private const string TryOwn = "SELECT pg_try_advisory_lock(1330794325, hashtext(current_schema()))";

    private const string FindOwner = """
        SELECT a.application_name FROM pg_locks l JOIN pg_stat_activity a ON a.pid = l.pid
        WHERE l.locktype = 'advisory' AND l.granted AND l.classid = 1330794325 AND l.objid::bigint = (hashtext(current_schema())::bigint & 4294967295)
          AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
        """;

    // A lock for each process, for as long as its connection stands; its number is in no other's way.
    private const string Enlist = "SELECT pg_try_advisory_lock(1330794326, @worker)";

    private const string FindAlive = """
        SELECT objid::bigint FROM pg_locks WHERE locktype = 'advisory' AND granted AND classid = 1330794326 AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
        """;

    private const string Hold = "SELECT pg_try_advisory_lock(1330794327, hashtext(current_schema() || ' ' || @name))";

    private readonly int _worker = RandomNumberGenerator.GetInt32(1, int.MaxValue);
    private readonly SemaphoreSlim _enlisting = new(1, 1);
    private readonly PostgresAddress _address;
    private readonly NpgsqlDataSource _source;
    private NpgsqlConnection? _owning;
    private NpgsqlConnection? _enlisted;

    public PostgresControlDatabase(PostgresAddress address)
    {
        _address = InSchema(address).With(parts =>
        {
            // A process that freezes in the middle of a write must not hold up the others for longer than a minute.
            if (string.IsNullOrWhiteSpace(parts.Options)) parts.Options = "-c lock_timeout=60s -c idle_in_transaction_session_timeout=30s";
            // Nothing is ever set in these sessions: no statement is worth being sent to undo it, behind each of ours.
            parts.NoResetOnClose = true;
        });
        _source = NpgsqlDataSource.Create(_address.ConnectionString);
    }

    /// <summary>The address with the schema in which the control store lies.</summary>
    public static PostgresAddress InSchema(PostgresAddress address) => address.With(parts =>
    {
        if (string.IsNullOrWhiteSpace(parts.SearchPath)) parts.SearchPath = DefaultSchema;
    });

    public bool IsShared => true;

    public string Description { get; private set; } = "PostgreSQL";

    private string Where => $"The control database {_address}";

    public async Task PrepareAsync(CancellationToken cancellationToken)
    {
        try
        {
            await using var db = await _source.OpenConnectionAsync(cancellationToken);
            Description = $"PostgreSQL {db.PostgreSqlVersion}, {_address}, schema {_address.Schema}";
            if (db.PostgreSqlVersion.Major < OldestMajor)
                throw new InvalidInputException($"{Where} is PostgreSQL {db.PostgreSqlVersion}.", $"Use version {OldestMajor} or later.");
            // Looked for first: a role that was given a schema need not be allowed to make one.
            if (await db.ExecuteScalarAsync<long>("SELECT COUNT(*) FROM pg_namespace WHERE nspname = @Schema", new { _address.Schema }) > 0) return;
            await using var transaction = await db.BeginTransactionAsync(cancellationToken);
            await db.ExecuteAsync("SELECT pg_advisory_xact_lock(1330794324, 0)", transaction: transaction);
            await db.ExecuteAsync($"CREATE SCHEMA IF NOT EXISTS \"{_address.Schema!.Replace("\"", "\"\"", StringComparison.Ordinal)}\"", transaction: transaction);
            await transaction.CommitAsync(CancellationToken.None);
        }
        catch (Exception failure) when (Explain(failure) is { } explained)
        {
            throw explained;
        }
    }

    public async Task<DbConnection> ConnectAsync(CancellationToken cancellationToken)
    {
        try
        {
            return await _source.OpenConnectionAsync(cancellationToken);
        }
        catch (Exception failure) when (Explain(failure) is { } explained)
        {
            throw explained;
        }
    }

    public Task CommitAsync(DbTransaction transaction) => transaction.CommitAsync(CancellationToken.None);

    public async Task<DbTransaction> BeginAsync(CancellationToken cancellationToken)
    {
        for (var again = false; ; again = true)
        {
            var connection = await ConnectAsync(cancellationToken);
            try
            {
                var transaction = await connection.BeginTransactionAsync(cancellationToken);
                await connection.ExecuteAsync(new CommandDefinition(TakeWriteLock, transaction: transaction, cancellationToken: cancellationToken));
                return transaction;
            }
            catch (Exception failure)
            {
                await connection.DisposeAsync();
                // After a restart of the server the pool is full of dead connections, and nothing was asked of this one yet.
                if (again || !PostgresFailure.IsStaleConnection(failure)) throw;
                _source.Clear();
            }
        }
    }

    public async Task<TimeProvider> ClockAsync(TimeProvider machine, CancellationToken cancellationToken) => await DatabaseClock.StartAsync(NowAsync, machine, cancellationToken);

    private async Task<DateTimeOffset> NowAsync(CancellationToken cancellationToken)
    {
        await using var db = await ConnectAsync(cancellationToken);
        try
        {
            // Not now(), which is when the transaction began.
            return DateTimeOffset.UnixEpoch.AddMicroseconds(await db.ExecuteScalarAsync<long>(new CommandDefinition("SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint", cancellationToken: cancellationToken)));
        }
        catch (Exception failure) when (Explain(failure) is { } explained)
        {
            throw explained;
        }
    }

    public async Task<string?> OwnAsync(string who, CancellationToken cancellationToken)
    {
        NpgsqlConnection? connection = null;
        try
        {
            connection = await OpenAsync(who, cancellationToken);
            if (!await connection.ExecuteScalarAsync<bool>(TryOwn))
            {
                var owner = await connection.QueryFirstOrDefaultAsync<string>(FindOwner);
                await connection.DisposeAsync();
                return owner ?? "another process";
            }
            _owning = connection;
            return null;
        }
        catch (Exception failure)
        {
            if (connection is not null) await connection.DisposeAsync();
            if (Explain(failure) is { } explained) throw explained;
            throw;
        }
    }

    /// <summary>A connection of its own, kept open: the server lets go of its locks when the process dies.</summary>
    private async Task<NpgsqlConnection> OpenAsync(string who, CancellationToken cancellationToken)
    {
        var connection = new NpgsqlConnection(_address.With(parts => (parts.Pooling, parts.KeepAlive, parts.ApplicationName) = (false, 30, who)).ConnectionString);
        try
        {
            await connection.OpenAsync(cancellationToken);
            return connection;
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }
    }

    private static async Task<bool> IsUsableAsync(NpgsqlConnection connection)
    {
        try
        {
            return await connection.ExecuteScalarAsync<int>("SELECT 1") == 1;
        }
        catch (Exception broken) when (broken is NpgsqlException or InvalidOperationException or IOException)
        {
            return false;
        }
    }

    public async Task<long> WorkerAsync(CancellationToken cancellationToken)
    {
        await _enlisting.WaitAsync(cancellationToken);
        try
        {
            // After a restart of the server the connection is gone, and the lock with it.
            if (_enlisted is not null && await IsUsableAsync(_enlisted)) return _worker;
            if (_enlisted is not null) await _enlisted.DisposeAsync();
            _enlisted = await OpenAsync("orgtap worker", cancellationToken);
            if (!await _enlisted.ExecuteScalarAsync<bool>(Enlist, new { worker = _worker })) throw new InvalidOperationException($"Somebody else holds the number {_worker}.");
            return _worker;
        }
        catch (Exception failure) when (Explain(failure) is { } explained)
        {
            throw explained;
        }
        finally
        {
            _enlisting.Release();
        }
    }

    public async Task<IReadOnlySet<long>> AliveAsync(CancellationToken cancellationToken)
    {
        await WorkerAsync(cancellationToken);
        await using var db = await ConnectAsync(cancellationToken);
        return (await db.QueryAsync<long>(FindAlive)).ToHashSet();
    }

    public async Task<IAsyncDisposable?> HoldAsync(string name, CancellationToken cancellationToken)
    {
        NpgsqlConnection? connection = null;
        try
        {
            connection = await OpenAsync("orgtap", cancellationToken);
            if (await connection.ExecuteScalarAsync<bool>(Hold, new { name })) return connection;
            await connection.DisposeAsync();
            return null;
        }
        catch (Exception failure)
        {
            if (connection is not null) await connection.DisposeAsync();
            if (Explain(failure) is { } explained) throw explained;
            throw;
        }
    }

    public OrgtapException? Explain(Exception failure) => PostgresFailure.Of(failure, Where);

    public async ValueTask DisposeAsync()
    {
        if (_owning is not null) await _owning.DisposeAsync();
        if (_enlisted is not null) await _enlisted.DisposeAsync();
        _enlisting.Dispose();
        await _source.DisposeAsync();
    }
}

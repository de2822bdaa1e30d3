using Orgtap.Storage;
using SQLitePCL;

namespace Orgtap.Replicas.Sqlite;

/// <summary>One connection to a SQLite file. Blocks its caller; used by one thread at a time.</summary>
internal sealed class SqliteFile : IDisposable
{
    private const int BusyMilliseconds = 10_000;

    private SqliteFile(sqlite3 handle, string path) => (Handle, Path) = (handle, path);

    public sqlite3 Handle { get; }

    public string Path { get; }

    /// <exception cref="Primitives.OrgtapException">It cannot be opened.</exception>
    public static SqliteFile Open(string path, bool readOnly)
    {
        SqliteLibrary.EnsureLoaded();
        var flags = raw.SQLITE_OPEN_NOMUTEX | (readOnly ? raw.SQLITE_OPEN_READONLY : raw.SQLITE_OPEN_READWRITE | raw.SQLITE_OPEN_CREATE);
        var rc = raw.sqlite3_open_v2(path, out var handle, flags, null);
        if (rc != raw.SQLITE_OK)
        {
            var text = handle is null ? raw.sqlite3_errstr(rc).utf8_to_string() : raw.sqlite3_errmsg(handle).utf8_to_string();
            handle?.Dispose();
            throw SqliteFailure.Of(rc, path, text);
        }
        raw.sqlite3_extended_result_codes(handle, 1);
        raw.sqlite3_busy_timeout(handle, BusyMilliseconds);
        return new SqliteFile(handle, path);
    }

    public void Execute(string sql)
    {
        var rc = raw.sqlite3_exec(Handle, sql);
        if (rc != raw.SQLITE_OK) throw Failure(rc);
    }

    public SqliteStatement Prepare(string sql)
    {
        var rc = raw.sqlite3_prepare_v2(Handle, sql, out var statement);
        if (rc != raw.SQLITE_OK) throw Failure(rc);
        return new SqliteStatement(this, statement);
    }

    /// <summary>Runs a statement to its end and gives the rows it changed.</summary>
    public int Run(string sql, params ReadOnlySpan<object?> arguments)
    {
        using var statement = Prepare(sql);
        statement.BindAll(arguments);
        while (statement.Step())
        {
        }
        return raw.sqlite3_changes(Handle);
    }

    /// <summary>The first column of the first row; 0 if there is none.</summary>
    public long ScalarLong(string sql, params ReadOnlySpan<object?> arguments)
    {
        using var statement = Prepare(sql);
        statement.BindAll(arguments);
        return statement.Step() ? statement.Long(0) : 0;
    }

    public void Rollback()
    {
        // Some failures (full disk, I/O) have rolled back already.
        if (raw.sqlite3_get_autocommit(Handle) == 0) _ = raw.sqlite3_exec(Handle, "ROLLBACK");
    }

    public Primitives.OrgtapException Failure(int resultCode) =>
        SqliteFailure.Of(resultCode, Path, raw.sqlite3_errmsg(Handle).utf8_to_string());

    public void Dispose() => Handle.Dispose();
}

/// <summary>A prepared statement off the hot path.</summary>
internal sealed class SqliteStatement(SqliteFile file, sqlite3_stmt handle) : IDisposable
{
    public sqlite3_stmt Handle => handle;

    public void BindAll(ReadOnlySpan<object?> arguments)
    {
        for (var i = 0; i < arguments.Length; i++)
        {
            var rc = arguments[i] switch
            {
                null => raw.sqlite3_bind_null(handle, i + 1),
                string text => raw.sqlite3_bind_text(handle, i + 1, text),
                long number => raw.sqlite3_bind_int64(handle, i + 1, number),
                int number => raw.sqlite3_bind_int64(handle, i + 1, number),
                _ => throw new ArgumentException("Only text and whole numbers are bound here.", nameof(arguments)),
            };
            if (rc != raw.SQLITE_OK) throw file.Failure(rc);
        }
    }

    /// <summary>True: a row is there to be read.</summary>
    public bool Step() => raw.sqlite3_step(handle) switch
    {
        raw.SQLITE_ROW => true,
        raw.SQLITE_DONE => false,
        var rc => throw file.Failure(rc),
    };

    public long Long(int column) => raw.sqlite3_column_int64(handle, column);

    public string? Text(int column) => StoredForm.Read(handle, column)?.ToString();

    public void Dispose() => handle.Dispose();
}

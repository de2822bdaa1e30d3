using System.Runtime.CompilerServices;
using Orgtap.Primitives;
using SQLitePCL;

namespace Orgtap.Replicas.Sqlite;

/// <summary>One SQL query against a replica's file, opened so that nothing can be written and no other file reached.</summary>
public sealed class ReplicaQuery : IReplicaQuery
{
    private const int RowsPerStretch = 256;

    /// <summary>Steps of SQLite's machine, well below a millisecond's worth, between two looks at the token.</summary>
    private const int StepsPerLook = 10_000;

    private readonly SqliteFile _file;
    private readonly SqliteStatement _statement;
    private readonly long _rowLimit;
    private readonly SemaphoreSlim _gate = new(1, 1);
    private bool _started;
    private bool _disposed;

    private ReplicaQuery(SqliteFile file, SqliteStatement statement, long rowLimit)
    {
        (_file, _statement, _rowLimit) = (file, statement, rowLimit);
        Columns = [.. Enumerable.Range(0, raw.sqlite3_column_count(statement.Handle)).Select(i => raw.sqlite3_column_name(statement.Handle, i).utf8_to_string())];
    }

    public IReadOnlyList<string> Columns { get; }

    /// <summary>After reading: there were more rows than the limit let through.</summary>
    public bool IsTruncated { get; private set; }

    /// <param name="sql">One statement that reads.</param>
    /// <param name="rowLimit">Rows after which reading ends; at least 1.</param>
    /// <exception cref="OrgtapException">The file is no replica, or the statement is no query or has an error (InvalidInput).</exception>
    public static Task<ReplicaQuery> OpenAsync(string path, string sql, long rowLimit, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(rowLimit);
        return Task.Run(() =>
        {
            var file = SqliteFile.Open(path, readOnly: true);
            try
            {
                ReplicaLayout.Recognise(file);
                file.Execute("PRAGMA query_only=on; PRAGMA temp_store=MEMORY;");
                raw.sqlite3_set_authorizer(file.Handle, Authorize, null);
                return new ReplicaQuery(file, Prepare(file, sql), rowLimit);
            }
            catch
            {
                file.Dispose();
                throw;
            }
        }, cancellationToken);
    }

    /// <summary>The rows, once; values are null, long, double, string or byte[]. Cancelling stops SQLite in the middle of its work.</summary>
    /// <exception cref="InvalidOperationException">The rows were read before.</exception>
    public async IAsyncEnumerable<object?[]> ReadAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        if (_started) throw new InvalidOperationException("A query is read once.");
        _started = true;
        for (long read = 0; ;)
        {
            var stretch = await ReadStretchAsync((int)Math.Min(RowsPerStretch, _rowLimit - read), cancellationToken);
            foreach (var row in stretch.Rows) yield return row;
            read += stretch.Rows.Count;
            if (stretch.Ended || IsTruncated) yield break;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _gate.WaitAsync();
        try
        {
            if (_disposed) return;
            _disposed = true;
            _statement.Dispose();
            _file.Dispose();
        }
        finally
        {
            _gate.Release();
        }
    }

    private async Task<(List<object?[]> Rows, bool Ended)> ReadStretchAsync(int most, CancellationToken cancellationToken)
    {
        await _gate.WaitAsync(cancellationToken);
        try
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            return await Task.Run(() => Step(most, cancellationToken), CancellationToken.None);
        }
        finally
        {
            _gate.Release();
        }
    }

    private (List<object?[]> Rows, bool Ended) Step(int most, CancellationToken cancellationToken)
    {
        var rows = new List<object?[]>();
        // Not sqlite3_interrupt: SQLite forgets one that comes just before a step.
        raw.sqlite3_progress_handler(_file.Handle, StepsPerLook, _ => cancellationToken.IsCancellationRequested ? 1 : 0, null);
        try
        {
            while (true)
            {
                cancellationToken.ThrowIfCancellationRequested();
                if (!_statement.Step()) return (rows, true);
                if (rows.Count == most)
                {
                    IsTruncated = true;
                    return (rows, false);
                }
                rows.Add(ReadRow());
                if (most == RowsPerStretch && rows.Count == most) return (rows, false);
            }
        }
        catch (OrgtapException) when (cancellationToken.IsCancellationRequested)
        {
            throw new OperationCanceledException(cancellationToken);
        }
    }

    private object?[] ReadRow()
    {
        var row = new object?[Columns.Count];
        for (var i = 0; i < row.Length; i++) row[i] = StoredForm.Read(_statement.Handle, i);
        return row;
    }

    private static SqliteStatement Prepare(SqliteFile file, string sql)
    {
        var rc = raw.sqlite3_prepare_v2(file.Handle, sql, out var handle, out var rest);
        if (rc == raw.SQLITE_AUTH) throw NotAQuery();
        if (rc != raw.SQLITE_OK)
        {
            var text = raw.sqlite3_errmsg(file.Handle).utf8_to_string();
            if (text.StartsWith("not authorized", StringComparison.Ordinal)) throw NotAQuery();
            throw (rc & 0xff) == raw.SQLITE_ERROR
                ? new InvalidInputException($"The query has an error: {text}.", "Correct the SQL. The tables and columns are those of Salesforce, by API name.")
                : file.Failure(rc);
        }
        var statement = new SqliteStatement(file, handle);
        try
        {
            if (raw.sqlite3_column_count(handle) == 0 || raw.sqlite3_stmt_readonly(handle) == 0) throw NotAQuery();
            // What follows the first statement may be blanks and comments only: SQLite makes no statement of those.
            if (raw.sqlite3_prepare_v2(file.Handle, rest ?? "", out var second) != raw.SQLITE_OK || !second.IsInvalid)
            {
                second?.Dispose();
                throw new InvalidInputException("This is more than one statement.", "Give one query at a time.");
            }
            return statement;
        }
        catch
        {
            statement.Dispose();
            throw;
        }
    }

    private static InvalidInputException NotAQuery() =>
        new("This is not a query; a replica can only be read.", "Use SELECT, WITH, VALUES or EXPLAIN. Column lists: SELECT * FROM pragma_table_info('Account').");

    /// <summary>Refuses what would count as reading and yet names a file or changes a setting; writing is refused when the statement is known.</summary>
    private static int Authorize(object user, int action, string first, string second, string database, string inner) => action switch
    {
        raw.SQLITE_ATTACH or raw.SQLITE_DETACH => raw.SQLITE_DENY,
        raw.SQLITE_FUNCTION when second is "load_extension" or "fts3_tokenizer" => raw.SQLITE_DENY,
        raw.SQLITE_PRAGMA when !IsHarmless(first) => raw.SQLITE_DENY,
        _ => raw.SQLITE_OK,
    };

    private static bool IsHarmless(string? pragma) => pragma?.ToLowerInvariant() is "table_info" or "table_xinfo" or "table_list" or "index_list" or "index_info";
}

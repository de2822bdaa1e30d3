using System.Globalization;
using System.Runtime.CompilerServices;
using Npgsql;
using Orgtap.Primitives;
using Orgtap.Storage;

namespace Orgtap.Replicas.Postgres;

/// <summary>One SQL query in a replica's schema: a cursor in a transaction that can only read, so one statement, and a SELECT.</summary>
public sealed class PostgresQuery : IReplicaQuery
{
    private const int RowsPerStretch = 256;

    // The role may read whatever it owns; a control store beside the replica holds the keys of everything.
    private const string FindControlStore = "SELECT count(*) FROM pg_class WHERE relname = 'key_ring' AND relkind = 'r' AND has_table_privilege(oid, 'SELECT')";

    private readonly PostgresSource _source;
    private readonly NpgsqlConnection _db;
    private readonly long _rowLimit;
    private IReadOnlyList<string> _types = [];
    private bool _started;

    private PostgresQuery(PostgresSource source, NpgsqlConnection db, long rowLimit) => (_source, _db, _rowLimit) = (source, db, rowLimit);

    public IReadOnlyList<string> Columns { get; private set; } = [];

    public bool IsTruncated { get; private set; }

    /// <param name="sql">One statement that reads; its tables are looked for in the replica's schema.</param>
    /// <param name="rowLimit">Rows after which reading ends; at least 1.</param>
    /// <param name="trusted">Whoever asks could read the control store anyway; others are refused where it lies in the same database.</param>
    /// <exception cref="OrgtapException">There is no replica, or the statement is no query or has an error (InvalidInput).</exception>
    public static async Task<PostgresQuery> OpenAsync(PostgresSource source, string sql, long rowLimit, bool trusted, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(rowLimit);
        var db = await source.ConnectAsync(cancellationToken);
        try
        {
            if (await PostgresLayout.VersionAsync(db, source.Schema) is null)
                throw new InvalidInputException($"The schema {source.Schema} holds no replica yet.", "Sync the connection first.");
            await RunAsync(db, "BEGIN READ ONLY", cancellationToken);
            if (!trusted && await CountAsync(db, FindControlStore, cancellationToken) > 0)
                throw new InvalidInputException("This replica shares its database with Orgtap's own tables, so it can be queried at Orgtap's machine only.",
                    "Use `orgtap query` there or psql with a role that may read the schema, or keep the replica in a database of its own.");
            var query = new PostgresQuery(source, db, rowLimit);
            await query.DeclareAsync(sql, cancellationToken);
            return query;
        }
        catch (Exception failure)
        {
            await db.DisposeAsync();
            if (Explain(failure, source) is { } explained) throw explained;
            throw;
        }
    }

    public async IAsyncEnumerable<object?[]> ReadAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        if (_started) throw new InvalidOperationException("A query is read once.");
        _started = true;
        for (long read = 0; ;)
        {
            // One more than may be given tells whether there are more.
            var wanted = Math.Min(RowsPerStretch - 1, _rowLimit - read) + 1;
            var rows = await FetchAsync(wanted, cancellationToken);
            foreach (var row in rows)
            {
                if (read++ == _rowLimit)
                {
                    IsTruncated = true;
                    yield break;
                }
                yield return row;
            }
            if (rows.Count < wanted) yield break;
        }
    }

    // Closing the session ends its transaction and its cursor.
    public ValueTask DisposeAsync() => _db.DisposeAsync();

    private async Task DeclareAsync(string sql, CancellationToken cancellationToken)
    {
        // Sent as it is: a batch's commands are not searched for semicolons, and the server takes one statement only.
        await using var batch = new NpgsqlBatch(_db) { BatchCommands = { new NpgsqlBatchCommand($"DECLARE answer NO SCROLL CURSOR FOR {sql.Trim().TrimEnd(';')}") } };
        await batch.ExecuteNonQueryAsync(cancellationToken);
        await using var head = new NpgsqlCommand("FETCH 0 FROM answer", _db) { AllResultTypesAreUnknown = true };
        await using var reader = await head.ExecuteReaderAsync(cancellationToken);
        Columns = [.. Enumerable.Range(0, reader.FieldCount).Select(reader.GetName)];
        _types = [.. Enumerable.Range(0, reader.FieldCount).Select(reader.GetDataTypeName)];
    }

    private async Task<List<object?[]>> FetchAsync(long count, CancellationToken cancellationToken)
    {
        try
        {
            await using var fetch = new NpgsqlCommand(string.Create(CultureInfo.InvariantCulture, $"FETCH {count} FROM answer"), _db) { AllResultTypesAreUnknown = true };
            await using var reader = await fetch.ExecuteReaderAsync(cancellationToken);
            var rows = new List<object?[]>();
            while (await reader.ReadAsync(cancellationToken))
            {
                var row = new object?[Columns.Count];
                for (var i = 0; i < row.Length; i++) row[i] = reader.IsDBNull(i) ? null : ValueOf(reader.GetString(i), _types[i]);
                rows.Add(row);
            }
            return rows;
        }
        catch (Exception failure) when (failure is not OperationCanceledException && Explain(failure, _source) is { } explained)
        {
            throw explained;
        }
    }

    /// <summary>From PostgreSQL's text to the same forms that an SQLite replica gives: whole and short numbers as such, all else as canonical text.</summary>
    internal static object ValueOf(string text, string type) => type switch
    {
        "smallint" or "integer" or "bigint" => long.Parse(text, CultureInfo.InvariantCulture),
        "real" or "double precision" => double.Parse(text, CultureInfo.InvariantCulture),
        "boolean" => text == "t",
        // A double shows up to 15 digits again exactly.
        "numeric" when text.Count(char.IsAsciiDigit) <= 15 && double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) => number,
        "timestamp with time zone" => Canonical(text.Replace(' ', 'T').Replace("+00", "Z", StringComparison.Ordinal)),
        _ when type.StartsWith("time ", StringComparison.Ordinal) => Canonical(text),
        _ => text,
    };

    /// <summary>Three digits of a second at least.</summary>
    private static string Canonical(string time)
    {
        var (body, zone) = time.EndsWith('Z') ? (time[..^1], "Z") : (time, "");
        var point = body.IndexOf('.', StringComparison.Ordinal);
        return point < 0 ? $"{body}.000{zone}" : body + new string('0', Math.Max(0, 4 - (body.Length - point))) + zone;
    }

    private static OrgtapException? Explain(Exception failure, PostgresSource source) => failure switch
    {
        OrgtapException => null,
        // 42: syntax, unknown names, wrong types; 22: a value that a function cannot take; 34: more than one statement leaves no cursor; 0A: not in a cursor; 25006: a write.
        PostgresException { SqlState: "42501" } => new InvalidInputException("This is not a query that Orgtap's role may run.", "Use SELECT on the tables of the replica's schema."),
        PostgresException { SqlState: "25006" or "0A000" } => NotAQuery(),
        PostgresException { SqlState: ['4', '2', ..] or ['2', '2', ..] or ['3', '4', ..] or ['2', '6', ..] } wrong => new InvalidInputException($"The query has an error: {wrong.MessageText}.",
            "Correct the SQL: one SELECT. Tables and columns are those of Salesforce, by API name in lower case; quote reserved words: \"order\", \"case\", \"user\", \"group\"."),
        PostgresException { SqlState: "57014" } => new OrgtapException(FailureKind.Transient, "The query was stopped.", "Run it again, or ask for less."),
        _ => PostgresFailure.Of(failure, source.Where),
    };

    private static InvalidInputException NotAQuery() => new("This is not a query; a replica can only be read.", "Use SELECT, WITH or VALUES.");

    private static async Task RunAsync(NpgsqlConnection db, string sql, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(sql, db);
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    private static async Task<long> CountAsync(NpgsqlConnection db, string sql, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(sql, db);
        return (long)(await command.ExecuteScalarAsync(cancellationToken))!;
    }
}

using System.Globalization;
using Orgtap.Records;
using static Orgtap.Replicas.Postgres.PostgresNames;
using static Orgtap.Replicas.SqlName;

namespace Orgtap.Replicas.Postgres;

/// <summary>The statements that bring the rows of one kind of load into one table.</summary>
internal sealed record MergeSql
{
    /// <summary>Temporary, so it is written to no log and seen by no other session, and is empty after each transaction.</summary>
    public const string Stage = "_orgtap_stage";

    private MergeSql(IReadOnlyList<StoredColumn> columns, string merge)
    {
        var names = string.Join(", ", columns.Select(column => Quote(column.Name)));
        StageCopy = $"COPY {Stage} (n, turn, {names}) FROM STDIN (FORMAT binary)";
        CreateStage = $"CREATE TEMP TABLE {Stage} (n int NOT NULL, turn int NOT NULL, {string.Join(", ", columns.Select(column => $"{Quote(column.Name)} {PostgresTypes.Declaration(column.Column.Type)}"))}) ON COMMIT DELETE ROWS";
        Merge = merge;
    }

    /// <summary>Straight into the table; null where rows do not go in whole.</summary>
    public string? FillCopy { get; private init; }

    public string CreateStage { get; }

    public string StageCopy { get; }

    /// <summary>
    /// Brings in the staged rows of one turn and counts them, in one statement. Each Id is looked up once; a row in which nothing differs is left alone, so it leaves no dead one.
    /// </summary>
    public string Merge { get; }

    /// <param name="columns">In the order of the rows; the first is Id.</param>
    /// <param name="schema">Of the whole table.</param>
    public static MergeSql Of(LoadMode mode, string table, long tableId, IReadOnlyList<StoredColumn> columns, ObjectSchema schema)
    {
        var (target, number) = (Quote(table), tableId.ToString(CultureInfo.InvariantCulture));
        return mode switch
        {
            LoadMode.Columns or LoadMode.Refresh => new MergeSql(columns, Part(target, number, columns)),
            LoadMode.Reconcile => new MergeSql(columns, Seen(target, number, columns)),
            LoadMode.Deletes => new MergeSql(columns, Deleted(target, columns, schema.IsDeletedIndex >= 0)),
            _ => new MergeSql(columns, Whole(target, columns)) { FillCopy = $"COPY {target} ({string.Join(", ", columns.Select(column => Quote(column.Name)))}) FROM STDIN (FORMAT binary)" },
        };
    }

    /// <summary>Where the mark for deleted rows is among the columns, or -1 where there is none that can be read as one.</summary>
    public static int DeletedColumn(IReadOnlyList<StoredColumn> columns)
    {
        for (var i = 0; i < columns.Count; i++)
            if (columns[i] is { Column: { Type: ColumnType.Boolean } column } && column.Name.Equals("IsDeleted", StringComparison.OrdinalIgnoreCase)) return i;
        return -1;
    }

    private static string Whole(string target, IReadOnlyList<StoredColumn> columns)
    {
        var names = Names(columns);
        var deleted = DeletedColumn(columns) is >= 0 and var index ? names[index] : null;
        return $"""
            WITH {Met(target, names, deleted)},
            changed AS ({Change(target, names, deleted)}),
            added AS (
              INSERT INTO {target} ({string.Join(", ", names)}) SELECT {Of("s", names)} FROM {Stage} s WHERE s.turn = @turn AND NOT EXISTS (SELECT 1 FROM met m WHERE m.n = s.n)
              RETURNING {deleted ?? "false"} AS now)
            SELECT (SELECT count(*) FROM met) AS Met, (SELECT count(*) FROM met WHERE differs) AS Differing, (SELECT count(*) FROM changed) AS Changed,
              (SELECT count(*) FROM changed WHERE now AND was IS NOT TRUE) AS TurnedDeleted, (SELECT count(*) FROM changed WHERE was AND now IS NOT TRUE) AS TurnedLive,
              (SELECT count(*) FROM added) AS Added, (SELECT count(*) FROM added WHERE now) AS AddedDeleted, 0::bigint AS Absent
            """;
    }

    /// <summary>Some columns of rows that are there; the Ids of the others are noted.</summary>
    private static string Part(string target, string tableId, IReadOnlyList<StoredColumn> columns)
    {
        var names = Names(columns);
        return $"""
            WITH {Met(target, names, null)},
            changed AS ({Change(target, names, null)}),
            absent AS MATERIALIZED (SELECT s.{names[0]} AS id FROM {Stage} s WHERE s.turn = @turn AND NOT EXISTS (SELECT 1 FROM met m WHERE m.n = s.n)),
            noted AS (INSERT INTO _orgtap_missing (table_id, id) SELECT {tableId}, id FROM absent ON CONFLICT DO NOTHING)
            SELECT (SELECT count(*) FROM met) AS Met, (SELECT count(*) FROM met WHERE differs) AS Differing, (SELECT count(*) FROM changed) AS Changed,
              0::bigint AS TurnedDeleted, 0::bigint AS TurnedLive, 0::bigint AS Added, 0::bigint AS AddedDeleted, (SELECT count(*) FROM absent) AS Absent
            """;
    }

    /// <summary>Notes the Ids as seen; a row whose deletion mark or stamp differs is noted as missing: it came back without a new stamp, e.g. because sharing shows it again, or its last change was missed.</summary>
    private static string Seen(string target, string tableId, IReadOnlyList<StoredColumn> columns)
    {
        var names = Names(columns);
        var other = names.Count < 2 ? "" : $"""
            , other AS (INSERT INTO _orgtap_missing (table_id, id) SELECT {tableId}, s.{names[0]} FROM {Stage} s JOIN {target} t ON t.{names[0]} = s.{names[0]}
              WHERE s.turn = @turn AND ({Of("t", names, 1)}) IS DISTINCT FROM ({Of("s", names, 1)}) ON CONFLICT DO NOTHING)
            """;
        return $"""
            WITH noted AS (INSERT INTO _orgtap_seen (table_id, id) SELECT {tableId}, s.{names[0]} FROM {Stage} s WHERE s.turn = @turn ON CONFLICT DO NOTHING){other}
            SELECT count(*) AS Met, 0::bigint AS Differing, 0::bigint AS Changed, 0::bigint AS TurnedDeleted, 0::bigint AS TurnedLive, 0::bigint AS Added, 0::bigint AS AddedDeleted, 0::bigint AS Absent
            FROM {Stage} WHERE turn = @turn
            """;
    }

    /// <summary>Marks the rows, or removes them where there is no mark. Undeleting a record sets a new stamp, so a row with a newer one than the deletion is alive.</summary>
    private static string Deleted(string target, IReadOnlyList<StoredColumn> columns, bool marks)
    {
        var (names, mark) = (Names(columns), Quote(PostgresNames.Of("IsDeleted")));
        var alive = names.Count > 1 ? $" AND (t.{names[1]} IS NULL OR t.{names[1]} <= s.{names[1]})" : "";
        var change = marks
            ? $"UPDATE {target} t SET {mark} = true FROM {Stage} s WHERE t.{names[0]} = s.{names[0]} AND s.turn = @turn AND t.{mark} IS NOT TRUE{alive} RETURNING 1"
            : $"DELETE FROM {target} t USING {Stage} s WHERE t.{names[0]} = s.{names[0]} AND s.turn = @turn{alive} RETURNING 1";
        return $"""
            WITH changed AS ({change})
            SELECT (SELECT count(*) FROM {Stage} WHERE turn = @turn) AS Met, count(*) AS Differing, count(*) AS Changed, count(*) AS TurnedDeleted,
              0::bigint AS TurnedLive, 0::bigint AS Added, 0::bigint AS AddedDeleted, 0::bigint AS Absent
            FROM changed
            """;
    }

    /// <summary>The staged rows whose Ids the table has, and where.</summary>
    private static string Met(string target, IReadOnlyList<string> names, string? deleted) => $"""
        met AS MATERIALIZED (
          SELECT s.n, t.ctid AS held, {(deleted is null ? "false" : $"t.{deleted}")} AS was, {(names.Count == 1 ? "false" : $"({Of("t", names, 1)}) IS DISTINCT FROM ({Of("s", names, 1)})")} AS differs
          FROM {Stage} s JOIN {target} t ON t.{names[0]} = s.{names[0]} WHERE s.turn = @turn)
        """;

    private static string Change(string target, IReadOnlyList<string> names, string? deleted) => names.Count == 1
        ? "SELECT false AS was, false AS now WHERE false"
        : $"UPDATE {target} t SET {string.Join(", ", names.Skip(1).Select(name => $"{name} = s.{name}"))} FROM met m JOIN {Stage} s ON s.n = m.n WHERE m.differs AND t.ctid = m.held RETURNING m.was, {(deleted is null ? "false" : $"t.{deleted}")} AS now";

    private static List<string> Names(IReadOnlyList<StoredColumn> columns) => [.. columns.Select(column => Quote(column.Name))];

    private static string Of(string table, IReadOnlyList<string> names, int from = 0) => string.Join(", ", names.Skip(from).Select(name => $"{table}.{name}"));
}

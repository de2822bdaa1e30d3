using System.Globalization;
using Orgtap.Records;
using static Orgtap.Replicas.Postgres.PostgresNames;
using static Orgtap.Replicas.SqlName;

namespace Orgtap.Replicas.Postgres;

/// <summary>The statements that bring the rows of one kind of load into one table.</summary>
internal sealed record MergeSql
{
    /// <summary>Of the first part, which every row goes through. Temporary, so it is written to no log and seen by no other session, and is empty after each transaction.</summary>
    public const string Stage = "_orgtap_stage";

    private MergeSql(IReadOnlyList<TablePart> parts, bool fills, string merge)
    {
        Parts = [.. parts.Select(part => PartSql.Of(part, fills))];
        (Fills, Merge) = (fills, merge);
    }

    /// <summary>Rows may go straight into the parts' tables.</summary>
    public bool Fills { get; }

    public IReadOnlyList<PartSql> Parts { get; }

    /// <summary>
    /// Brings in the staged rows of one turn and counts them, in one statement. Each Id is looked up once; a row in which nothing differs is left alone, so it leaves no dead one.
    /// </summary>
    public string Merge { get; }

    /// <param name="parts">Where the load's columns lie.</param>
    /// <param name="others">Tables of all parts but the first, in which a row that is removed lies too.</param>
    /// <param name="schema">Of the whole table.</param>
    public static MergeSql Of(LoadMode mode, long tableId, IReadOnlyList<TablePart> parts, IReadOnlyList<string> others, ObjectSchema schema)
    {
        var number = tableId.ToString(CultureInfo.InvariantCulture);
        return mode switch
        {
            LoadMode.Columns or LoadMode.Refresh => new MergeSql(parts, fills: false, Some(number, parts)),
            LoadMode.Reconcile => new MergeSql(parts, fills: false, Seen(number, parts)),
            LoadMode.Deletes => new MergeSql(parts, fills: false, Deleted(parts, others, schema.IsDeletedIndex >= 0)),
            _ => new MergeSql(parts, fills: true, Whole(parts)),
        };
    }

    /// <summary>Where the mark for deleted rows is among the columns, or -1 where there is none that can be read as one.</summary>
    public static int DeletedColumn(IReadOnlyList<StoredColumn> columns)
    {
        for (var i = 0; i < columns.Count; i++)
            if (columns[i] is { Column: { Type: ColumnType.Boolean } column } && column.Name.Equals("IsDeleted", StringComparison.OrdinalIgnoreCase)) return i;
        return -1;
    }

    private static string Whole(IReadOnlyList<TablePart> parts)
    {
        var first = parts[0].Columns;
        var deleted = DeletedColumn(first) is >= 0 and var index ? Quote(first[index].Name) : null;
        return $"""
            WITH {Met(parts, deleted)}, {Changes(parts, deleted)}, {Each(parts, Add)}
            SELECT (SELECT count(*) FROM met) AS Met, (SELECT count(*) FROM met WHERE {Differs(parts)}) AS Rows,
              {Differing(parts)} + {parts.Count - 1} * (SELECT count(*) FROM added) AS Differing, {Changed(parts)}{Sum(parts.Skip(1), "added")} AS Changed,
              (SELECT count(*) FROM changed WHERE now AND was IS NOT TRUE) AS TurnedDeleted, (SELECT count(*) FROM changed WHERE was AND now IS NOT TRUE) AS TurnedLive,
              (SELECT count(*) FROM added) AS Added, (SELECT count(*) FROM added WHERE now) AS AddedDeleted, 0::bigint AS Absent
            """;

        string Add(TablePart part)
        {
            var names = Names(part.Columns);
            return $"""
                {Named("added", part)} AS (
                  INSERT INTO {Quote(part.Table)} ({string.Join(", ", names)}) SELECT {Of("s", names)} FROM {StageOf(part)} s WHERE s.turn = @turn AND NOT EXISTS (SELECT 1 FROM met m WHERE m.n = s.n)
                  RETURNING {(part.Number == 0 ? deleted ?? "false" : "false")} AS now)
                """;
        }
    }

    /// <summary>Some columns of rows that are there; the Ids of the others are noted.</summary>
    private static string Some(string tableId, IReadOnlyList<TablePart> parts) => $"""
        WITH {Met(parts, null)}, {Changes(parts, null)},
        absent AS MATERIALIZED (SELECT s.{Names(parts[0].Columns)[0]} AS id FROM {Stage} s WHERE s.turn = @turn AND NOT EXISTS (SELECT 1 FROM met m WHERE m.n = s.n)),
        noted AS (INSERT INTO _orgtap_missing (table_id, id) SELECT {tableId}, id FROM absent ON CONFLICT DO NOTHING)
        SELECT (SELECT count(*) FROM met) AS Met, (SELECT count(*) FROM met WHERE {Differs(parts)}) AS Rows, {Differing(parts)} AS Differing, {Changed(parts)} AS Changed,
          0::bigint AS TurnedDeleted, 0::bigint AS TurnedLive, 0::bigint AS Added, 0::bigint AS AddedDeleted, (SELECT count(*) FROM absent) AS Absent
        """;

    /// <summary>Notes the Ids as seen; a row whose deletion mark or stamp differs is noted as missing: it came back without a new stamp, e.g. because sharing shows it again, or its last change was missed.</summary>
    private static string Seen(string tableId, IReadOnlyList<TablePart> parts)
    {
        var id = Names(parts[0].Columns)[0];
        var other = parts.All(part => part.Columns.Count < 2) ? "" : $"""
            {Met(parts, null)}, other AS (INSERT INTO _orgtap_missing (table_id, id) SELECT {tableId}, s.{id} FROM met m JOIN {Stage} s ON s.n = m.n WHERE {Differs(parts)} ON CONFLICT DO NOTHING),
            """;
        return $"""
            WITH {other} noted AS (INSERT INTO _orgtap_seen (table_id, id) SELECT {tableId}, s.{id} FROM {Stage} s WHERE s.turn = @turn ON CONFLICT DO NOTHING)
            SELECT count(*) AS Met, 0::bigint AS Rows, 0::bigint AS Differing, 0::bigint AS Changed, 0::bigint AS TurnedDeleted, 0::bigint AS TurnedLive, 0::bigint AS Added, 0::bigint AS AddedDeleted, 0::bigint AS Absent
            FROM {Stage} WHERE turn = @turn
            """;
    }

    /// <summary>Marks the rows, or removes them where there is no mark. Undeleting a record sets a new stamp, so a row with a newer one than the deletion is alive. Mark and stamp lie in the first part.</summary>
    private static string Deleted(IReadOnlyList<TablePart> parts, IReadOnlyList<string> others, bool marks)
    {
        var (target, names, mark) = (Quote(parts[0].Table), Names(parts[0].Columns), Quote(PostgresNames.Of("IsDeleted")));
        var alive = names.Count > 1 ? $" AND (t.{names[1]} IS NULL OR t.{names[1]} <= s.{names[1]})" : "";
        var change = marks
            ? $"UPDATE {target} t SET {mark} = true FROM {Stage} s WHERE t.{names[0]} = s.{names[0]} AND s.turn = @turn AND t.{mark} IS NOT TRUE{alive} RETURNING 1"
            : $"DELETE FROM {target} t USING {Stage} s WHERE t.{names[0]} = s.{names[0]} AND s.turn = @turn{alive} RETURNING t.{names[0]} AS id";
        var removed = marks ? [] : others.Select((other, i) => $", removed{i} AS (DELETE FROM {Quote(other)} t USING changed c WHERE t.{names[0]} = c.id RETURNING 1)").ToList();
        return $"""
            WITH changed AS ({change}){string.Concat(removed)}
            SELECT (SELECT count(*) FROM {Stage} WHERE turn = @turn) AS Met, count(*) AS Rows, {removed.Count + 1} * count(*) AS Differing,
              count(*){string.Concat(removed.Select((_, i) => $" + (SELECT count(*) FROM removed{i})"))} AS Changed, count(*) AS TurnedDeleted,
              0::bigint AS TurnedLive, 0::bigint AS Added, 0::bigint AS AddedDeleted, 0::bigint AS Absent
            FROM changed
            """;
    }

    /// <summary>The staged rows whose Ids the table has, and where in each part.</summary>
    private static string Met(IReadOnlyList<TablePart> parts, string? deleted)
    {
        var id = Names(parts[0].Columns)[0];
        var joins = parts.Skip(1).Select(part => $" JOIN {StageOf(part)} s{part.Number} ON s{part.Number}.n = s0.n JOIN {Quote(part.Table)} t{part.Number} ON t{part.Number}.{id} = s0.{id}");
        return $"""
            met AS MATERIALIZED (
              SELECT s0.n, {(deleted is null ? "false" : $"t0.{deleted}")} AS was, {string.Join(", ", parts.Select(part => $"t{part.Number}.ctid AS {Named("held", part)}, {Compared(part)} AS {Named("differs", part)}"))}
              FROM {Stage} s0 JOIN {Quote(parts[0].Table)} t0 ON t0.{id} = s0.{id}{string.Concat(joins)} WHERE s0.turn = @turn)
            """;

        static string Compared(TablePart part)
        {
            var names = Names(part.Columns);
            return names.Count == 1 ? "false" : $"({Of($"t{part.Number}", names, 1)}) IS DISTINCT FROM ({Of($"s{part.Number}", names, 1)})";
        }
    }

    private static string Changes(IReadOnlyList<TablePart> parts, string? deleted) => Each(parts, part =>
    {
        var names = Names(part.Columns);
        var returned = part.Number == 0 ? $"m.was, {(deleted is null ? "false" : $"t.{deleted}")} AS now" : "1";
        return $"{Named("changed", part)} AS ({(names.Count == 1 ? "SELECT false AS was, false AS now WHERE false"
            : $"UPDATE {Quote(part.Table)} t SET {string.Join(", ", names.Skip(1).Select(name => $"{name} = s.{name}"))} FROM met m JOIN {StageOf(part)} s ON s.n = m.n WHERE m.{Named("differs", part)} AND t.ctid = m.{Named("held", part)} RETURNING {returned}")})";
    });

    private static string Differs(IReadOnlyList<TablePart> parts) => string.Join(" OR ", parts.Select(part => Named("differs", part)));

    /// <summary>Of all parts together: as many changes as there are to be.</summary>
    private static string Differing(IReadOnlyList<TablePart> parts) => string.Join(" + ", parts.Select(part => $"(SELECT count(*) FROM met WHERE {Named("differs", part)})"));

    /// <summary>As many as were made.</summary>
    private static string Changed(IReadOnlyList<TablePart> parts) => $"(SELECT count(*) FROM changed){Sum(parts.Skip(1), "changed")}";

    private static string Sum(IEnumerable<TablePart> parts, string what) => string.Concat(parts.Select(part => $" + (SELECT count(*) FROM {Named(what, part)})"));

    private static string Each(IReadOnlyList<TablePart> parts, Func<TablePart, string> statement) => string.Join(", ", parts.Select(statement));

    private static string StageOf(TablePart part) => PartSql.StageOf(part);

    private static string Named(string what, TablePart part) => part.Number == 0 ? what : string.Create(CultureInfo.InvariantCulture, $"{what}{part.Number}");

    private static List<string> Names(IReadOnlyList<StoredColumn> columns) => [.. columns.Select(column => Quote(column.Name))];

    private static string Of(string table, IReadOnlyList<string> names, int from = 0) => string.Join(", ", names.Skip(from).Select(name => $"{table}.{name}"));
}

/// <summary>How rows reach one part of a table.</summary>
/// <param name="FillCopy">Straight into its table; null where rows do not go in whole.</param>
internal sealed record PartSql(TablePart Part, string CreateStage, string StageCopy, string? FillCopy)
{
    public static PartSql Of(TablePart part, bool fills)
    {
        var (stage, names) = (StageOf(part), string.Join(", ", part.Columns.Select(column => Quote(column.Name))));
        return new PartSql(part,
            $"CREATE TEMP TABLE {stage} (n int NOT NULL, turn int NOT NULL, {string.Join(", ", part.Columns.Select(column => $"{Quote(column.Name)} {PostgresTypes.Declaration(column.Column.Type)}"))}) ON COMMIT DELETE ROWS",
            $"COPY {stage} (n, turn, {names}) FROM STDIN (FORMAT binary)", fills ? $"COPY {Quote(part.Table)} ({names}) FROM STDIN (FORMAT binary)" : null);
    }

    public static string StageOf(TablePart part) => part.Number == 0 ? MergeSql.Stage : string.Create(CultureInfo.InvariantCulture, $"{MergeSql.Stage}_{part.Number}");
}

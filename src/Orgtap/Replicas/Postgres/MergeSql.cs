using static Orgtap.Replicas.Postgres.PostgresNames;

namespace Orgtap.Replicas.Postgres;

/// <summary>The statements that write a page into one table.</summary>
internal sealed class MergeSql
{
    /// <param name="columns">In the order of the rows; the first is Id.</param>
    /// <param name="deletedColumn">Where IsDeleted is among them, or -1.</param>
    public MergeSql(string table, string stage, IReadOnlyList<StoredColumn> columns, int deletedColumn)
    {
        var (target, names) = (Quote(table), columns.Select(column => Quote(column.Name)).ToList());
        var (id, others, all) = (names[0], names.Skip(1).ToList(), string.Join(", ", names));
        var deleted = deletedColumn < 0 ? null : names[deletedColumn];
        FillCopy = $"COPY {target} ({all}) FROM STDIN (FORMAT binary)";
        StageCopy = $"COPY {stage} (n, turn, {all}) FROM STDIN (FORMAT binary)";
        CreateStage = $"CREATE TEMP TABLE {stage} (n int NOT NULL, turn int NOT NULL, {string.Join(", ", columns.Select(column => $"{Quote(column.Name)} {PostgresTypes.Declaration(column.Column.Type)}"))}) ON COMMIT DELETE ROWS";
        var differs = others.Count == 0 ? "false" : $"({Of("t", others)}) IS DISTINCT FROM ({Of("s", others)})";
        var change = others.Count == 0
            ? "SELECT false AS was, false AS now WHERE false"
            : $"UPDATE {target} t SET {string.Join(", ", others.Select(name => $"{name} = s.{name}"))} FROM met m JOIN {stage} s ON s.n = m.n WHERE m.differs AND t.ctid = m.held RETURNING m.was, {(deleted is null ? "false" : $"t.{deleted}")} AS now";
        Merge = $"""
            WITH met AS MATERIALIZED (
              SELECT s.n, t.ctid AS held, {(deleted is null ? "false" : $"t.{deleted}")} AS was, {differs} AS differs
              FROM {stage} s JOIN {target} t ON t.{id} = s.{id} WHERE s.turn = @turn),
            changed AS ({change}),
            added AS (
              INSERT INTO {target} ({all}) SELECT {Of("s", names)} FROM {stage} s WHERE s.turn = @turn AND NOT EXISTS (SELECT 1 FROM met m WHERE m.n = s.n)
              RETURNING {deleted ?? "false"} AS now)
            SELECT (SELECT count(*) FROM met) AS Met, (SELECT count(*) FROM met WHERE differs) AS Differing, (SELECT count(*) FROM changed) AS Changed,
              (SELECT count(*) FROM changed WHERE now AND was IS NOT TRUE) AS TurnedDeleted, (SELECT count(*) FROM changed WHERE was AND now IS NOT TRUE) AS TurnedLive,
              (SELECT count(*) FROM added) AS Added, (SELECT count(*) FROM added WHERE now) AS AddedDeleted
            """;
    }

    /// <summary>Straight into the table.</summary>
    public string FillCopy { get; }

    public string StageCopy { get; }

    /// <summary>Temporary, so it is written to no log and seen by no other session, and is empty after each transaction.</summary>
    public string CreateStage { get; }

    /// <summary>
    /// Merges the rows of one turn and counts them, in one statement: each Id is looked up once; a row in which nothing differs is left alone, so it makes no dead one.
    /// </summary>
    public string Merge { get; }

    private static string Of(string table, IReadOnlyList<string> names) => string.Join(", ", names.Select(name => $"{table}.{name}"));
}

using Orgtap.Records;
using static Orgtap.Replicas.SqlName;

namespace Orgtap.Replicas.Postgres;

/// <summary>How PostgreSQL holds each type of column (docs/types.md).</summary>
internal static class PostgresTypes
{
    /// <summary>
    /// <c>numeric</c> without limits: a value may have more digits than its field declares, and <c>numeric(18,2)</c> would round it without a word. Ids compare by byte,
    /// whatever language the database speaks.
    /// </summary>
    public static string Declaration(ColumnType type) => type switch
    {
        ColumnType.Id => "text COLLATE \"C\"",
        ColumnType.Boolean => "boolean",
        ColumnType.Integer => "bigint",
        ColumnType.Decimal => "numeric",
        ColumnType.Date => "date",
        ColumnType.DateTime => "timestamptz",
        ColumnType.Time => "time",
        _ => "text",
    };

    /// <summary>The same type by another word: widening from one to the other changes no stored byte.</summary>
    public static bool IsStoredAlike(ColumnType one, ColumnType other) => one == other || (IsText(one) && IsText(other));

    /// <summary>An expression for a stored value in its canonical form.</summary>
    public static string Canonical(string expression, ColumnType type) => type switch
    {
        ColumnType.Date => $"to_char({expression}, 'YYYY-MM-DD')",
        ColumnType.DateTime => $"to_char({expression} AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.MS\"Z\"')",
        ColumnType.Time => $"to_char({expression}, 'HH24:MI:SS.MS')",
        _ => $"{expression}::text",
    };

    /// <summary>How an old value becomes one of a wider column.</summary>
    public static string Widening(string column, ColumnType before, ColumnType now) =>
        now == ColumnType.Decimal ? $"{Quote(column)}::numeric" : Canonical(Quote(column), before);

    private static bool IsText(ColumnType type) => type is ColumnType.Text or ColumnType.Id;
}

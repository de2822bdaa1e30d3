using System.Globalization;
using System.Text;
using System.Text.Json;
using Orgtap.Primitives;
using Orgtap.Records;

namespace Orgtap.Replicas;

/// <summary>A column of a replica's table, those no longer selected included.</summary>
/// <param name="Name">The field's API name.</param>
/// <param name="StoredName">Its name in the database.</param>
/// <param name="IsCurrent">Complete and kept up to date; otherwise it is being filled, or its values are old.</param>
public sealed record RowColumn(string Name, string StoredName, ColumnType Type, bool IsCurrent);

/// <summary>How a filter compares.</summary>
public enum RowComparison
{
    Is,
    IsNot,
    Contains,
    Begins,
    AtLeast,
    AtMost,
    Empty,
    NotEmpty,
}

/// <summary>One condition on a column.</summary>
/// <param name="Value">As somebody typed it; of no consequence for Empty and NotEmpty.</param>
public sealed record RowFilter(string Column, RowComparison Comparison, string Value)
{
    /// <summary><c>Industry:Is:Energy</c>, as addresses and the HTTP API write it.</summary>
    public override string ToString() => $"{Column}:{Comparison}:{Value}";

    /// <exception cref="InvalidInputException">Not of that form.</exception>
    public static RowFilter Parse(string text) => text.Split(':', 3) switch
    {
        [{ Length: > 0 } column, var word, var value] when Enum.TryParse<RowComparison>(word, ignoreCase: true, out var comparison) && Enum.IsDefined(comparison) => new RowFilter(column, comparison, value),
        [{ Length: > 0 } column, var word] when Enum.TryParse<RowComparison>(word, ignoreCase: true, out var comparison) && comparison is RowComparison.Empty or RowComparison.NotEmpty => new RowFilter(column, comparison, ""),
        _ => throw new InvalidInputException($"\"{text}\" is no filter.", $"Write COLUMN:COMPARISON:VALUE, e.g. Industry:Is:Energy; comparisons are {string.Join(", ", Enum.GetNames<RowComparison>())}."),
    };
}

/// <summary>What rows of a table are wanted, in which order.</summary>
/// <param name="Columns">API names; null: all.</param>
/// <param name="Sort">A column; null: Id.</param>
/// <param name="After">Where the page before ended (<see cref="RowPage.Next"/>); null: from the beginning.</param>
/// <param name="Limit">Rows, at least 1.</param>
public sealed record RowQuestion(
    IReadOnlyList<string>? Columns = null, IReadOnlyList<RowFilter>? Filters = null, string? Sort = null, bool Descending = false, bool DeletedToo = false, string? After = null, int Limit = 50);

/// <summary>A page of rows.</summary>
/// <param name="Rows">Values in the order of the columns: null, number or text (docs/types.md).</param>
/// <param name="Next">Where the next page goes on; null: this is the last.</param>
public sealed record RowPage(IReadOnlyList<RowColumn> Columns, IReadOnlyList<object?[]> Rows, string? Next);

/// <summary>Writes the SQL of a <see cref="RowQuestion"/>. Pages go on by value, never by offset: rows that are written meanwhile neither repeat nor hide others. Pure.</summary>
/// <param name="quotedTable">As SQL names it.</param>
/// <param name="columns">Of the table, in its order.</param>
public sealed class RowSql(string quotedTable, IReadOnlyList<RowColumn> columns, bool isPostgres)
{
    /// <summary>One row more than wanted tells whether there is a next page. The last two columns are the sort value and the Id.</summary>
    /// <exception cref="InvalidInputException">A column is unknown, or a value does not fit its column.</exception>
    public string Of(RowQuestion question, out IReadOnlyList<RowColumn> shown)
    {
        shown = question.Columns is { } names ? [.. names.Select(Find)] : columns;
        var sort = question.Sort is { } by ? Find(by) : Find("Id");
        var conditions = new List<string>();
        if (!question.DeletedToo && columns.Any(column => column is { Name: "IsDeleted", Type: ColumnType.Boolean }))
            conditions.Add($"{Quote(Find("IsDeleted"))} IS NOT {(isPostgres ? "TRUE" : "1")}");
        conditions.AddRange((question.Filters ?? []).Select(Condition));
        if (question.After is { } after) conditions.Add(Behind(sort, question.Descending, after));

        var (key, direction) = (SortKey(sort), question.Descending ? " DESC" : "");
        var order = sort.Name == "Id" ? $"{Quote(sort)}{direction}" : $"CASE WHEN {key} IS NULL THEN 1 ELSE 0 END, {key}{direction}, {Quote(Find("Id"))}{direction}";
        return $"SELECT {string.Join(", ", shown.Select(Quote))}, {key} AS orgtap_sort, {Quote(Find("Id"))} AS orgtap_id FROM {quotedTable}"
            + $"{(conditions.Count == 0 ? "" : $" WHERE {string.Join(" AND ", conditions)}")} ORDER BY {order} LIMIT {(question.Limit + 1).ToString(CultureInfo.InvariantCulture)}";
    }

    /// <summary>One row by its Id, all columns.</summary>
    public string Of(string id) => $"SELECT {string.Join(", ", columns.Select(Quote))} FROM {quotedTable} WHERE {Quote(Find("Id"))} = {Text(id)}";

    /// <summary>Where a page ends, for <see cref="RowQuestion.After"/>.</summary>
    public static string Mark(object? sortValue, string id)
    {
        var (kind, text) = sortValue switch
        {
            null => ("n", ""),
            long number => ("l", number.ToString(CultureInfo.InvariantCulture)),
            double number => ("d", number.ToString("R", CultureInfo.InvariantCulture)),
            bool yes => ("b", yes ? "true" : "false"),
            byte[] bytes => ("x", Convert.ToHexString(bytes)),
            var other => ("s", other.ToString() ?? ""),
        };
        return System.Buffers.Text.Base64Url.EncodeToString(JsonSerializer.SerializeToUtf8Bytes(new[] { kind, text, id }));
    }

    private string Behind(RowColumn sort, bool descending, string mark)
    {
        string[]? parts = null;
        try
        {
            parts = JsonSerializer.Deserialize<string[]>(System.Buffers.Text.Base64Url.DecodeFromChars(mark));
        }
        catch (Exception broken) when (broken is FormatException or JsonException)
        {
            // Said below.
        }
        if (parts is not [var kind, var text, { Length: > 0 } id])
            throw new InvalidInputException("The place to go on from is damaged.", "Begin at the first page.");
        var (key, rowId, than) = (SortKey(sort), Quote(Find("Id")), descending ? "<" : ">");
        var behindId = $"{rowId} {than} {Text(id)}";
        if (sort.Name == "Id") return behindId;
        return kind == "n" ? $"({key} IS NULL AND {behindId})" : $"({key} {than} {Literal(kind, text)} OR ({key} = {Literal(kind, text)} AND {behindId}) OR {key} IS NULL)";
    }

    private string Literal(string kind, string text) => kind switch
    {
        _ when isPostgres => Text(text),
        "l" when long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) => number.ToString(CultureInfo.InvariantCulture),
        "d" when double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && double.IsFinite(number) => number.ToString("R", CultureInfo.InvariantCulture),
        "x" when text.All(char.IsAsciiHexDigit) => $"X'{text}'",
        "b" => text == "true" ? "1" : "0",
        "s" => Text(text),
        _ => throw new InvalidInputException("The place to go on from is damaged.", "Begin at the first page."),
    };

    private string Condition(RowFilter filter)
    {
        var column = Find(filter.Column);
        var (quoted, value) = (Quote(column), filter.Value.Trim());
        return filter.Comparison switch
        {
            RowComparison.Empty => $"{quoted} IS NULL",
            RowComparison.NotEmpty => $"{quoted} IS NOT NULL",
            RowComparison.Contains => Like(column, $"%{Escaped(value)}%"),
            RowComparison.Begins => Like(column, $"{Escaped(value)}%"),
            RowComparison.Is => $"{SortKey(column)} = {Typed(column, value)}",
            RowComparison.IsNot => $"({SortKey(column)} <> {Typed(column, value)} OR {quoted} IS NULL)",
            RowComparison.AtLeast => $"{SortKey(column)} >= {Typed(column, value)}",
            _ => $"{SortKey(column)} <= {Typed(column, value)}",
        };
    }

    private static string Like(RowColumn column, string pattern) =>
        $"LOWER(CAST({Quote(column)} AS TEXT)) LIKE LOWER({Text(pattern)}) ESCAPE '!'";

    private static string Escaped(string value) =>
        value.Replace("!", "!!", StringComparison.Ordinal).Replace("%", "!%", StringComparison.Ordinal).Replace("_", "!_", StringComparison.Ordinal);

    /// <summary>A value that somebody typed, as its column holds it.</summary>
    private string Typed(RowColumn column, string value)
    {
        switch (column.Type)
        {
            case ColumnType.Boolean:
                var yes = value.ToLowerInvariant() switch { "true" or "yes" or "1" => true, "false" or "no" or "0" => false, _ => throw Unfit(column, value, "true or false") };
                return isPostgres ? yes ? "TRUE" : "FALSE" : yes ? "1" : "0";
            case ColumnType.Integer or ColumnType.Decimal:
                return decimal.TryParse(value, NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number)
                    ? number.ToString(CultureInfo.InvariantCulture) : throw Unfit(column, value, "a number such as 1250.5");
            case ColumnType.Date:
                return DateOnly.TryParseExact(value, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out _) ? Text(value) : throw Unfit(column, value, "a day such as 2026-11-25");
            case ColumnType.DateTime:
                return DateTimeOffset.TryParse(value, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var at)
                    ? Text(at.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture)) : throw Unfit(column, value, "a moment in UTC such as 2026-11-25T13:00:00Z");
            case ColumnType.Time:
                return TimeOnly.TryParse(value, CultureInfo.InvariantCulture, out var time) ? Text(time.ToString("HH:mm:ss.fff", CultureInfo.InvariantCulture)) : throw Unfit(column, value, "a time such as 13:00");
            default:
                return Text(value);
        }
    }

    private static InvalidInputException Unfit(RowColumn column, string value, string wanted) => new($"\"{value}\" does not fit {column.Name}.", $"Give {wanted}.");

    // SQLite keeps long decimals as text, which would sort 10 before 9.
    private string SortKey(RowColumn column) => !isPostgres && column.Type == ColumnType.Decimal ? $"CAST({Quote(column)} AS REAL)" : Quote(column);

    private RowColumn Find(string name) => columns.FirstOrDefault(column => string.Equals(column.Name, name, StringComparison.OrdinalIgnoreCase))
        ?? throw new InvalidInputException($"The table has no column {name} in the replica.", "Choose one of those it has; select the field in Edit data sync to get it.");

    private static string Quote(RowColumn column) => SqlName.Quote(column.StoredName);

    /// <exception cref="InvalidInputException">It holds a NUL, where a statement's text would end.</exception>
    internal static string Text(string value) => value.Contains('\0')
        ? throw new InvalidInputException("A value holds a character that cannot be searched for.", "Leave it out.")
        : new StringBuilder(value.Length + 2).Append('\'').Append(value.Replace("'", "''", StringComparison.Ordinal)).Append('\'').ToString();
}

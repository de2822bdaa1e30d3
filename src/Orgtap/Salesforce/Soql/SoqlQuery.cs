using System.Globalization;
using System.Text;

namespace Orgtap.Salesforce.Soql;

/// <summary>A SOQL query. This is the only place that writes SOQL, so names are always checked and values always quoted.</summary>
public sealed record SoqlQuery
{
    private string Selected { get; init; } = "";

    private string Object { get; init; } = "";

    private string Conditions { get; init; } = "";

    private string Order { get; init; } = "";

    private int? Rows { get; init; }

    /// <param name="fields">API names; dotted ones follow a relationship upward.</param>
    /// <exception cref="Primitives.InvalidInputException">A name that cannot be one.</exception>
    public static SoqlQuery Select(IEnumerable<string> fields) => new() { Selected = string.Join(",", fields.Select(SoqlName.Check)) };

    /// <inheritdoc cref="Select(IEnumerable{string})"/>
    public static SoqlQuery Select(params string[] fields) => Select((IEnumerable<string>)fields);

    /// <summary>Answers with no rows; the count is the page's total size.</summary>
    public static SoqlQuery Count() => new() { Selected = "COUNT()" };

    public SoqlQuery From(string sobject) => this with { Object = SoqlName.Check(sobject) };

    /// <summary>All of them must hold; nulls are left out.</summary>
    public SoqlQuery Where(params SoqlCondition?[] conditions)
    {
        var text = new StringBuilder(Conditions);
        foreach (var condition in conditions)
            if (condition is not null) text.Append(text.Length == 0 ? " WHERE " : " AND ").Append(condition);
        return this with { Conditions = text.ToString() };
    }

    public SoqlQuery OrderBy(string field, bool descending = false) => this with { Order = $" ORDER BY {SoqlName.Check(field)}{(descending ? " DESC" : "")}" };

    public SoqlQuery Limit(int rows) => this with { Rows = rows };

    /// <summary>The object a query written here reads, for messages.</summary>
    internal static string ObjectOf(string soql)
    {
        const string from = " FROM ";
        var at = soql.IndexOf(from, StringComparison.OrdinalIgnoreCase);
        return at < 0 ? "a query" : soql[(at + from.Length)..].TrimStart().Split(' ', 2)[0];
    }

    /// <exception cref="InvalidOperationException">No fields or no object.</exception>
    public override string ToString()
    {
        if (Selected.Length == 0 || Object.Length == 0) throw new InvalidOperationException("A query needs fields and an object.");
        var limit = Rows is { } rows ? string.Create(CultureInfo.InvariantCulture, $" LIMIT {rows}") : "";
        return $"SELECT {Selected} FROM {Object}{Conditions}{Order}{limit}";
    }
}

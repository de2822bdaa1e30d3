using Orgtap.Primitives;
using Orgtap.Records;
using Orgtap.Replicas;

namespace Orgtap.App.Web.Rows;

/// <summary>What of a table is looked at, as the page's address says it: columns, filters, order, place.</summary>
/// <param name="Shown">API names of the columns.</param>
/// <param name="IsTyped">The form sent a filter in its three fields; the address with it says the same in one.</param>
public sealed record RowView(IReadOnlyList<string> Shown, bool ShownByChoice, IReadOnlyList<RowFilter> Filters, string? Sort, bool Descending, bool DeletedToo, string? After, bool IsTyped)
{
    /// <summary>Rows on a page.</summary>
    public const int PerPage = 50;

    private const int FirstColumns = 8;

    public static RowView Of(IQueryCollection query, IReadOnlyList<RowColumn> columns)
    {
        var chosen = query["c"].OfType<string>().Where(name => columns.Any(column => string.Equals(column.Name, name, StringComparison.OrdinalIgnoreCase))).ToList();
        var filters = new List<RowFilter>();
        foreach (var text in query["f"].OfType<string>())
            try
            {
                filters.Add(RowFilter.Parse(text));
            }
            catch (InvalidInputException)
            {
                // An address that somebody mistyped narrows nothing.
            }
        var typed = query["column"].ToString() is { Length: > 0 } column && Enum.TryParse<RowComparison>(query["comparison"], out var comparison)
            && (query["value"].ToString().Trim().Length > 0 || comparison is RowComparison.Empty or RowComparison.NotEmpty)
            ? new RowFilter(column, comparison, query["value"].ToString().Trim()) : null;
        if (typed is not null) filters.Add(typed);
        return new RowView(
            chosen.Count > 0 ? InOrder(columns.Where(column => column.Name == "Id" || chosen.Contains(column.Name, StringComparer.OrdinalIgnoreCase)), int.MaxValue) : InOrder(columns.Where(IsTelling), FirstColumns),
            chosen.Count > 0, filters, query["sort"].ToString() is { Length: > 0 } sort ? sort : null, query["desc"] == "1", query["deleted"] == "1",
            query["after"].ToString() is { Length: > 0 } after ? after : null, query.ContainsKey("column"));
    }

    public RowQuestion Question() => new(Shown, Filters, Sort, Descending, DeletedToo, After, PerPage);

    /// <summary>The address of this view; without a place, so that changes begin at the first page.</summary>
    public string Address(string connection, string table, string? after = null, string suffix = "") => $"/connections/{connection}/rows/{table}{suffix}{Query(after)}";

    /// <summary>Parts that a form has to carry along.</summary>
    public IEnumerable<(string Name, string Value)> Parts(bool columns = true, bool filters = true)
    {
        if (columns && ShownByChoice) foreach (var name in Shown) yield return ("c", name);
        if (filters) foreach (var filter in Filters) yield return ("f", filter.ToString());
        if (Sort is not null) yield return ("sort", Sort);
        if (Descending) yield return ("desc", "1");
        if (DeletedToo) yield return ("deleted", "1");
    }

    private string Query(string? after)
    {
        var parts = Parts().Concat(after is null ? [] : [("after", after)]).Select(part => $"{part.Item1}={Uri.EscapeDataString(part.Item2)}");
        return string.Join('&', parts) is { Length: > 0 } query ? $"?{query}" : "";
    }

    /// <summary>Id and the name first: by them a row is known and opened.</summary>
    private static IReadOnlyList<string> InOrder(IEnumerable<RowColumn> columns, int most) =>
        [.. columns.OrderBy(column => column.Name is "Id" ? 0 : column.Name is "Name" or "Subject" or "CaseNumber" or "LastName" or "Title" ? 1 : 2).Select(column => column.Name).Take(most)];

    /// <summary>Worth a column before anybody chose: no references, which are Ids, and no marks.</summary>
    private static bool IsTelling(RowColumn column) =>
        column.Name is "Id" || column is { IsCurrent: true, Type: not ColumnType.Id, Name: not ("IsDeleted" or "SystemModstamp") };
}

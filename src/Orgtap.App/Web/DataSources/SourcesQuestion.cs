using System.Globalization;
using Orgtap.App.Overviews;
using Orgtap.Connections;

namespace Orgtap.App.Web.DataSources;

/// <summary>By what the list is ordered.</summary>
public enum SourceOrder
{
    /// <summary>Errors first, then by name: what needs somebody must not be looked for.</summary>
    Attention,
    Name,
    Status,
    DataAsOf,
    NextSync,
    Rows,
    ApiUse,
}

/// <summary>What of the list is looked at, as its address says it.</summary>
/// <param name="Search">Empty: everything.</param>
/// <param name="Status">Null: every one.</param>
/// <param name="Number">Of the page, from 1.</param>
public sealed record SourcesQuestion(string Search, ConnectionStatus? Status, SourceOrder Order, bool Descending, int Number)
{
    /// <summary>Connections on one page: more than anybody reads, few enough for a phone.</summary>
    public const int PerPage = 100;

    public static SourcesQuestion Of(string? q, string? status, string? sort, string? desc, string? page) => new(
        q?.Trim() ?? "", Enum.TryParse<ConnectionStatus>(status, ignoreCase: true, out var only) && Enum.IsDefined(only) ? only : null,
        Enum.TryParse<SourceOrder>(sort, ignoreCase: true, out var order) && Enum.IsDefined(order) ? order : SourceOrder.Attention, desc == "1",
        int.TryParse(page, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? Math.Max(1, number) : 1);

    public string Address(string path = "/data-sources")
    {
        var parts = new List<string>();
        if (Search.Length > 0) parts.Add($"q={Uri.EscapeDataString(Search)}");
        if (Status is not null) parts.Add($"status={Status}");
        if (Order != SourceOrder.Attention) parts.Add($"sort={Order}");
        if (Descending) parts.Add("desc=1");
        if (Number > 1) parts.Add(string.Create(CultureInfo.InvariantCulture, $"page={Number}"));
        return parts.Count == 0 ? path : $"{path}?{string.Join('&', parts)}";
    }

    /// <summary>Those that match, in order; all pages. Pure.</summary>
    public IReadOnlyList<ConnectionOverview> Matching(IReadOnlyList<ConnectionOverview> all)
    {
        var matching = all.Where(overview => (Status is null || overview.Status == Status)
            && (Search.Length == 0 || new[] { overview.Connection.Name, overview.Connection.OrgName, overview.Connection.OrgId?.Value, overview.Connection.InstanceUrl?.Host, overview.Connection.Username }
                .Any(text => text?.Contains(Search, StringComparison.OrdinalIgnoreCase) == true)));
        var ordered = Order switch
        {
            SourceOrder.Attention => matching.OrderBy(overview => overview.Status == ConnectionStatus.Error ? overview.Connection.Problem?.Turn == Primitives.Turn.We ? 1 : 0 : 2),
            SourceOrder.Status => By(matching, overview => overview.Status.Word()),
            SourceOrder.DataAsOf => By(matching, overview => overview.DataAsOf ?? DateTimeOffset.MinValue),
            SourceOrder.NextSync => By(matching, overview => overview.NextSyncAt ?? DateTimeOffset.MaxValue),
            SourceOrder.Rows => By(matching, overview => overview.Rows),
            SourceOrder.ApiUse => By(matching, overview => overview.Use is { Maximum: > 0 } use ? (double)use.Used / use.Maximum : -1),
            _ => By(matching, overview => overview.Connection.Name.ToUpperInvariant()),
        };
        return [.. ordered.ThenBy(overview => overview.Connection.Name, StringComparer.OrdinalIgnoreCase)];
    }

    private IOrderedEnumerable<ConnectionOverview> By<T>(IEnumerable<ConnectionOverview> some, Func<ConnectionOverview, T> key) => Descending ? some.OrderByDescending(key) : some.OrderBy(key);
}

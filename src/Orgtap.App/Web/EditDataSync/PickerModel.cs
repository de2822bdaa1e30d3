using Orgtap.Catalog;
using Orgtap.Connections;
using Orgtap.Primitives;
using Orgtap.Quota;

namespace Orgtap.App.Web.EditDataSync;

/// <summary>What part of the tables is shown.</summary>
public enum Show
{
    All,
    Selected,
    Unavailable,
}

/// <summary>One table in the picker.</summary>
/// <param name="Figure">Its size, as far as it is known.</param>
/// <param name="Fields">Null: not opened.</param>
/// <param name="Hits">Labels of fields that match the search.</param>
/// <param name="Memory">For pages in flight, bytes.</param>
public sealed record PickModel(string Connection, CatalogObject Table, SelectedObject? Selected, TableFigure? Figure, CatalogObjectDetail? Fields, IReadOnlyList<string> Hits, long Memory)
{
    public long? FieldCount => Fields?.Fields.Count(each => each.Selectable) ?? Figure?.Fields;

    public bool IsMixed => Selected?.Fields is not null;

    /// <summary>What a first load would cost, about; null where rows are unknown.</summary>
    public long? Calls => Figure?.Rows is { } rows ? Orgtap.Extraction.FirstLoadCost.Calls(rows, Selected?.Fields?.Count ?? FieldCount, Memory) : null;
}

/// <summary>The whole dialog.</summary>
/// <param name="Shown">Tables after search and filter, by label.</param>
/// <param name="Hits">Labels of matching fields, by table.</param>
/// <param name="Unsearched">Tables whose fields are not known yet and therefore cannot be searched.</param>
/// <param name="Problem">Why the last change was not accepted.</param>
public sealed record PickerModel(
    Connection Connection, KeptDraft? Kept, SelectionDraft Draft, IReadOnlyList<CatalogObject> Tables, IReadOnlyList<CatalogObject> Shown,
    IReadOnlyDictionary<string, TableFigure> Figures, IReadOnlyDictionary<string, CatalogObjectDetail> Opened, IReadOnlyDictionary<string, IReadOnlyList<string>> Hits,
    int Unsearched, string Search, Show Show, ApiUse? Use, OrgtapException? Problem, TimeProvider Time, long Memory)
{
    public IReadOnlyList<string> Offered { get; } = [.. Tables.Where(table => table.Selectable).Select(table => table.Name)];

    public TotalModel Total => TotalModel.Of(this);

    public PickModel Pick(CatalogObject table) => new(Connection.Name, table, Draft.Find(table.Name), Figures.GetValueOrDefault(table.Name), Opened.GetValueOrDefault(table.Name), Hits.GetValueOrDefault(table.Name) ?? [], Memory);

    public string Address(Show show) => $"/connections/{Connection.Name}/data?{Query(Search, show)}";

    private static string Query(string search, Show show) => (search.Length > 0 ? $"q={Uri.EscapeDataString(search)}&" : "") + $"show={show}";
}

/// <summary>The sums at the dialog's foot.</summary>
/// <param name="Fields">About where tables were not described yet: those are left out.</param>
/// <param name="SharePercent">The calls as a share of the org's day; null while its limit is unknown.</param>
public sealed record TotalModel(int Tables, long Fields, long Rows, long Calls, double? SharePercent, bool IsComplete)
{
    public static TotalModel Of(PickerModel picker)
    {
        long fields = 0, rows = 0, calls = 0;
        var complete = true;
        foreach (var selected in picker.Draft.Tables)
        {
            var figure = picker.Figures.GetValueOrDefault(selected.SObject);
            var count = selected.Fields?.Count ?? picker.Opened.GetValueOrDefault(selected.SObject)?.Fields.Count(field => field.Selectable) ?? figure?.Fields;
            complete &= count is not null && figure?.Rows is not null;
            fields += count ?? 0;
            rows += figure?.Rows ?? 0;
            calls += figure?.Rows is { } known ? Orgtap.Extraction.FirstLoadCost.Calls(known, count, picker.Memory) : 1;
        }
        return new TotalModel(picker.Draft.Tables.Count, fields, rows, calls, picker.Use is { Maximum: > 0 } use ? 100.0 * calls / use.Maximum : null, complete);
    }
}

using Orgtap.Primitives;

namespace Orgtap.Catalog;

/// <summary>A selection in the making. Nothing of it is synced before it is saved. Immutable; every change gives a new one.</summary>
/// <param name="Tables">In the order in which they are going to be loaded.</param>
public sealed record SelectionDraft(IReadOnlyList<SelectedObject> Tables)
{
    public SelectedObject? Find(string sobject) => Tables.FirstOrDefault(table => Same(table.SObject, sobject));

    /// <summary>The whole table, with all its fields, those included that the org gets later.</summary>
    public SelectionDraft With(string sobject) => Replace(new SelectedObject(sobject));

    public SelectionDraft Without(string sobject) => new([.. Tables.Where(table => !Same(table.SObject, sobject))]);

    /// <summary>One more field; the table comes along if it is not there. A table with all its fields has it already.</summary>
    /// <exception cref="InvalidInputException">The table has no such field, or it cannot be selected.</exception>
    public SelectionDraft WithField(CatalogObjectDetail detail, string field)
    {
        var known = Known(detail, field);
        var current = Find(detail.Object.Name);
        if (current is { Fields: null }) return this;
        var names = (current?.Fields ?? []).Append(known.Name).Concat(Required(detail)).ToHashSet(StringComparer.OrdinalIgnoreCase);
        return Replace(new SelectedObject(detail.Object.Name, InOrder(detail, names)));
    }

    /// <summary>One field less. The table stays, at the least with the fields that every load needs.</summary>
    /// <exception cref="InvalidInputException">The table has no such field, or every load needs it.</exception>
    public SelectionDraft WithoutField(CatalogObjectDetail detail, string field)
    {
        var known = Known(detail, field);
        if (known.Required) throw new InvalidInputException($"{known.Name} is always loaded with {detail.Object.Name}.", "Leave it in, or take out the whole table.");
        if (Find(detail.Object.Name) is not { } current) return this;
        var names = (current.Fields ?? [.. detail.Fields.Where(each => each.Selectable).Select(each => each.Name)])
            .Concat(Required(detail)).ToHashSet(StringComparer.OrdinalIgnoreCase);
        names.Remove(known.Name);
        return Replace(new SelectedObject(detail.Object.Name, InOrder(detail, names)));
    }

    /// <summary>Every table of a preset that the org offers, whole where it is new; what was chosen of the others stays.</summary>
    /// <param name="offered">Tables that can be selected.</param>
    public SelectionDraft With(Preset preset, IEnumerable<string> offered) =>
        new([.. Tables, .. TablesOf(preset, offered).Where(sobject => Find(sobject) is null).Select(sobject => new SelectedObject(sobject))]);

    /// <summary>Takes out the preset's tables, but for those that another preset which is fully chosen needs too.</summary>
    public SelectionDraft Without(Preset preset, IReadOnlyCollection<string> offered)
    {
        var needed = Presets.All.Where(other => other != preset && other.Key != Presets.AllKey && CountOf(other, offered) is var (chosen, all) && all > 0 && chosen == all)
            .SelectMany(other => TablesOf(other, offered)).ToHashSet(StringComparer.OrdinalIgnoreCase);
        if (preset.Key == Presets.AllKey) needed.Clear();
        var gone = TablesOf(preset, offered).Where(sobject => !needed.Contains(sobject)).ToHashSet(StringComparer.OrdinalIgnoreCase);
        return new([.. Tables.Where(table => !gone.Contains(table.SObject))]);
    }

    /// <summary>How many of the preset's tables are chosen, and how many of them the org offers.</summary>
    public (int Chosen, int All) CountOf(Preset preset, IEnumerable<string> offered)
    {
        var chosen = Tables.Select(table => table.SObject).ToHashSet(StringComparer.OrdinalIgnoreCase);
        var all = TablesOf(preset, offered).ToList();
        return (all.Count(chosen.Contains), all.Count);
    }

    public bool IsSameAs(IReadOnlyList<SelectedObject> selection) =>
        selection.Count == Tables.Count && selection.All(stored => Find(stored.SObject) is { } draft && SameFields(stored.Fields, draft.Fields));

    internal static bool SameFields(IReadOnlyList<string>? one, IReadOnlyList<string>? other) =>
        one is null || other is null ? one is null && other is null : one.ToHashSet(StringComparer.OrdinalIgnoreCase).SetEquals(other);

    private static IEnumerable<string> TablesOf(Preset preset, IEnumerable<string> offered)
    {
        if (preset.Key == Presets.AllKey) return offered;
        var names = offered.ToHashSet(StringComparer.OrdinalIgnoreCase);
        return preset.Tables.Select(table => table.SObject).Where(names.Contains);
    }

    private SelectionDraft Replace(SelectedObject changed) => Find(changed.SObject) is null
        ? new([.. Tables, changed])
        : new([.. Tables.Select(table => Same(table.SObject, changed.SObject) ? changed : table)]);

    private static CatalogField Known(CatalogObjectDetail detail, string field)
    {
        var known = detail.Fields.FirstOrDefault(each => Same(each.Name, field))
            ?? throw new InvalidInputException($"{detail.Object.Name} has no field {field} that the connected user may see.", "Read the org again and choose from what it has.");
        return known.Selectable ? known : throw new InvalidInputException($"{detail.Object.Name}.{known.Name} cannot be selected: {known.Reason}", "Choose other fields.");
    }

    private static IEnumerable<string> Required(CatalogObjectDetail detail) => detail.Fields.Where(field => field is { Required: true, Selectable: true }).Select(field => field.Name);

    private static List<string> InOrder(CatalogObjectDetail detail, HashSet<string> names) => [.. detail.Fields.Select(field => field.Name).Where(names.Contains)];

    private static bool Same(string one, string other) => string.Equals(one, other, StringComparison.OrdinalIgnoreCase);
}

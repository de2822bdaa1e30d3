using Orgtap.Connections;
using Orgtap.Primitives;
using Orgtap.Salesforce;

namespace Orgtap.Catalog;

/// <summary>What became of a wish.</summary>
/// <param name="Selection">As it is stored now.</param>
/// <param name="Missing">What was asked for and cannot be had.</param>
public sealed record SelectionOutcome(IReadOnlyList<SelectedObject> Selection, IReadOnlyList<MissingPart> Missing);

/// <param name="Field">Null: the whole table.</param>
/// <param name="Reason">For people.</param>
public sealed record MissingPart(string SObject, string? Field, string Reason);

/// <summary>Turns presets and lists of tables into a selection that this org can serve.</summary>
public sealed class Selecting(CatalogReader catalog, SelectionStore store)
{
    /// <summary>Replaces the selection. What this org lacks is left out and named.</summary>
    /// <param name="presets">Keys of <see cref="Presets.All"/>.</param>
    /// <exception cref="InvalidInputException">An unknown preset, or nothing of what was asked for can be had.</exception>
    public async Task<SelectionOutcome> ApplyAsync(Connection connection, IReadOnlyList<string> presets, IReadOnlyList<SelectedObject> objects, CancellationToken cancellationToken)
    {
        var counter = new CallCounter();
        var offered = await catalog.ObjectsAsync(connection, counter, cancellationToken);
        var outcome = Choose(offered, presets, objects);

        var (selection, missing) = (new List<SelectedObject>(), outcome.Missing.ToList());
        foreach (var wanted in outcome.Selection)
        {
            if (wanted.Fields is null)
            {
                selection.Add(wanted);
                continue;
            }
            var detail = await catalog.ObjectAsync(connection, wanted.SObject, counter, cancellationToken);
            var schema = detail.SchemaOf(wanted.Fields, out var lacking);
            missing.AddRange(lacking.Select(field => new MissingPart(wanted.SObject, field,
                detail.Fields.FirstOrDefault(known => string.Equals(known.Name, field, StringComparison.OrdinalIgnoreCase))?.Reason
                ?? "This org does not have the field, or the connected user may not see it.")));
            selection.Add(wanted with { Fields = [.. schema.Columns.Select(column => column.Name)] });
        }
        if (selection.Count == 0)
            throw new InvalidInputException($"Nothing was selected: {string.Join(" ", missing.Select(part => $"{part.SObject}: {part.Reason}"))}".TrimEnd(),
                "Choose a preset or tables that this org has; `orgtap tables` lists them.");
        await store.SetAsync(connection.Id, selection, cancellationToken);
        return new SelectionOutcome(selection, missing);
    }

    /// <summary>The tables of a wish that the org has, once each, in the order asked for. Pure.</summary>
    public static SelectionOutcome Choose(IReadOnlyList<CatalogObject> offered, IReadOnlyList<string> presets, IReadOnlyList<SelectedObject> objects)
    {
        var byName = offered.ToDictionary(item => item.Name, StringComparer.OrdinalIgnoreCase);
        var wanted = new List<SelectedObject>();
        foreach (var key in presets)
        {
            var preset = Presets.Find(key) ?? throw new InvalidInputException($"There is no preset called {key}.",
                $"Use one of: {string.Join(", ", Presets.All.Select(known => known.Key))}.");
            wanted.AddRange(preset.Key == Presets.AllKey
                ? offered.Where(item => item.Selectable).OrderBy(item => item.Name, StringComparer.Ordinal).Select(item => new SelectedObject(item.Name))
                : preset.Tables);
        }
        wanted.AddRange(objects);

        var (taken, missing) = (new Dictionary<string, SelectedObject>(StringComparer.OrdinalIgnoreCase), new Dictionary<string, MissingPart>(StringComparer.OrdinalIgnoreCase));
        var order = new List<string>();
        foreach (var item in wanted)
        {
            if (!byName.TryGetValue(item.SObject, out var known))
                missing[item.SObject] = new MissingPart(item.SObject, null, "This org does not have the table, or the connected user may not see it.");
            else if (!known.Selectable)
                missing[known.Name] = new MissingPart(known.Name, null, known.Reason ?? "It cannot be synced.");
            else if (taken.TryGetValue(known.Name, out var before))
                taken[known.Name] = before with { Fields = before.Fields is null || item.Fields is null ? null : [.. before.Fields.Union(item.Fields, StringComparer.OrdinalIgnoreCase)] };
            else
            {
                taken[known.Name] = item with { SObject = known.Name };
                order.Add(known.Name);
            }
        }
        return new SelectionOutcome([.. order.Select(name => taken[name])], [.. missing.Values]);
    }
}

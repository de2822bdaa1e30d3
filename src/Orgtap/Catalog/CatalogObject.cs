using Orgtap.Records;

namespace Orgtap.Catalog;

/// <summary>A table of the org as a person chooses it.</summary>
/// <param name="Reason">Why it cannot be selected, in words; null if it can.</param>
/// <param name="Replicateable">Salesforce keeps a list of its deleted records.</param>
public sealed record CatalogObject(string Name, string Label, bool Custom, bool Selectable, string? Reason, bool Replicateable = false);

/// <summary>A field of a table as a person chooses it.</summary>
/// <param name="SalesforceType">Salesforce's word, e.g. <c>currency</c>.</param>
/// <param name="Column">What it becomes in the replica; null if it cannot be selected.</param>
/// <param name="Reason">Why it cannot be selected, in words; null if it can.</param>
/// <param name="Formula">Its value changes without a new modification time.</param>
/// <param name="Required">Always loaded with the table: what identifies a row and says when it changed.</param>
public sealed record CatalogField(string Name, string Label, string SalesforceType, Column? Column, bool Selectable, string? Reason, bool Formula, bool Required);

/// <summary>A table with its fields.</summary>
/// <param name="StampField">The field that tells when a row was last changed; null where there is none and all rows are read every time.</param>
public sealed record CatalogObjectDetail(CatalogObject Object, IReadOnlyList<CatalogField> Fields, string? StampField)
{
    /// <summary>The replica table of a selection: Id first, what is always loaded, then the wanted fields in Salesforce's order.</summary>
    /// <param name="wanted">API names; null: every selectable field.</param>
    /// <param name="missing">Wanted fields that this org does not have, does not show or that cannot be loaded.</param>
    /// <exception cref="Primitives.InvalidInputException">The table cannot be selected.</exception>
    public ObjectSchema SchemaOf(IReadOnlyList<string>? wanted, out IReadOnlyList<string> missing)
    {
        if (!Object.Selectable || Fields.FirstOrDefault(field => field.Name == "Id") is not { Column: { } id })
            throw new Primitives.InvalidInputException($"{Object.Name} cannot be synced: {Object.Reason ?? "it has no Id."}", "Take it out of the selection.");
        var names = wanted?.ToHashSet(StringComparer.OrdinalIgnoreCase);
        var columns = new List<Column> { id };
        foreach (var field in Fields)
            if (field is { Column: { } column, Name: not "Id" } && (field.Required || names is null || names.Contains(field.Name))) columns.Add(column);
        missing = names is null ? [] : [.. names.Where(name => !columns.Any(column => string.Equals(column.Name, name, StringComparison.OrdinalIgnoreCase))).Order(StringComparer.Ordinal)];
        return new ObjectSchema(Object.Name, columns);
    }
}

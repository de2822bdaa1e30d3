using Orgtap.Salesforce.Describe;

namespace Orgtap.Catalog;

/// <summary>Salesforce does not tell a deleted field from one that the user may no longer see.</summary>
public enum SchemaChangeKind
{
    FieldAdded,

    /// <summary>Deleted, renamed or no longer visible; its column and values stay.</summary>
    FieldGone,

    /// <summary>Its column is widened where it must be.</summary>
    FieldRetyped,

    FieldRelabelled,

    /// <summary>Deleted or no longer visible; its rows stay.</summary>
    TableGone,

    TableBack,
}

/// <summary>One difference between what an org offered before and what it offers now.</summary>
/// <param name="Field">API name; null: the whole table.</param>
/// <param name="Before">Type or label before.</param>
/// <param name="After">Type or label now.</param>
public sealed record SchemaChange(string SObject, string? Field, SchemaChangeKind Kind, string? Before, string? After)
{
    /// <summary>For people.</summary>
    public string Sentence => Kind switch
    {
        SchemaChangeKind.FieldAdded => $"{SObject} has a new field {Field} ({After}).",
        SchemaChangeKind.FieldGone => $"{SObject}.{Field} is no longer there or no longer visible. Its column and values stay.",
        SchemaChangeKind.FieldRetyped => $"{SObject}.{Field} changed its type from {Before} to {After}.",
        SchemaChangeKind.FieldRelabelled => $"{SObject}.{Field} is called {After} now, before {Before}.",
        SchemaChangeKind.TableGone => $"{SObject} is no longer there or no longer visible. Its rows stay as they are.",
        _ => $"{SObject} is there again.",
    };

    /// <summary>Compares two describes of one object. Pure.</summary>
    public static IReadOnlyList<SchemaChange> Between(ObjectDescribe before, ObjectDescribe now)
    {
        var (sobject, changes) = (now.Summary.Name, new List<SchemaChange>());
        foreach (var field in now.Fields)
        {
            if (before.Field(field.Name) is not { } old) changes.Add(new SchemaChange(sobject, field.Name, SchemaChangeKind.FieldAdded, null, field.Type));
            else if (TypeOf(old) != TypeOf(field)) changes.Add(new SchemaChange(sobject, field.Name, SchemaChangeKind.FieldRetyped, TypeOf(old), TypeOf(field)));
            else if (old.Label != field.Label) changes.Add(new SchemaChange(sobject, field.Name, SchemaChangeKind.FieldRelabelled, old.Label, field.Label));
        }
        changes.AddRange(before.Fields.Where(old => now.Field(old.Name) is null).Select(old => new SchemaChange(sobject, old.Name, SchemaChangeKind.FieldGone, TypeOf(old), null)));
        return changes;
    }

    private static string TypeOf(FieldDescribe field) => field.Type is "double" or "currency" or "percent" ? $"{field.Type}({field.Precision},{field.Scale})" : field.Type;
}

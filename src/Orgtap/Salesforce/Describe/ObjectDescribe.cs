using System.Text.Json;

namespace Orgtap.Salesforce.Describe;

/// <summary>One object with its fields, as far as the user may see them: a field hidden by field-level security is absent.</summary>
public sealed record ObjectDescribe(ObjectSummary Summary, IReadOnlyList<FieldDescribe> Fields, IReadOnlyList<ChildRelationship> ChildRelationships)
{
    public string Name => Summary.Name;

    public string Label => Summary.Label;

    /// <summary>By API name, case-insensitive as Salesforce is; null if absent.</summary>
    public FieldDescribe? Field(string name) => Fields.FirstOrDefault(field => string.Equals(field.Name, name, StringComparison.OrdinalIgnoreCase));

    /// <exception cref="JsonException">No name or no list of fields.</exception>
    public static ObjectDescribe Parse(string json)
    {
        using var document = JsonDocument.Parse(json);
        return Read(document.RootElement);
    }

    internal static ObjectDescribe Read(JsonElement root)
    {
        if (root.ValueKind != JsonValueKind.Object || !root.TryGetProperty("fields", out var fields) || fields.ValueKind != JsonValueKind.Array)
            throw new JsonException("An object's describe has a list called fields.");
        return new ObjectDescribe(ObjectSummary.Read(root), [.. fields.EnumerateArray().Select(FieldDescribe.Read)],
            [.. root.Items("childRelationships").Select(ChildRelationship.Read)]);
    }
}

/// <summary>An object whose field points here.</summary>
/// <param name="RelationshipName">Null where queries cannot follow it.</param>
public sealed record ChildRelationship(string ChildSObject, string Field, string? RelationshipName, bool CascadeDelete)
{
    internal static ChildRelationship Read(JsonElement item) =>
        new(item.Text("childSObject") ?? "", item.Text("field") ?? "", item.Text("relationshipName"), item.Flag("cascadeDelete") ?? false);
}

using System.Text.Json;

namespace Orgtap.Salesforce.Describe;

/// <summary>Every object the user can see.</summary>
public sealed record GlobalDescribe(IReadOnlyList<ObjectSummary> Objects)
{
    /// <exception cref="JsonException">No list of objects.</exception>
    public static GlobalDescribe Parse(string json)
    {
        using var document = JsonDocument.Parse(json);
        if (document.RootElement.ValueKind != JsonValueKind.Object || !document.RootElement.TryGetProperty("sobjects", out var list) || list.ValueKind != JsonValueKind.Array)
            throw new JsonException("A global describe has a list called sobjects.");
        return new GlobalDescribe([.. list.EnumerateArray().Where(item => item.Text("name") is not null).Select(ObjectSummary.Read)]);
    }
}

/// <summary>One object in the list of all. What a describe leaves out counts as false; only <see cref="Queryable"/> and <see cref="Retrieveable"/> count as true.</summary>
/// <param name="KeyPrefix">The first three characters of its Ids; null where it has none.</param>
public sealed record ObjectSummary(
    string Name, string Label, string? LabelPlural, string? KeyPrefix, bool Custom, bool CustomSetting, bool Queryable, bool Retrieveable,
    bool Replicateable, bool Searchable, bool Createable, bool Updateable, bool Deletable, bool Triggerable, bool FeedEnabled, bool DeprecatedAndHidden)
{
    internal static ObjectSummary Read(JsonElement item)
    {
        var name = item.Text("name") ?? throw new JsonException("An object without a name.");
        return new ObjectSummary(
            name, item.Text("label") ?? name, item.Text("labelPlural"), item.Text("keyPrefix"), item.Flag("custom") ?? false, item.Flag("customSetting") ?? false,
            item.Flag("queryable") ?? true, item.Flag("retrieveable") ?? true, item.Flag("replicateable") ?? false, item.Flag("searchable") ?? false,
            item.Flag("createable") ?? false, item.Flag("updateable") ?? false, item.Flag("deletable") ?? false, item.Flag("triggerable") ?? false,
            item.Flag("feedEnabled") ?? false, item.Flag("deprecatedAndHidden") ?? false);
    }
}

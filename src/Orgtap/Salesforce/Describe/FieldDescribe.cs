using System.Text.Json;

namespace Orgtap.Salesforce.Describe;

/// <summary>One field. What a describe leaves out counts as 0, null, empty or false; only <see cref="Nillable"/>, <see cref="Filterable"/> and
/// <see cref="Sortable"/> count as true.</summary>
public sealed record FieldDescribe
{
    public required string Name { get; init; }

    public required string Label { get; init; }

    /// <summary>Salesforce's word: <c>string</c>, <c>reference</c>, <c>currency</c>, <c>datetime</c>, <c>address</c>, …</summary>
    public required string Type { get; init; }

    public string? SoapType { get; init; }

    /// <summary>Characters.</summary>
    public int Length { get; init; }

    public int ByteLength { get; init; }

    /// <summary>Digits in all, for decimal types.</summary>
    public int Precision { get; init; }

    /// <summary>Digits behind the point.</summary>
    public int Scale { get; init; }

    /// <summary>Digits in all, for whole numbers.</summary>
    public int Digits { get; init; }

    /// <summary>Not to be relied on: fields that may not be empty are empty in old rows.</summary>
    public bool Nillable { get; init; }

    public bool Createable { get; init; }

    public bool Updateable { get; init; }

    public bool Custom { get; init; }

    /// <summary>A formula or roll-up: its value changes without a new modification time.</summary>
    public bool Calculated { get; init; }

    public string? CalculatedFormula { get; init; }

    /// <summary>The address, location or name this field is a part of.</summary>
    public string? CompoundFieldName { get; init; }

    public string? ExtraTypeInfo { get; init; }

    public bool ExternalId { get; init; }

    public bool IdLookup { get; init; }

    public bool Unique { get; init; }

    public bool Filterable { get; init; }

    public bool Sortable { get; init; }

    public bool Groupable { get; init; }

    public bool DeprecatedAndHidden { get; init; }

    public bool Encrypted { get; init; }

    public bool HtmlFormatted { get; init; }

    public bool NameField { get; init; }

    public bool AutoNumber { get; init; }

    public bool DefaultedOnCreate { get; init; }

    /// <summary>Objects a reference may point to.</summary>
    public IReadOnlyList<string> ReferenceTo { get; init; } = [];

    public string? RelationshipName { get; init; }

    public bool RestrictedPicklist { get; init; }

    public string? ControllerName { get; init; }

    public IReadOnlyList<PicklistEntry> PicklistValues { get; init; } = [];

    internal static FieldDescribe Read(JsonElement item)
    {
        var name = item.Text("name") ?? throw new JsonException("A field without a name.");
        return new FieldDescribe
        {
            Name = name,
            Label = item.Text("label") ?? name,
            Type = item.Text("type") ?? throw new JsonException($"The field {name} has no type."),
            SoapType = item.Text("soapType"),
            Length = item.Int("length"),
            ByteLength = item.Int("byteLength"),
            Precision = item.Int("precision"),
            Scale = item.Int("scale"),
            Digits = item.Int("digits"),
            Nillable = item.Flag("nillable") ?? true,
            Createable = item.Flag("createable") ?? false,
            Updateable = item.Flag("updateable") ?? false,
            Custom = item.Flag("custom") ?? false,
            Calculated = item.Flag("calculated") ?? false,
            CalculatedFormula = item.Text("calculatedFormula"),
            CompoundFieldName = item.Text("compoundFieldName"),
            ExtraTypeInfo = item.Text("extraTypeInfo"),
            ExternalId = item.Flag("externalId") ?? false,
            IdLookup = item.Flag("idLookup") ?? false,
            Unique = item.Flag("unique") ?? false,
            Filterable = item.Flag("filterable") ?? true,
            Sortable = item.Flag("sortable") ?? true,
            Groupable = item.Flag("groupable") ?? false,
            DeprecatedAndHidden = item.Flag("deprecatedAndHidden") ?? false,
            Encrypted = item.Flag("encrypted") ?? false,
            HtmlFormatted = item.Flag("htmlFormatted") ?? false,
            NameField = item.Flag("nameField") ?? false,
            AutoNumber = item.Flag("autoNumber") ?? false,
            DefaultedOnCreate = item.Flag("defaultedOnCreate") ?? false,
            ReferenceTo = [.. item.Items("referenceTo").Where(target => target.ValueKind == JsonValueKind.String).Select(target => target.GetString()!)],
            RelationshipName = item.Text("relationshipName"),
            RestrictedPicklist = item.Flag("restrictedPicklist") ?? false,
            ControllerName = item.Text("controllerName"),
            PicklistValues = [.. item.Items("picklistValues").Select(PicklistEntry.Read)],
        };
    }
}

public sealed record PicklistEntry(string Value, string? Label, bool Active, bool DefaultValue)
{
    internal static PicklistEntry Read(JsonElement item) =>
        new(item.Text("value") ?? "", item.Text("label"), item.Flag("active") ?? true, item.Flag("defaultValue") ?? false);
}

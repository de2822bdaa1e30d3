namespace Orgtap.SimulatedOrg.Schema;

/// <summary>
/// One field as the object describe shows it. The attribute names and their meaning follow the REST describe
/// (https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/resources_sobject_describe.htm).
/// </summary>
public sealed record FieldType
{
    /// <summary>API name, unique in its object regardless of case.</summary>
    public required string Name { get; init; }
    /// <summary>Describe type in Salesforce's own spelling: <c>string</c>, <c>reference</c>, <c>datetime</c> …</summary>
    public required string Type { get; init; }
    public string Label { get; init; } = "";
    public string SoapType { get; init; } = "xsd:string";
    /// <summary>Longest text in UTF-16 units; 0 for types without a length.</summary>
    public int Length { get; init; }
    public int ByteLength { get; init; }
    public int Precision { get; init; }
    public int Scale { get; init; }
    public int Digits { get; init; }
    public bool Nillable { get; init; }
    public bool Createable { get; init; }
    public bool Updateable { get; init; }
    public bool Custom { get; init; }
    public bool Calculated { get; init; }
    public string? CalculatedFormula { get; init; }
    /// <summary>The compound field this one is a component of, e.g. <c>BillingAddress</c>.</summary>
    public string? CompoundFieldName { get; init; }
    public string? ControllerName { get; init; }
    public object? DefaultValue { get; init; }
    public bool DefaultedOnCreate { get; init; }
    public bool DependentPicklist { get; init; }
    public bool DeprecatedAndHidden { get; init; }
    public bool DisplayLocationInDecimal { get; init; }
    public bool Encrypted { get; init; }
    public bool ExternalId { get; init; }
    public string? ExtraTypeInfo { get; init; }
    public bool Filterable { get; init; } = true;
    public bool Sortable { get; init; } = true;
    public bool Groupable { get; init; } = true;
    public bool Aggregatable { get; init; } = true;
    public bool HtmlFormatted { get; init; }
    public bool IdLookup { get; init; }
    public bool AutoNumber { get; init; }
    public bool CaseSensitive { get; init; }
    public bool CascadeDelete { get; init; }
    public bool NameField { get; init; }
    public bool NamePointing { get; init; }
    public bool Permissionable { get; init; }
    public bool PolymorphicForeignKey { get; init; }
    public bool QueryByDistance { get; init; }
    public bool RestrictedPicklist { get; init; }
    public bool Unique { get; init; }
    public string? Mask { get; init; }
    public string? MaskType { get; init; }
    public string? RelationshipName { get; init; }
    public int? RelationshipOrder { get; init; }
    public IReadOnlyList<string> ReferenceTo { get; init; } = [];
    public IReadOnlyList<PicklistValue> PicklistValues { get; init; } = [];

    /// <summary>What the seed puts into this field of base rows; empty for fields added later, whose base rows hold null.</summary>
    public string Content { get; init; } = "";

    /// <summary>True for address and location: they have components and no value of their own.</summary>
    public bool IsCompound => Type is "address" or "location";
}

/// <summary>One entry of a picklist.</summary>
public sealed record PicklistValue(string Value, string Label, bool Active = true, bool DefaultValue = false, string? ValidFor = null);

/// <summary>One entry of <c>childRelationships</c>: <paramref name="Field"/> of <paramref name="ChildObject"/> points here.</summary>
public sealed record ChildRelationship(string ChildObject, string Field, string? RelationshipName, bool CascadeDelete);

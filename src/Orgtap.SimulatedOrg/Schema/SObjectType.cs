using System.Collections.Frozen;

namespace Orgtap.SimulatedOrg.Schema;

/// <summary>One object as describe shows it: an immutable picture; the schema replaces it when something changes.</summary>
public sealed class SObjectType
{
    private readonly Lazy<FieldIndex> _fields;

    /// <param name="fields">Looked at when first needed: a wide org is described object by object. Objects with the same fields share one index.</param>
    internal SObjectType(Lazy<FieldIndex> fields) => _fields = fields;

    public required string Name { get; init; }
    public required string Label { get; init; }
    public required string LabelPlural { get; init; }
    /// <summary>The first three characters of every Id of this object; null where the object has no Ids of its own.</summary>
    public required string? KeyPrefix { get; init; }
    public bool Custom { get; init; }
    public bool CustomSetting { get; init; }
    public bool Queryable { get; init; } = true;
    public bool Retrieveable { get; init; } = true;
    public bool Replicateable { get; init; } = true;
    public bool Searchable { get; init; } = true;
    public bool Createable { get; init; } = true;
    public bool Updateable { get; init; } = true;
    public bool Deletable { get; init; } = true;
    public bool Undeletable { get; init; } = true;
    public bool Mergeable { get; init; }
    public bool Triggerable { get; init; } = true;
    public bool FeedEnabled { get; init; }
    public bool DeprecatedAndHidden { get; init; }
    /// <summary>False for objects that the Bulk API refuses with INVALIDENTITY.</summary>
    public bool BulkSupported { get; init; } = true;
    /// <summary>False for objects whose rows go at once when they are deleted, such as User.</summary>
    public bool HasIsDeleted { get; init; } = true;

    /// <summary>The fields the user may see, in describe's order.</summary>
    public IReadOnlyList<FieldType> Fields => _fields.Value.Visible;

    /// <summary>A visible field; case does not matter. Null when there is none or it is hidden.</summary>
    public FieldType? Field(string name) => _fields.Value.VisibleByName.GetValueOrDefault(name);

    /// <summary>All fields, hidden ones too: what the store keeps.</summary>
    internal IReadOnlyList<FieldType> AllFields => _fields.Value.All;
    internal FieldType? AnyField(string name) => _fields.Value.ByName.GetValueOrDefault(name);
    /// <summary>Names the user may not see: field-level security makes a field absent.</summary>
    internal FrozenSet<string> HiddenFields => _fields.Value.Hidden;

    /// <summary>The same object with other fields.</summary>
    internal SObjectType WithFields(IReadOnlyList<FieldType> allFields, FrozenSet<string> hiddenFields) => new(new Lazy<FieldIndex>(() => new FieldIndex(allFields, hiddenFields)))
    {
        Name = Name, Label = Label, LabelPlural = LabelPlural, KeyPrefix = KeyPrefix, Custom = Custom, CustomSetting = CustomSetting,
        Queryable = Queryable, Retrieveable = Retrieveable, Replicateable = Replicateable, Searchable = Searchable, Createable = Createable,
        Updateable = Updateable, Deletable = Deletable, Undeletable = Undeletable, Mergeable = Mergeable, Triggerable = Triggerable,
        FeedEnabled = FeedEnabled, DeprecatedAndHidden = DeprecatedAndHidden, BulkSupported = BulkSupported, HasIsDeleted = HasIsDeleted,
    };
}

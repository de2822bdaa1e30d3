using System.Collections.Frozen;

namespace Orgtap.SimulatedOrg.Schema;

/// <summary>One object as describe shows it: an immutable picture; the schema replaces it when something changes.</summary>
public sealed class SObjectType
{
    private readonly Lazy<FieldIndex> _fields;

    /// <param name="allFields">Called once, when the fields are first looked at: a wide org is described object by object.</param>
    /// <param name="hiddenFields">Names the user may not see (field-level security makes a field absent).</param>
    internal SObjectType(Func<IReadOnlyList<FieldType>> allFields, FrozenSet<string> hiddenFields)
    {
        AllFieldsSource = allFields;
        HiddenFields = hiddenFields;
        _fields = new Lazy<FieldIndex>(() => new FieldIndex(allFields(), hiddenFields));
    }

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
    public bool HasIsDeleted => AnyField("IsDeleted") is not null;

    /// <summary>The fields the user may see, in describe's order.</summary>
    public IReadOnlyList<FieldType> Fields => _fields.Value.Visible;

    /// <summary>A visible field; case does not matter. Null when there is none or it is hidden.</summary>
    public FieldType? Field(string name) => _fields.Value.VisibleByName.GetValueOrDefault(name);

    /// <summary>All fields, hidden ones too: what the store keeps.</summary>
    internal IReadOnlyList<FieldType> AllFields => _fields.Value.All;
    internal FieldType? AnyField(string name) => _fields.Value.ByName.GetValueOrDefault(name);
    internal Func<IReadOnlyList<FieldType>> AllFieldsSource { get; }
    internal FrozenSet<string> HiddenFields { get; }

    /// <summary>The same object with other fields.</summary>
    internal SObjectType WithFields(Func<IReadOnlyList<FieldType>> allFields, FrozenSet<string> hiddenFields) => new(allFields, hiddenFields)
    {
        Name = Name, Label = Label, LabelPlural = LabelPlural, KeyPrefix = KeyPrefix, Custom = Custom, CustomSetting = CustomSetting,
        Queryable = Queryable, Retrieveable = Retrieveable, Replicateable = Replicateable, Searchable = Searchable, Createable = Createable,
        Updateable = Updateable, Deletable = Deletable, Undeletable = Undeletable, Mergeable = Mergeable, Triggerable = Triggerable,
        FeedEnabled = FeedEnabled, DeprecatedAndHidden = DeprecatedAndHidden, BulkSupported = BulkSupported,
    };

    private sealed class FieldIndex
    {
        public FieldIndex(IReadOnlyList<FieldType> all, FrozenSet<string> hidden)
        {
            All = all;
            Visible = hidden.Count == 0 ? all : [.. all.Where(field => !hidden.Contains(field.Name))];
            ByName = all.ToFrozenDictionary(field => field.Name, StringComparer.OrdinalIgnoreCase);
            VisibleByName = hidden.Count == 0 ? ByName : Visible.ToFrozenDictionary(field => field.Name, StringComparer.OrdinalIgnoreCase);
        }

        public IReadOnlyList<FieldType> All { get; }
        public IReadOnlyList<FieldType> Visible { get; }
        public FrozenDictionary<string, FieldType> ByName { get; }
        public FrozenDictionary<string, FieldType> VisibleByName { get; }
    }
}

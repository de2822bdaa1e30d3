using System.Collections.Frozen;

namespace Orgtap.SimulatedOrg.Schema;

/// <summary>The schema at one moment.</summary>
internal sealed class SchemaPicture
{
    private readonly Lazy<ILookup<string, ChildRelationship>> _children;

    public SchemaPicture(IEnumerable<SObjectType> objects, FrozenSet<string> hidden, DateTimeOffset lastModified, long version)
    {
        All = [.. objects.OrderBy(sobject => sobject.Name, StringComparer.OrdinalIgnoreCase)];
        Visible = hidden.Count == 0 ? All : [.. All.Where(sobject => !hidden.Contains(sobject.Name))];
        ByName = All.ToFrozenDictionary(sobject => sobject.Name, StringComparer.OrdinalIgnoreCase);
        Hidden = hidden;
        LastModified = lastModified;
        Version = version;
        _children = new Lazy<ILookup<string, ChildRelationship>>(Relate);
    }

    public IReadOnlyList<SObjectType> All { get; }
    public IReadOnlyList<SObjectType> Visible { get; }
    public FrozenDictionary<string, SObjectType> ByName { get; }
    public FrozenSet<string> Hidden { get; }
    public DateTimeOffset LastModified { get; }
    public long Version { get; }

    public IReadOnlyList<ChildRelationship> Children(string sobject) => [.. _children.Value[sobject]];

    private ILookup<string, ChildRelationship> Relate() => Visible
        .SelectMany(child => child.Fields.Where(field => field.Type == "reference" && !field.PolymorphicForeignKey), (child, field) => (child, field))
        .SelectMany(pair => pair.field.ReferenceTo, (pair, parent) => (parent,
            relationship: new ChildRelationship(pair.child.Name, pair.field.Name, ChildNames.Of(pair.child, pair.field), pair.field.CascadeDelete)))
        .ToLookup(pair => pair.parent, pair => pair.relationship, StringComparer.OrdinalIgnoreCase);
}

/// <summary>Names of parent-to-child relationships.</summary>
internal static class ChildNames
{
    /// <returns>Null for the who-created-it fields, which have no relationship back.</returns>
    public static string? Of(SObjectType child, FieldType field)
    {
        if (field.Name is "CreatedById" or "LastModifiedById" or "OwnerId" or "MasterRecordId" or "RecordTypeId") return null;
        if (field.Custom) return Namespace(child.Name) + child.LabelPlural.Replace(" ", "_", StringComparison.Ordinal) + "__r";
        if (field.Name == "ParentId" && field.ReferenceTo[0] == child.Name) return "Child" + child.LabelPlural.Replace(" ", "", StringComparison.Ordinal);
        return child.Name.EndsWith("History", StringComparison.Ordinal) ? "Histories" : child.LabelPlural.Replace(" ", "", StringComparison.Ordinal);
    }

    /// <summary><c>acme__</c> of <c>acme__Shipment__c</c>; nothing for the org's own objects.</summary>
    private static string Namespace(string name) => name.Split("__") is [var prefix, _, _] ? prefix + "__" : "";
}

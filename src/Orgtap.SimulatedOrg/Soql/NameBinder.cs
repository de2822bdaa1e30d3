using Orgtap.SimulatedOrg.Data;
using Orgtap.SimulatedOrg.Schema;

namespace Orgtap.SimulatedOrg.Soql;

/// <summary>Finds what the names of one SELECT mean.</summary>
internal sealed class NameBinder(OrgStore store, string soql, SObjectType from, string? alias)
{
    public OrgStore Store { get; } = store;
    public string Soql { get; } = soql;
    public SObjectType From { get; } = from;
    public ObjectRows Rows { get; } = store.Rows(from.Name);

    /// <exception cref="SoqlException">INVALID_FIELD.</exception>
    public Accessor Field(Name path)
    {
        var parts = path.Text.Split('.');
        var first = parts.Length > 1 && (Same(parts[0], alias) || (Same(parts[0], From.Name) && Reference(From, parts[0]) is null)) ? 1 : 0;
        SObjectType[] types = [From];
        var hops = new List<BoundField>();
        var name = new List<string>();
        for (var i = first; i < parts.Length - 1; i++)
        {
            var reference = Reference(types[0], parts[i]) ?? throw SoqlErrors.NoRelationship(Soql, path.At, parts[i]);
            hops.Add(Store.Rows(types[0].Name).Bind(reference));
            name.Add(reference.RelationshipName!);
            types = [.. reference.ReferenceTo.Select(Store.Schema.Find).OfType<SObjectType>()];
            if (types.Length == 0) throw SoqlErrors.NoRelationship(Soql, path.At, parts[i]);
        }
        var last = new Dictionary<ObjectRows, BoundField>();
        foreach (var type in types)
        {
            if (type.Field(parts[^1]) is not { } field) continue;
            var rows = Store.Rows(type.Name);
            last[rows] = rows.Bind(field);
        }
        if (last.Count == 0) throw SoqlErrors.NoColumn(Soql, path.At, parts[^1], types.Length == 1 ? types[0].Name : "Name");
        name.Add(last.Values.First().Field.Name);
        return new Accessor(Store, string.Join('.', name), [.. hops], last);
    }

    /// <summary>A binder for a child relationship's rows, with the field that points back.</summary>
    /// <exception cref="SoqlException">INVALID_TYPE.</exception>
    public (NameBinder Child, FieldType Back, string Relationship) Children(SelectSyntax query)
    {
        var name = query.From.Text[(query.From.Text.IndexOf('.', StringComparison.Ordinal) + 1)..];
        var child = Store.Schema.ChildRelationships(From.Name).FirstOrDefault(relationship => Same(relationship.RelationshipName, name))
            ?? throw SoqlErrors.NoChildren(Soql, query.From.At, name);
        var type = Store.Schema.Find(child.ChildObject)!;
        return (new NameBinder(Store, Soql, type, query.Alias), type.Field(child.Field)!, child.RelationshipName!);
    }

    private static FieldType? Reference(SObjectType type, string relationship) =>
        type.Fields.FirstOrDefault(field => field.Type == "reference" && Same(field.RelationshipName, relationship));

    private static bool Same(string? left, string? right) => left is not null && string.Equals(left, right, StringComparison.OrdinalIgnoreCase);
}

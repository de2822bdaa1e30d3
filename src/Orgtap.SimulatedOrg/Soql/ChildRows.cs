using System.Text;
using System.Text.Json;
using Orgtap.SimulatedOrg.Data;

namespace Orgtap.SimulatedOrg.Soql;

/// <summary>A parent-to-child subquery: the children of all parents are found in one pass, when the first parent is written.</summary>
internal sealed class ChildRows(string relationship, BoundField back, ObjectRows children, Func<RowSet> select, JsonShape shape, long limit, long offset)
{
    private readonly Lazy<Dictionary<string, List<long>>> _byParent = new(() => Group(select(), back, children));

    public string Relationship { get; } = relationship;

    /// <summary>Null when the parent has no children that match.</summary>
    public void Write(Utf8JsonWriter writer, RowRef parent, string versionPath)
    {
        var found = _byParent.Value.GetValueOrDefault(SalesforceId.Text(parent.Rows.KeyPrefix, parent.Ordinal)) is { } all
            ? all.Skip((int)offset).Take((int)Math.Min(limit, int.MaxValue)).ToList() : [];
        if (found.Count == 0)
        {
            writer.WriteNullValue();
            return;
        }
        var scratch = new Scratch();
        writer.WriteStartObject();
        writer.WriteNumber("totalSize", found.Count);
        writer.WriteBoolean("done", true);
        writer.WriteStartArray("records");
        foreach (var ordinal in found) shape.Write(writer, children.Row(ordinal), versionPath, scratch);
        writer.WriteEndArray();
        writer.WriteEndObject();
    }

    private static Dictionary<string, List<long>> Group(RowSet set, BoundField back, ObjectRows children)
    {
        var groups = new Dictionary<string, List<long>>(StringComparer.Ordinal);
        var scratch = new Scratch();
        var cursor = set.From(0);
        for (var ordinal = cursor.Next(); ordinal >= 0; ordinal = cursor.Next())
        {
            scratch.Reset();
            var id = back.Read(children.Row(ordinal), scratch);
            if (id.IsNull) continue;
            var key = Encoding.ASCII.GetString(id.Text);
            if (!groups.TryGetValue(key, out var list)) groups[key] = list = [];
            list.Add(ordinal);
        }
        return groups;
    }
}

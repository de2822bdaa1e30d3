using System.Text.Json;
using Orgtap.SimulatedOrg.Data;
using Orgtap.SimulatedOrg.Rendering;
using Orgtap.SimulatedOrg.Schema;

namespace Orgtap.SimulatedOrg.Soql;

/// <summary>How one record becomes JSON: its attributes, its fields in the query's order, parents nested, children as result sets.</summary>
internal sealed class JsonShape(OrgStore store)
{
    private readonly List<(JsonEncodedText Name, object Part)> _parts = [];

    public void Add(Accessor column) => Add(column, 0);

    public void Add(ChildRows children) => _parts.Add((JsonEncodedText.Encode(children.Relationship), children));

    public void Write(Utf8JsonWriter writer, RowRef row, string versionPath, Scratch scratch)
    {
        writer.WriteStartObject();
        WriteAttributes(writer, row, versionPath);
        foreach (var (name, part) in _parts)
        {
            writer.WritePropertyName(name);
            scratch.Reset();
            switch (part)
            {
                case Accessor column when column.LastOf(row.Rows) is { } field: WriteField(writer, row, field, versionPath, scratch); break;
                case Parent parent when Accessor.Parent(store, parent.Reference.Read(row, scratch)) is { } found: parent.Shape.Write(writer, found, versionPath, scratch); break;
                case ChildRows children: children.Write(writer, row, versionPath); break;
                default: writer.WriteNullValue(); break;
            }
        }
        writer.WriteEndObject();
    }

    private void Add(Accessor column, int hop)
    {
        if (hop == column.Hops.Count)
        {
            _parts.Add((JsonEncodedText.Encode(column.Field.Name), column));
            return;
        }
        var reference = column.Hops[hop];
        var parent = _parts.Select(static entry => entry.Part).OfType<Parent>().FirstOrDefault(other => ReferenceEquals(other.Reference, reference));
        if (parent is null)
        {
            parent = new Parent(reference, new JsonShape(store));
            _parts.Add((JsonEncodedText.Encode(reference.Field.RelationshipName!), parent));
        }
        parent.Shape.Add(column, hop + 1);
    }

    private static void WriteAttributes(Utf8JsonWriter writer, RowRef row, string versionPath)
    {
        writer.WriteStartObject("attributes");
        writer.WriteString("type", row.Rows.Name);
        writer.WriteString("url", Url(row, versionPath));
        writer.WriteEndObject();
    }

    private void WriteField(Utf8JsonWriter writer, RowRef row, BoundField field, string versionPath, Scratch scratch)
    {
        var cell = field.Read(row, scratch);
        if (cell.Kind == CellKind.Compound) WriteCompound(writer, row, field.Field, scratch);
        else if (cell.Kind == CellKind.Blob) writer.WriteStringValue($"{Url(row, versionPath)}/{field.Field.Name}");
        else JsonCell.Write(writer, cell, field.Field.Type is "int" or "long");
    }

    /// <summary>An address has all its keys; without any component the whole is null.</summary>
    private void WriteCompound(Utf8JsonWriter writer, RowRef row, FieldType compound, Scratch scratch)
    {
        var type = store.Schema.FindAny(row.Rows.Name)!;
        var components = type.Fields.Where(field => field.CompoundFieldName == compound.Name && field.Name != compound.Name)
            .Select(field => (Key: Key(field.Name), Bound: row.Rows.Bind(field))).OrderBy(static component => component.Key, StringComparer.Ordinal).ToList();
        if (components.TrueForAll(component => component.Bound.Read(row, scratch).IsNull))
        {
            writer.WriteNullValue();
            return;
        }
        writer.WriteStartObject();
        foreach (var (key, bound) in components)
        {
            writer.WritePropertyName(key);
            JsonCell.Write(writer, bound.Read(row, scratch), isInteger: false);
        }
        writer.WriteEndObject();
    }

    private static string Key(string component)
    {
        foreach (var key in (ReadOnlySpan<string>)["street", "city", "stateCode", "state", "postalCode", "countryCode", "country", "latitude", "longitude", "geocodeAccuracy"])
        {
            if (component.Replace("__s", "", StringComparison.Ordinal).EndsWith(key, StringComparison.OrdinalIgnoreCase)) return key;
        }
        return component;
    }

    private static string Url(RowRef row, string versionPath) => $"{versionPath}/sobjects/{row.Rows.Name}/{SalesforceId.Text(row.Rows.KeyPrefix, row.Ordinal)}";

    private sealed record Parent(BoundField Reference, JsonShape Shape);
}

using System.Text.Json;
using Orgtap.SimulatedOrg.Schema;
using Orgtap.SimulatedOrg.Soql;

namespace Orgtap.SimulatedOrg.Rest;

/// <summary>The answer to <c>/query?q=…&amp;columns=true</c>: what the columns are instead of the rows. sf asks for it before it prints a table.</summary>
internal sealed class QueryColumns(OrgSchema schema)
{
    public void Write(Utf8JsonWriter writer, PreparedQuery query)
    {
        writer.WriteStartObject();
        writer.WriteStartArray("columnMetadata");
        WriteLevel(writer, query.From, query.Columns, query.Plan.Syntax.IsAggregate);
        foreach (var item in query.Plan.Syntax.Items.OfType<SubqueryItem>()) WriteChildren(writer, query.From, item.Query);
        writer.WriteEndArray();
        writer.WriteString("entityName", query.From.Name);
        writer.WriteBoolean("groupBy", query.Plan.Syntax.GroupBy.Count > 0);
        writer.WriteBoolean("idSelected", query.Columns.Contains("Id"));
        writer.WriteString("keyPrefix", query.From.KeyPrefix);
        writer.WriteEndObject();
    }

    /// <summary>Fields of one object; those of its parents stand below the relationship's name.</summary>
    private void WriteLevel(Utf8JsonWriter writer, SObjectType? type, IReadOnlyList<string> paths, bool aggregate)
    {
        foreach (var group in paths.GroupBy(path => path.Split('.', 2)[0]))
        {
            string[] below = [.. group.Where(path => path.Contains('.', StringComparison.Ordinal)).Select(path => path.Split('.', 2)[1])];
            var field = type?.Field(group.Key);
            Start(writer, group.Key, below.Length == 0 ? field : null, aggregate && field is null);
            var reference = type?.Fields.FirstOrDefault(candidate => string.Equals(candidate.RelationshipName, group.Key, StringComparison.OrdinalIgnoreCase));
            if (below.Length > 0) WriteLevel(writer, reference is { ReferenceTo: [var parent, ..] } ? schema.Find(parent) : null, below, aggregate: false);
            End(writer, below.Length == 0 ? field : null);
        }
    }

    private void WriteChildren(Utf8JsonWriter writer, SObjectType parent, SelectSyntax query)
    {
        var child = schema.ChildRelationships(parent.Name).FirstOrDefault(child => string.Equals(child.RelationshipName, query.From.Text, StringComparison.OrdinalIgnoreCase));
        Start(writer, query.From.Text, null, aggregate: true);
        WriteLevel(writer, child is null ? null : schema.Find(child.ChildObject), [.. query.Items.OfType<FieldItem>().Select(item => item.Path.Text)], aggregate: false);
        End(writer, null);
    }

    private static void Start(Utf8JsonWriter writer, string name, FieldType? field, bool aggregate)
    {
        writer.WriteStartObject();
        writer.WriteBoolean("aggregate", aggregate);
        writer.WriteString("apexType", field is null ? null : ApexType(field));
        writer.WriteBoolean("booleanType", field?.Type == "boolean");
        writer.WriteString("columnName", name);
        writer.WriteBoolean("custom", field?.Custom ?? false);
        writer.WriteString("displayName", name);
        writer.WriteString("foreignKeyName", field is { Type: "reference" } ? field.RelationshipName : null);
        writer.WriteBoolean("insertable", field?.Createable ?? false);
        writer.WriteStartArray("joinColumns");
    }

    private static void End(Utf8JsonWriter writer, FieldType? field)
    {
        writer.WriteEndArray();
        writer.WriteBoolean("numberType", field?.Type is "int" or "long" or "double" or "currency" or "percent");
        writer.WriteBoolean("textType", field?.SoapType == "xsd:string");
        writer.WriteBoolean("updatable", field?.Updateable ?? false);
        writer.WriteEndObject();
    }

    private static string ApexType(FieldType field) => field.Type switch
    {
        "id" or "reference" => "Id",
        "boolean" => "Boolean",
        "int" => "Integer",
        "long" => "Long",
        "double" or "currency" or "percent" => "Double",
        "date" => "Date",
        "datetime" => "Datetime",
        "time" => "Time",
        _ => "String",
    };
}

using System.Globalization;
using System.Text.Json;

namespace Orgtap.SimulatedOrg.Schema;

/// <summary>Bodies of <c>GET …/sobjects</c> and <c>GET …/sobjects/X/describe</c>.</summary>
public static class DescribeJson
{
    /// <param name="versionPath">e.g. <c>/services/data/v66.0</c>, the start of every address in the reply.</param>
    public static void WriteGlobal(Utf8JsonWriter writer, OrgSchema schema, string versionPath)
    {
        writer.WriteStartObject();
        writer.WriteString("encoding", "UTF-8");
        writer.WriteNumber("maxBatchSize", 200);
        writer.WriteStartArray("sobjects");
        foreach (var sobject in schema.Objects)
        {
            writer.WriteStartObject();
            WriteTraits(writer, sobject);
            writer.WriteStartObject("urls");
            WriteUrls(writer, sobject, versionPath);
            writer.WriteEndObject();
            writer.WriteEndObject();
        }
        writer.WriteEndArray();
        writer.WriteEndObject();
    }

    /// <inheritdoc cref="WriteGlobal"/>
    public static void WriteObject(Utf8JsonWriter writer, OrgSchema schema, SObjectType sobject, string versionPath)
    {
        writer.WriteStartObject();
        writer.WriteStartArray("actionOverrides");
        writer.WriteEndArray();
        writer.WriteStartArray("childRelationships");
        foreach (var child in schema.ChildRelationships(sobject.Name)) WriteChild(writer, child);
        writer.WriteEndArray();
        writer.WriteBoolean("compactLayoutable", !sobject.Name.EndsWith("History", StringComparison.Ordinal));
        writer.WriteStartArray("fields");
        foreach (var field in sobject.Fields) FieldJson.Write(writer, field, sobject);
        writer.WriteEndArray();
        WriteTraits(writer, sobject);
        foreach (var name in (ReadOnlySpan<string>)["defaultImplementation", "extendedBy", "extendsInterfaces", "implementedBy", "implementsInterfaces"]) writer.WriteNull(name);
        writer.WriteNull("listviewable");
        writer.WriteNull("lookupLayoutable");
        writer.WriteStartArray("namedLayoutInfos");
        writer.WriteEndArray();
        writer.WriteNull("networkScopeFieldName");
        WriteRecordTypes(writer, sobject, versionPath);
        writer.WriteBoolean("searchLayoutable", sobject.Searchable);
        writer.WriteStartArray("supportedScopes");
        writer.WriteStartObject();
        writer.WriteString("label", "All " + sobject.LabelPlural.ToLowerInvariant());
        writer.WriteString("name", "everything");
        writer.WriteEndObject();
        writer.WriteEndArray();
        writer.WriteStartObject("urls");
        WriteUrls(writer, sobject, versionPath);
        WriteUrl(writer, "defaultValues", sobject, versionPath, "/defaultValues?recordTypeId&fields");
        writer.WriteString("uiDetailTemplate", "/{ID}");
        writer.WriteString("uiEditTemplate", "/{ID}/e");
        writer.WriteString("uiNewRecord", $"/{sobject.KeyPrefix}/e");
        writer.WriteEndObject();
        writer.WriteEndObject();
    }

    private static void WriteTraits(Utf8JsonWriter writer, SObjectType sobject)
    {
        writer.WriteBoolean("activateable", false);
        writer.WriteNull("associateEntityType");
        writer.WriteNull("associateParentEntity");
        writer.WriteBoolean("createable", sobject.Createable);
        writer.WriteBoolean("custom", sobject.Custom);
        writer.WriteBoolean("customSetting", sobject.CustomSetting);
        writer.WriteBoolean("deepCloneable", false);
        writer.WriteBoolean("deletable", sobject.Deletable);
        writer.WriteBoolean("deprecatedAndHidden", sobject.DeprecatedAndHidden);
        writer.WriteBoolean("feedEnabled", sobject.FeedEnabled);
        writer.WriteBoolean("hasSubtypes", false);
        writer.WriteBoolean("isInterface", false);
        writer.WriteBoolean("isSubtype", false);
        writer.WriteString("keyPrefix", sobject.KeyPrefix);
        writer.WriteString("label", sobject.Label);
        writer.WriteString("labelPlural", sobject.LabelPlural);
        writer.WriteBoolean("layoutable", sobject.Createable);
        writer.WriteBoolean("mergeable", sobject.Mergeable);
        writer.WriteBoolean("mruEnabled", sobject.Searchable);
        writer.WriteString("name", sobject.Name);
        writer.WriteBoolean("queryable", sobject.Queryable);
        writer.WriteBoolean("replicateable", sobject.Replicateable);
        writer.WriteBoolean("retrieveable", sobject.Retrieveable);
        writer.WriteBoolean("searchable", sobject.Searchable);
        writer.WriteBoolean("triggerable", sobject.Triggerable);
        writer.WriteBoolean("undeletable", sobject.Undeletable);
        writer.WriteBoolean("updateable", sobject.Updateable);
    }

    private static void WriteChild(Utf8JsonWriter writer, ChildRelationship child)
    {
        writer.WriteStartObject();
        writer.WriteBoolean("cascadeDelete", child.CascadeDelete);
        writer.WriteString("childSObject", child.ChildObject);
        writer.WriteBoolean("deprecatedAndHidden", false);
        writer.WriteString("field", child.Field);
        writer.WriteStartArray("junctionIdListNames");
        writer.WriteEndArray();
        writer.WriteStartArray("junctionReferenceTo");
        writer.WriteEndArray();
        writer.WriteString("relationshipName", child.RelationshipName);
        writer.WriteBoolean("restrictedDelete", false);
        writer.WriteEndObject();
    }

    /// <summary>Every object has the master record type; the org's own ones are rows of RecordType.</summary>
    private static void WriteRecordTypes(Utf8JsonWriter writer, SObjectType sobject, string versionPath)
    {
        writer.WriteStartArray("recordTypeInfos");
        writer.WriteStartObject();
        foreach (var flag in (ReadOnlySpan<string>)["active", "available", "defaultRecordTypeMapping", "master"]) writer.WriteBoolean(flag, true);
        writer.WriteString("developerName", "Master");
        writer.WriteString("name", "Master");
        writer.WriteString("recordTypeId", "012000000000000AAA");
        writer.WriteStartObject("urls");
        WriteUrl(writer, "layout", sobject, versionPath, "/describe/layouts/012000000000000AAA");
        writer.WriteEndObject();
        writer.WriteEndObject();
        writer.WriteEndArray();
    }

    private static void WriteUrls(Utf8JsonWriter writer, SObjectType sobject, string versionPath)
    {
        if (sobject.Retrieveable) WriteUrl(writer, "rowTemplate", sobject, versionPath, "/{ID}");
        WriteUrl(writer, "describe", sobject, versionPath, "/describe");
        WriteUrl(writer, "sobject", sobject, versionPath, "");
        if (!sobject.Searchable) return;
        foreach (var (name, suffix) in (ReadOnlySpan<(string, string)>)[("compactLayouts", "/describe/compactLayouts"), ("layouts", "/describe/layouts"),
            ("approvalLayouts", "/describe/approvalLayouts"), ("listviews", "/listviews"), ("quickActions", "/quickActions")])
        {
            WriteUrl(writer, name, sobject, versionPath, suffix);
        }
    }

    private static void WriteUrl(Utf8JsonWriter writer, string name, SObjectType sobject, string versionPath, string suffix) =>
        writer.WriteString(name, string.Create(CultureInfo.InvariantCulture, $"{versionPath}/sobjects/{sobject.Name}{suffix}"));
}

using System.Text.Json;

namespace Orgtap.SimulatedOrg.Schema;

/// <summary>One entry of describe's <c>fields</c>, with the attributes in alphabetical order as the real reply has them.</summary>
internal static class FieldJson
{
    public static void Write(Utf8JsonWriter writer, FieldType field, SObjectType sobject)
    {
        writer.WriteStartObject();
        writer.WriteBoolean("aggregatable", field.Aggregatable);
        writer.WriteBoolean("aiPredictionField", false);
        writer.WriteBoolean("autoNumber", field.AutoNumber);
        writer.WriteNumber("byteLength", field.ByteLength);
        writer.WriteBoolean("calculated", field.Calculated);
        writer.WriteString("calculatedFormula", field.CalculatedFormula);
        writer.WriteBoolean("cascadeDelete", field.CascadeDelete);
        writer.WriteBoolean("caseSensitive", field.CaseSensitive);
        writer.WriteString("compoundFieldName", CompoundOf(field, sobject));
        writer.WriteString("controllerName", field.ControllerName);
        writer.WriteBoolean("createable", field.Createable);
        writer.WriteBoolean("custom", field.Custom);
        writer.WritePropertyName("defaultValue");
        WriteDefault(writer, field.DefaultValue);
        writer.WriteNull("defaultValueFormula");
        writer.WriteBoolean("defaultedOnCreate", field.DefaultedOnCreate);
        writer.WriteBoolean("dependentPicklist", field.DependentPicklist);
        writer.WriteBoolean("deprecatedAndHidden", field.DeprecatedAndHidden);
        writer.WriteNumber("digits", field.Digits);
        writer.WriteBoolean("displayLocationInDecimal", field.DisplayLocationInDecimal);
        writer.WriteBoolean("encrypted", field.Encrypted);
        writer.WriteBoolean("externalId", field.ExternalId);
        writer.WriteString("extraTypeInfo", field.ExtraTypeInfo);
        writer.WriteBoolean("filterable", field.Filterable);
        writer.WriteNull("filteredLookupInfo");
        writer.WriteBoolean("formulaTreatNullNumberAsZero", false);
        writer.WriteBoolean("groupable", field.Groupable);
        writer.WriteBoolean("highScaleNumber", false);
        writer.WriteBoolean("htmlFormatted", field.HtmlFormatted);
        writer.WriteBoolean("idLookup", field.IdLookup);
        writer.WriteNull("inlineHelpText");
        writer.WriteString("label", field.Name == "Id" ? sobject.Label + " ID" : field.Label.Length == 0 ? field.Name : field.Label);
        writer.WriteNumber("length", field.Length);
        writer.WriteString("mask", field.Mask);
        writer.WriteString("maskType", field.MaskType);
        writer.WriteString("name", field.Name);
        writer.WriteBoolean("nameField", field.NameField);
        writer.WriteBoolean("namePointing", field.NamePointing);
        writer.WriteBoolean("nillable", field.Nillable);
        writer.WriteBoolean("permissionable", field.Permissionable);
        WritePicklist(writer, field);
        writer.WriteBoolean("polymorphicForeignKey", field.PolymorphicForeignKey);
        writer.WriteNumber("precision", field.Precision);
        writer.WriteBoolean("queryByDistance", field.QueryByDistance);
        writer.WriteNull("referenceTargetField");
        writer.WriteStartArray("referenceTo");
        foreach (var target in field.ReferenceTo) writer.WriteStringValue(target);
        writer.WriteEndArray();
        writer.WriteString("relationshipName", field.RelationshipName);
        if (field.RelationshipOrder is { } order) writer.WriteNumber("relationshipOrder", order);
        else writer.WriteNull("relationshipOrder");
        writer.WriteBoolean("restrictedDelete", false);
        writer.WriteBoolean("restrictedPicklist", field.RestrictedPicklist);
        writer.WriteNumber("scale", field.Scale);
        writer.WriteBoolean("searchPrefilterable", field.Type == "reference");
        writer.WriteString("soapType", field.SoapType);
        writer.WriteBoolean("sortable", field.Sortable);
        writer.WriteString("type", field.Type);
        writer.WriteBoolean("unique", field.Unique);
        writer.WriteBoolean("updateable", field.Updateable);
        writer.WriteBoolean("writeRequiresMasterRead", false);
        writer.WriteEndObject();
    }

    /// <summary>Describe names the compound on its components, and never on the compound itself.</summary>
    private static string? CompoundOf(FieldType field, SObjectType sobject) =>
        field.IsCompound || field.CompoundFieldName is not { } compound || sobject.Field(compound) is null ? null : compound;

    private static void WriteDefault(Utf8JsonWriter writer, object? value)
    {
        switch (value)
        {
            case null: writer.WriteNullValue(); break;
            case bool flag: writer.WriteBooleanValue(flag); break;
            case long number: writer.WriteNumberValue(number); break;
            case decimal number: writer.WriteNumberValue(number); break;
            default: writer.WriteStringValue(value.ToString()); break;
        }
    }

    private static void WritePicklist(Utf8JsonWriter writer, FieldType field)
    {
        writer.WriteStartArray("picklistValues");
        foreach (var value in field.PicklistValues)
        {
            writer.WriteStartObject();
            writer.WriteBoolean("active", value.Active);
            writer.WriteBoolean("defaultValue", value.DefaultValue);
            writer.WriteString("label", value.Label);
            writer.WriteString("validFor", value.ValidFor);
            writer.WriteString("value", value.Value);
            writer.WriteEndObject();
        }
        writer.WriteEndArray();
    }
}

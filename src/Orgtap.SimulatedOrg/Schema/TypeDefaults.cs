using System.Text;

namespace Orgtap.SimulatedOrg.Schema;

/// <summary>What describe says of a field because of its type; single fields then differ by flags.</summary>
internal static class TypeDefaults
{
    /// <summary>Longest text Salesforce keeps in one cell.</summary>
    public const int LongestText = 131_072;

    public static FieldType Of(string name, string type, int first, int second)
    {
        var custom = name.EndsWith("__c", StringComparison.Ordinal);
        var field = new FieldType
        {
            Name = name, Type = type, Label = LabelOf(name), Custom = custom, SoapType = SoapTypeOf(type),
            Nillable = type != "boolean", Createable = true, Updateable = true, Permissionable = true,
            DefaultedOnCreate = type == "boolean", DefaultValue = type == "boolean" ? false : null,
        };
        return type switch
        {
            "id" => field with { Length = 18, ByteLength = 18, Nillable = false, Createable = false, Updateable = false, Permissionable = false, DefaultedOnCreate = true, IdLookup = true },
            "reference" => field with { Length = 18, ByteLength = 18 },
            "int" or "long" => field with { Digits = first == 0 ? 8 : first },
            "double" or "currency" or "percent" => field with { Precision = first, Scale = second, Groupable = false },
            "datetime" => field with { Groupable = false },
            "boolean" => field with { Aggregatable = false },
            "address" or "location" => field with { Createable = false, Updateable = false, Sortable = false, Groupable = false, Aggregatable = false, QueryByDistance = true, DisplayLocationInDecimal = type == "location" },
            "base64" => field with { Filterable = false, Sortable = false, Groupable = false, Aggregatable = false },
            "textarea" when first > 255 => Text(field, first) with { Filterable = false, Sortable = false, Groupable = false, Aggregatable = false, ExtraTypeInfo = "plaintextarea" },
            "textarea" => Text(field, first) with { ExtraTypeInfo = "plaintextarea" },
            "multipicklist" => Text(field, first) with { Sortable = false, Groupable = false, Aggregatable = false, Precision = 4 },
            "encryptedstring" => Text(field, first) with { Encrypted = true, Filterable = false, Sortable = false, Groupable = false, Mask = "*", MaskType = "all" },
            _ => Text(field, first),
        };
    }

    private static FieldType Text(FieldType field, int length) => field with { Length = length, ByteLength = length * 3 };

    private static string SoapTypeOf(string type) => type switch
    {
        "id" or "reference" => "tns:ID",
        "boolean" => "xsd:boolean",
        "int" => "xsd:int",
        "long" => "xsd:long",
        "double" or "currency" or "percent" => "xsd:double",
        "date" => "xsd:date",
        "datetime" => "xsd:dateTime",
        "time" => "xsd:time",
        "base64" => "xsd:base64Binary",
        "address" => "urn:address",
        "location" => "urn:location",
        "anyType" => "xsd:anyType",
        _ => "xsd:string",
    };

    /// <summary><c>BillingPostalCode</c> → Billing Postal Code, <c>acme__Net_Weight__c</c> → Net Weight.</summary>
    internal static string LabelOf(string name)
    {
        if (name.EndsWith("__c", StringComparison.Ordinal) || name.EndsWith("__s", StringComparison.Ordinal)) name = name[..^3];
        var space = name.IndexOf("__", StringComparison.Ordinal);
        if (space > 0) name = name[(space + 2)..];
        var label = new StringBuilder();
        for (var i = 0; i < name.Length; i++)
        {
            if (i > 0 && char.IsUpper(name[i]) && char.IsLower(name[i - 1])) label.Append(' ');
            label.Append(name[i] == '_' ? ' ' : name[i]);
        }
        return name.EndsWith("Id", StringComparison.Ordinal) && name.Length > 2 ? label.ToString()[..^2] + "ID" : label.ToString();
    }
}

using Orgtap.Records;
using Orgtap.Salesforce.Describe;

namespace Orgtap.Catalog;

/// <summary>Which fields can be loaded, and as what (docs/types.md).</summary>
internal static class FieldRules
{
    private static readonly string[] Stamps = ["SystemModstamp", "LastModifiedDate", "CreatedDate", "LoginTime"];

    /// <summary>The field that tells when a row was last changed, the best there is; null if there is none that can be filtered by.</summary>
    public static string? StampOf(ObjectDescribe describe)
    {
        foreach (var name in Stamps)
            if (describe.Field(name) is { Type: "datetime", Filterable: true } field) return field.Name;
        return null;
    }

    public static IReadOnlyList<CatalogField> FieldsOf(ObjectDescribe describe)
    {
        var stamp = StampOf(describe);
        return [.. describe.Fields.Select(field =>
        {
            var reason = Refusal(field, describe);
            var required = field.Name is "Id" or "IsDeleted" || field.Name == stamp;
            return new CatalogField(field.Name, field.Label, field.Type, reason is null ? ColumnOf(field) : null, reason is null, reason, field.Calculated, required);
        })];
    }

    public static Column ColumnOf(FieldDescribe field) => field.Type switch
    {
        // Some references hold texts (e.g. an application's name), but only where they point nowhere.
        "id" => new Column(field.Name, ColumnType.Id),
        "reference" when field.ReferenceTo.Count > 0 => new Column(field.Name, ColumnType.Id),
        "boolean" => new Column(field.Name, ColumnType.Boolean),
        "int" or "long" => new Column(field.Name, ColumnType.Integer),
        "double" or "currency" or "percent" => new Column(field.Name, ColumnType.Decimal, field.Precision, field.Scale),
        "date" => new Column(field.Name, ColumnType.Date),
        "datetime" => new Column(field.Name, ColumnType.DateTime),
        "time" => new Column(field.Name, ColumnType.Time),
        _ => new Column(field.Name, ColumnType.Text),
    };

    private static string? Refusal(FieldDescribe field, ObjectDescribe describe) => field.Type switch
    {
        _ when field.DeprecatedAndHidden => "Salesforce has withdrawn it.",
        "address" or "location" => PartsOf(field, describe),
        "base64" => "It holds a file; files' bytes are not synced.",
        "json" or "complexvalue" => "Salesforce does not deliver it in bulk.",
        _ => null,
    };

    private static string PartsOf(FieldDescribe field, ObjectDescribe describe)
    {
        var parts = describe.Fields.Where(part => part.CompoundFieldName == field.Name && part.Name != field.Name).Select(part => part.Name).ToList();
        return parts.Count == 0 ? "It is made of other fields, which are loaded instead." : $"Its parts are loaded instead: {string.Join(", ", parts)}.";
    }
}

using System.Globalization;

namespace Orgtap.SimulatedOrg.Schema;

/// <summary>
/// Reads field lists written as one line per field: <c>Name | type length-or-precision,scale | flags | content of base rows</c>.
/// An empty <c>rel=</c> behind <c>ref=</c> is a reference without a relationship. Flags: <c>req ro name unique ext idl auto nofilter nosort cascade html restricted pick=A;B ref=A,B rel=R in=Compound info=X default=x calc=formula</c>.
/// </summary>
internal static class FieldTable
{
    public static IEnumerable<FieldType> Read(string table) =>
        table.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Select(Line);

    private static FieldType Line(string line)
    {
        var parts = line.Split('|', StringSplitOptions.TrimEntries);
        if (parts.Length != 4) throw new FormatException($"four columns expected: {line}");
        var type = parts[1].Split(' ', 2);
        var size = type.Length > 1 ? type[1].Split(',') : [];
        var first = size.Length > 0 ? int.Parse(size[0], CultureInfo.InvariantCulture) : 0;
        var second = size.Length > 1 ? int.Parse(size[1], CultureInfo.InvariantCulture) : 0;
        return Flags(TypeDefaults.Of(parts[0], type[0], first, second), parts[2]) with { Content = parts[3] };
    }

    private static FieldType Flags(FieldType field, string flags)
    {
        var calculated = flags.IndexOf("calc=", StringComparison.Ordinal);
        if (calculated >= 0)
        {
            field = field with { Calculated = true, CalculatedFormula = flags[(calculated + 5)..], Createable = false, Updateable = false, Nillable = true };
            flags = flags[..calculated];
        }
        foreach (var flag in flags.Split(' ', StringSplitOptions.RemoveEmptyEntries)) field = Flag(field, flag);
        return field;
    }

    private static FieldType Flag(FieldType field, string flag)
    {
        var at = flag.IndexOf('=', StringComparison.Ordinal);
        var value = at < 0 ? "" : flag[(at + 1)..];
        return (at < 0 ? flag : flag[..at]) switch
        {
            "req" => field with { Nillable = false, Permissionable = false },
            "ro" => field with { Createable = false, Updateable = false },
            "name" => field with { NameField = true, IdLookup = true, Nillable = false, Permissionable = false },
            "unique" => field with { Unique = true },
            "ext" => field with { ExternalId = true, IdLookup = true },
            "idl" => field with { IdLookup = true },
            "auto" => field with { AutoNumber = true, Createable = false, Updateable = false, Nillable = false, DefaultedOnCreate = true },
            "nofilter" => field with { Filterable = false, Groupable = false },
            "nosort" => field with { Sortable = false, Groupable = false },
            "cascade" => field with { CascadeDelete = true, RelationshipOrder = 0 },
            "html" => field with { HtmlFormatted = true, ExtraTypeInfo = "richtextarea", Filterable = false, Sortable = false, Groupable = false },
            "restricted" => field with { RestrictedPicklist = true },
            "pick" => field with { PicklistValues = [.. value.Split(';').Select(Entry)] },
            "ref" => field with { ReferenceTo = value.Split(','), PolymorphicForeignKey = value.Contains(',', StringComparison.Ordinal),
                                  NamePointing = value.Contains(',', StringComparison.Ordinal),
                                  RelationshipName = field.RelationshipName ?? Relationship(field.Name) },
            "rel" => field with { RelationshipName = value.Length == 0 ? null : value },
            "in" => field with { CompoundFieldName = value },
            "info" => field with { ExtraTypeInfo = value },
            "default" => field with { DefaultValue = value is "true" or "false" ? value == "true" : value, DefaultedOnCreate = true },
            _ => throw new FormatException($"unknown flag {flag} of {field.Name}"),
        };
    }

    /// <summary>One underscore stands for a space, two for one underscore.</summary>
    private static PicklistValue Entry(string written)
    {
        var text = written.Replace("__", "\0", StringComparison.Ordinal).Replace('_', ' ').Replace('\0', '_');
        return new PicklistValue(text, text);
    }

    private static string Relationship(string name) =>
        name.EndsWith("__c", StringComparison.Ordinal) ? name[..^1] + "r"
        : name.EndsWith("Id", StringComparison.Ordinal) ? name[..^2] : name;
}

using Orgtap.SimulatedOrg.Schema;

namespace Orgtap.SimulatedOrg.Soql;

/// <summary>Resolves a SELECT list of plain fields, FIELDS() and subqueries.</summary>
internal sealed class Selection
{
    private const int MostFieldsRows = 200;
    private readonly NameBinder _names;

    public Selection(NameBinder names, SelectSyntax syntax, Func<SubqueryItem, ChildRows> children)
    {
        _names = names;
        Shape = new JsonShape(names.Store);
        var seen = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        foreach (var item in syntax.Items)
        {
            switch (item)
            {
                case FieldItem { Alias: not null } aliased:
                    throw SoqlErrors.Malformed(names.Soql, aliased.At, "only aggregate expressions use field aliasing");
                case FieldItem field:
                    Add(names.Field(field.Path), field.At, seen);
                    break;
                case FieldsItem fields:
                    AddAll(fields, syntax, seen);
                    break;
                case SubqueryItem subquery:
                    HasSubquery = true;
                    Shape.Add(children(subquery));
                    break;
                default:
                    throw SoqlErrors.Malformed(names.Soql, item.At, "Field must be grouped or aggregated");
            }
        }
    }

    public List<Accessor> Columns { get; } = [];
    public JsonShape Shape { get; }
    public bool HasSubquery { get; }

    private void Add(Accessor column, int at, HashSet<string> seen)
    {
        if (!seen.Add(column.Name)) throw SoqlErrors.Field(_names.Soql, at, $"duplicate field selected: {column.Name}");
        Columns.Add(column);
        Shape.Add(column);
    }

    private void AddAll(FieldsItem fields, SelectSyntax syntax, HashSet<string> seen)
    {
        if (fields.Scope != "STANDARD" && syntax.Limit is not (>= 0 and <= MostFieldsRows) && !NamesFewIds(syntax.Where))
            throw new SoqlException("MALFORMED_QUERY", "The SOQL FIELDS function must have a LIMIT of at most 200");
        foreach (var field in _names.From.Fields)
        {
            if (!InScope(field, fields.Scope)) continue;
            Add(_names.Field(new Name(field.Name, fields.At)), fields.At, seen);
        }
    }

    private static bool InScope(FieldType field, string scope) => scope switch
    {
        "STANDARD" => !field.Custom,
        "CUSTOM" => field.Custom,
        _ => true,
    };

    /// <summary>A list of up to 200 Ids stands for the LIMIT.</summary>
    private static bool NamesFewIds(Condition? condition) => condition switch
    {
        Comparison { Operator: "=" or "IN", Left: { Function: null, Path.Text: var name }, Right.Count: <= MostFieldsRows } => name.Equals("Id", StringComparison.OrdinalIgnoreCase),
        AndCondition and => and.Parts.Any(NamesFewIds),
        _ => false,
    };
}

using Orgtap.SimulatedOrg.Data;
using Orgtap.SimulatedOrg.Schema;

namespace Orgtap.SimulatedOrg.Soql;

/// <summary>One SELECT bound to the store. Building a plan checks everything; date literals and semi-joins are worked out anew for every run.</summary>
internal sealed class QueryPlan
{
    private readonly NameBinder _names;
    private readonly SelectSyntax _syntax;
    private readonly bool _includeDeleted;
    private readonly Filter? _filter;
    private readonly List<SortTerm> _order = [];

    private QueryPlan(NameBinder names, SelectSyntax syntax, bool includeDeleted, DateTimeOffset now, bool execute)
    {
        _names = names;
        _syntax = syntax;
        _includeDeleted = includeDeleted || syntax.AllRows;
        var filters = new FilterBinder(names, now, query => SemiJoin(query, now, execute));
        _filter = syntax.Where is null ? null : filters.Bind(syntax.Where);
        if (syntax.IsCountOnly) return;
        if (syntax.IsAggregate)
        {
            Aggregate = new AggregatePlan(names, syntax);
            return;
        }
        Selection = new Selection(names, syntax, item => Children(item, now, execute));
        foreach (var term in syntax.OrderBy) _order.Add(Sort(term));
    }

    public SObjectType From => _names.From;
    public SelectSyntax Syntax => _syntax;
    public Selection? Selection { get; }
    public AggregatePlan? Aggregate { get; }

    /// <param name="execute">False to check only: semi-joins then find nothing.</param>
    public static QueryPlan Build(OrgStore store, string soql, SelectSyntax syntax, bool includeDeleted, DateTimeOffset now, bool execute)
    {
        var type = store.Schema.Find(syntax.From.Text) ?? throw SoqlErrors.NoObject(soql, syntax.From.At, syntax.From.Text);
        if (!type.Queryable) throw new SoqlException("INVALID_TYPE_FOR_OPERATION", $"entity type {type.Name} does not support query");
        QueryRestrictions.Check(type, syntax.Where);
        return new QueryPlan(new NameBinder(store, soql, type, syntax.Alias), syntax, includeDeleted, now, execute);
    }

    public QueryRows Run()
    {
        if (_syntax.IsCountOnly) return new QueryRows(Math.Min(Scan.Count(_names.Rows, _filter, _includeDeleted), _syntax.Limit ?? long.MaxValue), static _ => new AggregateReader([], []));
        if (Aggregate is { } aggregate)
        {
            var results = aggregate.Run(Scan.Ordinals(_names.Rows, _filter, _includeDeleted, new Scratch()));
            return new QueryRows(results.Count, from => new AggregateReader(aggregate.Outputs, [.. results.Skip((int)from)]));
        }
        var set = Rows();
        return new QueryRows(set.Count, from => new RecordReader(set.From(from), _names.Rows, Selection!.Columns, Selection.Shape), set);
    }

    private RowSet Rows()
    {
        var take = (long)(_syntax.Limit ?? int.MaxValue);
        return _order switch
        {
            [] => Scan.ById(_names.Rows, _filter, _includeDeleted, descending: false, _syntax.Offset, take),
            [{ Field: { IsDirect: true, Field.Type: "id" } }, ..] => Scan.ById(_names.Rows, _filter, _includeDeleted, _order[0].Descending, _syntax.Offset, take),
            _ => Sorter.Sort(_names.Rows, _filter, _includeDeleted, _order, _syntax.Offset, take),
        };
    }

    private SortTerm Sort(OrderTerm term)
    {
        if (term.Operand.Path is not { } path || term.Operand.Function is not null)
            throw SoqlErrors.Malformed(_names.Soql, term.Operand.At, "Ordered field must be grouped or aggregated");
        var field = _names.Field(path);
        return field.Field.Sortable ? new SortTerm(field, term.Descending, term.NullsLast)
            : throw SoqlErrors.Field(_names.Soql, term.Operand.At, $"field '{field.Field.Name}' can not be sorted in a query call");
    }

    /// <summary>The Ids a semi-join finds, as 15 characters.</summary>
    private (HashSet<string> Ids, bool WithNull) SemiJoin(SelectSyntax query, DateTimeOffset now, bool execute)
    {
        var plan = Build(_names.Store, _names.Soql, query, includeDeleted: false, now, execute);
        if (plan.Selection is not { Columns: [var column] } || column.Field.Type is not ("id" or "reference"))
            throw SoqlErrors.Malformed(_names.Soql, query.From.At, "The inner select must select exactly one id or reference field");
        var ids = new HashSet<string>(StringComparer.Ordinal);
        if (!execute) return (ids, false);
        var scratch = new Scratch();
        var cursor = plan.Rows().From(0);
        for (var ordinal = cursor.Next(); ordinal >= 0; ordinal = cursor.Next())
        {
            scratch.Reset();
            var id = column.Read(plan._names.Rows.Row(ordinal), scratch);
            if (!id.IsNull) ids.Add(System.Text.Encoding.ASCII.GetString(id.Text[..15]));
        }
        return (ids, false);
    }

    private ChildRows Children(SubqueryItem item, DateTimeOffset now, bool execute)
    {
        var (child, back, relationship) = _names.Children(item.Query);
        // Limits hold for each parent, so the rows are taken without them.
        var plan = new QueryPlan(child, item.Query with { Limit = null, Offset = 0 }, _includeDeleted, now, execute);
        if (plan.Selection is null || plan.Selection.HasSubquery) throw SoqlErrors.Malformed(_names.Soql, item.At, "subqueries select plain fields");
        return new ChildRows(relationship, child.Rows.Bind(back), child.Rows, plan.Rows, plan.Selection.Shape, item.Query.Limit ?? long.MaxValue, item.Query.Offset);
    }
}

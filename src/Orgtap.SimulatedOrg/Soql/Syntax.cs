namespace Orgtap.SimulatedOrg.Soql;

/// <summary>One SELECT as written: nothing is looked up yet.</summary>
internal sealed record SelectSyntax(IReadOnlyList<SelectItem> Items, Name From, string? Alias, Condition? Where, IReadOnlyList<Operand> GroupBy,
    Condition? Having, IReadOnlyList<OrderTerm> OrderBy, int? Limit, int Offset, bool AllRows)
{
    public bool IsCountOnly => Items is [FunctionItem { Operand: { Function: "COUNT", Path: null }, Alias: null }] && GroupBy.Count == 0;

    public bool IsAggregate => GroupBy.Count > 0 || Items.Any(static item => item is FunctionItem { Operand.IsAggregate: true });
}

/// <summary>A dotted name and its place in the query.</summary>
internal sealed record Name(string Text, int At);

/// <summary>A field or a function of one.</summary>
/// <param name="Function">In capitals; null for a plain field.</param>
/// <param name="Path">Null for <c>COUNT()</c>.</param>
internal sealed record Operand(string? Function, Name? Path, int At)
{
    public bool IsAggregate => Function is "COUNT" or "COUNT_DISTINCT" or "MIN" or "MAX" or "SUM" or "AVG";

    public bool SameAs(Operand other) => Function == other.Function && string.Equals(Path?.Text, other.Path?.Text, StringComparison.OrdinalIgnoreCase);
}

internal abstract record SelectItem(int At);

internal sealed record FieldItem(Name Path, string? Alias) : SelectItem(Path.At);

internal sealed record FunctionItem(Operand Operand, string? Alias) : SelectItem(Operand.At);

internal sealed record SubqueryItem(SelectSyntax Query, int At) : SelectItem(At);

/// <param name="Scope">ALL, STANDARD or CUSTOM.</param>
internal sealed record FieldsItem(string Scope, int At) : SelectItem(At);

internal sealed record OrderTerm(Operand Operand, bool Descending, bool NullsLast);

internal abstract record Condition;

internal sealed record AndCondition(IReadOnlyList<Condition> Parts) : Condition;

internal sealed record OrCondition(IReadOnlyList<Condition> Parts) : Condition;

internal sealed record NotCondition(Condition Inner) : Condition;

/// <param name="Operator">=, !=, &lt;, &lt;=, &gt;, &gt;=, LIKE, IN, NOT IN, INCLUDES, EXCLUDES</param>
internal sealed record Comparison(Operand Left, string Operator, IReadOnlyList<Literal> Right, int At) : Condition;

internal sealed record SemiJoin(Operand Left, bool Not, SelectSyntax Query) : Condition;

internal enum LiteralKind
{
    Null,
    Boolean,
    Number,
    String,
    Date,
    DateTime,
    Time,
    /// <summary>TODAY, LAST_N_DAYS:3 …</summary>
    DateWord,
}

/// <param name="Count">The n of LAST_N_DAYS:n.</param>
internal readonly record struct Literal(LiteralKind Kind, string Text, int At, int Count = 0);

using System.Globalization;

namespace Orgtap.SimulatedOrg.Soql;

/// <summary>HAVING: conditions on the values of a group.</summary>
internal static class GroupFilter
{
    public static void Check(Condition condition, Action<Operand> operand, string soql)
    {
        switch (condition)
        {
            case AndCondition and: foreach (var part in and.Parts) Check(part, operand, soql); break;
            case OrCondition or: foreach (var part in or.Parts) Check(part, operand, soql); break;
            case NotCondition not: Check(not.Inner, operand, soql); break;
            case Comparison { Operator: "=" or "!=" or "<" or "<=" or ">" or ">=" or "IN" or "NOT IN" } comparison: operand(comparison.Left); break;
            case Comparison comparison: throw SoqlErrors.Malformed(soql, comparison.At, $"unexpected token: '{comparison.Operator}'");
            case SemiJoin join: throw SoqlErrors.Malformed(soql, join.Left.At, "Semi join sub-selects are not supported in the HAVING clause");
        }
    }

    public static bool Holds(Condition condition, Func<Operand, object?> value) => condition switch
    {
        AndCondition and => and.Parts.All(part => Holds(part, value)),
        OrCondition or => or.Parts.Any(part => Holds(part, value)),
        NotCondition not => !Holds(not.Inner, value),
        Comparison comparison => Holds(comparison, value(comparison.Left)),
        _ => false,
    };

    private static bool Holds(Comparison comparison, object? left) => comparison.Operator switch
    {
        "IN" => comparison.Right.Any(right => One("=", left, right)),
        "NOT IN" => !comparison.Right.Any(right => One("=", left, right)),
        _ => One(comparison.Operator, left, comparison.Right[0]),
    };

    private static bool One(string comparison, object? left, Literal right)
    {
        if (right.Kind == LiteralKind.Null) return (left is null) == (comparison == "=");
        return left switch
        {
            null => comparison == "!=",
            string text => Compare.Holds(comparison, string.Compare(text, right.Text, StringComparison.OrdinalIgnoreCase)),
            bool flag => Compare.Holds(comparison, flag.CompareTo(right.Text == "true")),
            DateTimeOffset time => Compare.Holds(comparison, time.CompareTo(DateTimeOffset.Parse(right.Text, CultureInfo.InvariantCulture))),
            DateOnly date => Compare.Holds(comparison, date.CompareTo(DateOnly.Parse(right.Text, CultureInfo.InvariantCulture))),
            _ => Compare.Holds(comparison, Convert.ToDecimal(left, CultureInfo.InvariantCulture).CompareTo(decimal.Parse(right.Text, NumberStyles.Float, CultureInfo.InvariantCulture))),
        };
    }
}

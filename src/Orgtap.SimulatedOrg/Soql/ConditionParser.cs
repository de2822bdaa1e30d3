using System.Globalization;

namespace Orgtap.SimulatedOrg.Soql;

/// <summary>WHERE and HAVING. As in Salesforce, AND and OR mix only with parentheses.</summary>
internal sealed partial class Parser
{
    private const int LongestString = 4_000;

    private Condition Conditions()
    {
        List<Condition> parts = [SingleCondition()];
        var connector = Current;
        if (!connector.Is("AND") && !connector.Is("OR")) return parts[0];
        while (Current.Is(connector.Text))
        {
            _next++;
            parts.Add(SingleCondition());
        }
        if (Current.Is("AND") || Current.Is("OR")) throw Unexpected();
        return connector.Is("AND") ? new AndCondition(parts) : new OrCondition(parts);
    }

    private Condition SingleCondition()
    {
        if (Take("NOT")) return new NotCondition(SingleCondition());
        if (Take("("))
        {
            var inner = Conditions();
            Expect(")");
            return inner;
        }
        var left = Operand();
        var at = Current.At;
        if (Take("NOT"))
        {
            Expect("IN");
            return In(left, not: true, at);
        }
        if (Take("IN")) return In(left, not: false, at);
        var word = Current.Text.ToUpperInvariant();
        if (word is "INCLUDES" or "EXCLUDES")
        {
            _next++;
            Expect("(");
            return new Comparison(left, word, Literals(), at);
        }
        if (word is not ("=" or "!=" or "<>" or "<" or "<=" or ">" or ">=" or "LIKE")) throw Unexpected();
        _next++;
        return new Comparison(left, word == "<>" ? "!=" : word, [Value()], at);
    }

    private Condition In(Operand left, bool not, int at)
    {
        Expect("(");
        if (!Current.Is("SELECT")) return new Comparison(left, not ? "NOT IN" : "IN", Literals(), at);
        var query = Select();
        Expect(")");
        return new SemiJoin(left, not, query);
    }

    private List<Literal> Literals()
    {
        List<Literal> values = [Value()];
        while (Take(",")) values.Add(Value());
        Expect(")");
        return values;
    }

    private Literal Value()
    {
        var token = Current;
        _next++;
        switch (token.Kind)
        {
            case TokenKind.String:
                return token.Text.Length > LongestString
                    ? throw SoqlErrors.Malformed(_soql, token.At, "SOQL string literal exceeds the maximum length of 4000 characters")
                    : new Literal(LiteralKind.String, token.Text, token.At);
            case TokenKind.Number: return new Literal(LiteralKind.Number, token.Text, token.At);
            case TokenKind.Date: return new Literal(LiteralKind.Date, token.Text, token.At);
            case TokenKind.DateTime: return new Literal(LiteralKind.DateTime, token.Text, token.At);
            case TokenKind.Time: return new Literal(LiteralKind.Time, token.Text, token.At);
            case TokenKind.Word when token.Is("null"): return new Literal(LiteralKind.Null, token.Text, token.At);
            case TokenKind.Word when token.Is("true") || token.Is("false"): return new Literal(LiteralKind.Boolean, token.Text.ToLowerInvariant(), token.At);
            case TokenKind.Word when DateWords.IsPlain(token.Text): return new Literal(LiteralKind.DateWord, token.Text.ToUpperInvariant(), token.At);
            case TokenKind.Word when DateWords.IsCounted(token.Text) && Take(":"):
                return new Literal(LiteralKind.DateWord, token.Text.ToUpperInvariant(), token.At, WholeNumber());
            default:
                _next--;
                throw SoqlErrors.Unexpected(_soql, token);
        }
    }

    /// <summary>A number literal as a decimal; out of range is malformed.</summary>
    internal static decimal NumberOf(Literal literal, string soql) =>
        decimal.TryParse(literal.Text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) ? number
        : throw SoqlErrors.Malformed(soql, literal.At, $"invalid number: {literal.Text}");
}

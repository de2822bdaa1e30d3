using System.Globalization;

namespace Orgtap.SimulatedOrg.Soql;

/// <summary>Reads SOQL to its syntax (https://developer.salesforce.com/docs/atlas.en-us.soql_sosl.meta/soql_sosl/sforce_api_calls_soql_select.htm).</summary>
internal sealed partial class Parser
{
    private const int LongestQuery = 100_000;
    private const int LargestOffset = 2_000;
    private readonly string _soql;
    private readonly List<Token> _tokens;
    private int _next;

    private Parser(string soql)
    {
        _soql = soql;
        _tokens = Tokenizer.Read(soql);
    }

    private Token Current => _tokens[_next];

    /// <exception cref="SoqlException">MALFORMED_QUERY and its like.</exception>
    public static SelectSyntax Parse(string soql)
    {
        if (soql.Length > LongestQuery)
            throw new SoqlException("QUERY_TOO_COMPLICATED", "Query is too long: SOQL statements cannot be longer than 100,000 characters.");
        var parser = new Parser(soql);
        var query = parser.Select();
        if (parser.Current.Kind != TokenKind.End) throw parser.Unexpected();
        return query;
    }

    private SelectSyntax Select()
    {
        Expect("SELECT");
        var items = new List<SelectItem> { Item() };
        while (Take(",")) items.Add(Item());
        Expect("FROM");
        var from = Path();
        var alias = TakeAlias();
        if (Take("USING"))
        {
            Expect("SCOPE");
            _next++;
        }
        var where = Take("WHERE") ? Conditions() : null;
        List<Operand> groupBy = [];
        if (Take("GROUP"))
        {
            Expect("BY");
            do groupBy.Add(Operand());
            while (Take(","));
        }
        var having = Take("HAVING") ? Conditions() : null;
        List<OrderTerm> orderBy = [];
        if (Take("ORDER"))
        {
            Expect("BY");
            do orderBy.Add(Order());
            while (Take(","));
        }
        int? limit = Take("LIMIT") ? WholeNumber() : null;
        var offset = Take("OFFSET") ? WholeNumber() : 0;
        if (offset > LargestOffset) throw new SoqlException("NUMBER_OUTSIDE_VALID_RANGE", "Maximum SOQL offset allowed is 2000");
        var allRows = Take("ALL");
        if (allRows) Expect("ROWS");
        if (Take("FOR"))
        {
            do _next++;
            while (Take(","));
        }
        return new SelectSyntax(items, from, alias, where, groupBy, having, orderBy, limit, offset, allRows);
    }

    private SelectItem Item()
    {
        var start = Current;
        if (Take("("))
        {
            var query = Select();
            Expect(")");
            return new SubqueryItem(query, start.At);
        }
        if (start.Is("FIELDS") && _tokens[_next + 1].Is("("))
        {
            _next += 2;
            var scope = Current.Text.ToUpperInvariant();
            if (scope is not ("ALL" or "STANDARD" or "CUSTOM")) throw Unexpected();
            _next++;
            Expect(")");
            return new FieldsItem(scope, start.At);
        }
        var operand = Operand();
        var at = Current;
        var alias = TakeAlias();
        // A misspelt FROM looks like an alias; the real parser names it, not the word behind it.
        if (alias is not null && !Current.Is(",") && !Current.Is("FROM")) throw SoqlErrors.Unexpected(_soql, at);
        return operand.Function is null ? new FieldItem(operand.Path!, alias) : new FunctionItem(operand, alias);
    }

    private Operand Operand()
    {
        var start = Path();
        if (!Take("(")) return new Operand(null, start, start.At);
        var function = start.Text.ToUpperInvariant();
        if (!Functions.Contains(function)) throw SoqlErrors.Malformed(_soql, start.At, $"unexpected token: '{start.Text}'");
        var argument = Current.Is(")") ? null : Path();
        Expect(")");
        if (argument is null && function != "COUNT") throw SoqlErrors.Malformed(_soql, start.At, $"Not enough arguments for function {start.Text}");
        return new Operand(function, argument, start.At);
    }

    private static readonly HashSet<string> Functions =
    [
        "COUNT", "COUNT_DISTINCT", "MIN", "MAX", "SUM", "AVG",
        "CALENDAR_YEAR", "CALENDAR_QUARTER", "CALENDAR_MONTH", "DAY_ONLY", "DAY_IN_MONTH", "DAY_IN_WEEK", "HOUR_IN_DAY",
    ];

    private OrderTerm Order()
    {
        var operand = Operand();
        var descending = Take("DESC");
        if (!descending) Take("ASC");
        if (!Take("NULLS")) return new OrderTerm(operand, descending, NullsLast: false);
        if (Take("LAST")) return new OrderTerm(operand, descending, NullsLast: true);
        Expect("FIRST");
        return new OrderTerm(operand, descending, NullsLast: false);
    }

    private Name Path()
    {
        if (Current.Kind != TokenKind.Word || IsKeyword(Current)) throw Unexpected();
        var token = _tokens[_next++];
        return token.Text.EndsWith('.') || token.Text.Contains("..", StringComparison.Ordinal)
            ? throw SoqlErrors.Unexpected(_soql, token) : new Name(token.Text, token.At);
    }

    private string? TakeAlias()
    {
        if (Current.Is("AS")) _next++;
        if (Current.Kind != TokenKind.Word || IsKeyword(Current) || Current.Text.Contains('.', StringComparison.Ordinal)) return null;
        return _tokens[_next++].Text;
    }

    private bool IsKeyword(Token token) => token.Text.ToUpperInvariant() switch
    {
        "FROM" or "WHERE" or "ORDER" or "LIMIT" or "OFFSET" or "HAVING" or "AND" or "OR" or "NOT" or "SELECT" or "IN" or "LIKE" or "USING" or "ASC" or "DESC" or "NULLS" => true,
        "GROUP" => _tokens[_next + 1].Is("BY"),
        "ALL" => _tokens[_next + 1].Is("ROWS"),
        "FOR" => _tokens[_next + 1].Is("VIEW") || _tokens[_next + 1].Is("REFERENCE") || _tokens[_next + 1].Is("UPDATE"),
        _ => false,
    };

    private int WholeNumber()
    {
        if (Current.Kind != TokenKind.Number || !int.TryParse(Current.Text, NumberStyles.None, CultureInfo.InvariantCulture, out var number)) throw Unexpected();
        _next++;
        return number;
    }

    private bool Take(string word)
    {
        if (!Current.Is(word)) return false;
        _next++;
        return true;
    }

    private void Expect(string word)
    {
        if (!Take(word)) throw Unexpected();
    }

    private SoqlException Unexpected() => SoqlErrors.Unexpected(_soql, Current);
}

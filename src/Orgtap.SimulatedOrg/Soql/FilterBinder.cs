using System.Globalization;
using System.Text;
using Orgtap.SimulatedOrg.Data;
using Orgtap.SimulatedOrg.Schema;

namespace Orgtap.SimulatedOrg.Soql;

/// <summary>Compiles conditions; checks that literals fit their fields.</summary>
internal sealed class FilterBinder(NameBinder names, DateTimeOffset now, Func<SelectSyntax, (HashSet<string> Ids, bool WithNull)> semiJoin)
{
    private const long Day = 86_400_000;

    public Filter Bind(Condition condition) => condition switch
    {
        AndCondition and => new AllOf([.. and.Parts.Select(Bind)]),
        OrCondition or => new AnyOf([.. or.Parts.Select(Bind)]),
        NotCondition not => new Not(Bind(not.Inner)),
        SemiJoin join => Join(join),
        Comparison comparison => Compared(comparison),
        _ => throw new ArgumentException(condition.GetType().Name, nameof(condition)),
    };

    private InTexts Join(SemiJoin join)
    {
        var field = Filterable(join.Left);
        if (field.Field.Type is not ("id" or "reference"))
            throw SoqlErrors.Field(names.Soql, join.Left.At, $"The left operand '{field.Name}' is not an ID field, semi join operators are only allowed on id and reference fields");
        var (ids, withNull) = semiJoin(join.Query);
        return new InTexts(field, join.Not, ids, withNull, asIds: true, join.Not ? null : IdRanges.Candidates(field, names.Rows, ids));
    }

    private Filter Compared(Comparison comparison)
    {
        var field = Filterable(comparison.Left);
        var first = comparison.Right[0];
        switch (comparison.Operator)
        {
            case "INCLUDES" or "EXCLUDES" when field.Field.Type != "multipicklist":
                throw SoqlErrors.Field(names.Soql, comparison.At, $"{comparison.Operator.ToLowerInvariant()} operator is not valid on field '{field.Name}'");
            case "INCLUDES" or "EXCLUDES":
                return new Includes(field, comparison.Operator == "EXCLUDES", [.. comparison.Right.Select(value => Text(field, value))]);
            case "IN" or "NOT IN":
                return In(field, comparison);
            case "LIKE" when field.Field.Type is "id" or "reference" or "boolean" or "date" or "datetime" or "time" || IsNumber(field):
                throw new SoqlException("INVALID_QUERY_FILTER_OPERATOR", $"{SoqlErrors.Context(names.Soql, comparison.At)}invalid operator on {field.Field.Type} field");
            case "LIKE":
                return new LikePattern(field, first.Kind == LiteralKind.String ? first.Text : throw Mismatch(field, first, "string"));
        }
        if (first.Kind == LiteralKind.Null) return Null(field, comparison);
        return One(field, comparison.Operator, first);
    }

    private Filter Null(Accessor field, Comparison comparison) => comparison.Operator switch
    {
        "=" => new IsNull(field),
        "!=" => new Not(new IsNull(field)),
        _ => throw new SoqlException("INVALID_QUERY_FILTER_OPERATOR", $"{SoqlErrors.Context(names.Soql, comparison.At)}invalid operator with null"),
    };

    private Filter In(Accessor field, Comparison comparison)
    {
        var not = comparison.Operator == "NOT IN";
        var values = comparison.Right.Where(static value => value.Kind != LiteralKind.Null).ToList();
        var withNull = values.Count < comparison.Right.Count;
        if (field.Field.Type is "id" or "reference")
        {
            var ids = values.Where(static value => value.Text.Length > 0).Select(value => Id(field, value)[..15]).ToHashSet(StringComparer.Ordinal);
            return new InTexts(field, not, ids, withNull || values.Any(static value => value.Text.Length == 0), asIds: true, not || withNull ? null : IdRanges.Candidates(field, names.Rows, ids));
        }
        if (field.Field.Type is not ("boolean" or "date" or "datetime" or "time") && !IsNumber(field))
        {
            var texts = values.Select(value => Text(field, value)).ToHashSet(StringComparer.OrdinalIgnoreCase);
            return new InTexts(field, not, texts, withNull || texts.Contains(""), asIds: false, candidates: null);
        }
        List<Filter> any = [.. values.Select(value => One(field, "=", value))];
        if (withNull) any.Add(new IsNull(field));
        return not ? new Not(new AnyOf(any)) : new AnyOf(any);
    }

    private Filter One(Accessor field, string comparison, Literal value)
    {
        switch (field.Field.Type)
        {
            case "id" or "reference" when value.Kind == LiteralKind.String && value.Text.Length == 0:
                return comparison == "!=" ? new Not(new IsNull(field)) : new IsNull(field);
            case "id" or "reference":
                var id = Encoding.ASCII.GetBytes(Id(field, value));
                return new IdComparison(field, comparison, id, IdRanges.Of(field, names.Rows, comparison, id));
            case "boolean":
                if (value.Kind != LiteralKind.Boolean) throw Mismatch(field, value, "boolean");
                var flag = value.Text == "true" ? 1 : 0;
                return new InRange(field, comparison, flag, flag + 1);
            case "int" or "long" or "double" or "currency" or "percent":
                if (value.Kind != LiteralKind.Number) throw Mismatch(field, value, field.Field.Type is "int" or "long" ? "int" : field.Field.Type == "currency" ? "currency" : "double");
                return new NumberComparison(field, comparison, Parser.NumberOf(value, names.Soql));
            case "date":
                var (from, until) = value.Kind is LiteralKind.Date or LiteralKind.DateWord ? Days(value) : throw Mismatch(field, value, "date");
                return new InRange(field, comparison, from, until);
            case "datetime":
                return Instant(field, comparison, value);
            case "time":
                if (value.Kind != LiteralKind.Time) throw Mismatch(field, value, "time");
                var time = (long)TimeOnly.Parse(value.Text[..^1], CultureInfo.InvariantCulture).ToTimeSpan().TotalMilliseconds;
                return new InRange(field, comparison, time, time + 1);
            default:
                var text = Text(field, value);
                if (text.Length > 0) return new TextComparison(field, comparison, text);
                // Salesforce stores no empty strings: '' means null.
                return comparison == "!=" ? new Not(new IsNull(field)) : new IsNull(field);
        }
    }

    private InRange Instant(Accessor field, string comparison, Literal value)
    {
        if (value.Kind == LiteralKind.DateWord)
        {
            var (from, until) = Days(value);
            return new InRange(field, comparison, from * Day, until * Day);
        }
        if (value.Kind != LiteralKind.DateTime || !DateTimeOffset.TryParse(value.Text, CultureInfo.InvariantCulture, out var time)) throw Mismatch(field, value, "dateTime");
        var at = time.ToUnixTimeMilliseconds();
        return new InRange(field, comparison, at, at + 1);
    }

    private (long From, long Until) Days(Literal value)
    {
        if (value.Kind == LiteralKind.Date)
        {
            if (!DateOnly.TryParse(value.Text, CultureInfo.InvariantCulture, out var date)) throw SoqlErrors.Malformed(names.Soql, value.At, $"Invalid date: {value.Text}");
            return (Number(date), Number(date) + 1);
        }
        var (from, until) = DateWords.Range(value.Text, value.Count, DateOnly.FromDateTime(now.UtcDateTime));
        return (Number(from), Number(until));
    }

    private static long Number(DateOnly date) => date.DayNumber - BaseClock.Epoch.DayNumber;

    private Accessor Filterable(Operand operand)
    {
        if (operand.Function is not null || operand.Path is null)
            throw SoqlErrors.Malformed(names.Soql, operand.At, $"unexpected token: '{operand.Function}'");
        var field = names.Field(operand.Path);
        return field.Field.Filterable && !field.Field.IsCompound ? field
            : throw SoqlErrors.Field(names.Soql, operand.At, $"field '{field.Field.Name}' can not be filtered in a query call");
    }

    private string Id(Accessor field, Literal value) => value.Kind != LiteralKind.String ? throw Mismatch(field, value, "ID")
        : SalesforceId.Normalize(value.Text) ?? throw new SoqlException("INVALID_QUERY_FILTER_OPERATOR", $"{SoqlErrors.Context(names.Soql, value.At)}invalid ID field: {value.Text}");

    private string Text(Accessor field, Literal value) => value.Kind != LiteralKind.String ? throw Mismatch(field, value, "string")
        : value.Text.Replace(Tokenizer.LiteralMark.ToString(), "", StringComparison.Ordinal);

    private SoqlException Mismatch(Accessor field, Literal value, string expected) => SoqlErrors.Field(names.Soql, value.At,
        $"value of filter criterion for field '{field.Field.Name}' must be of type {expected} and should {(expected is "string" or "ID" ? "" : "not ")}be enclosed in quotes");

    private static bool IsNumber(Accessor field) => field.Field.Type is "int" or "long" or "double" or "currency" or "percent";
}

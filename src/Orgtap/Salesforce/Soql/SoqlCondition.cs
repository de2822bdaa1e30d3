using System.Globalization;
using System.Text;
using Orgtap.Primitives;

namespace Orgtap.Salesforce.Soql;

/// <summary>One condition of a WHERE clause, its values already in SOQL's literal form.</summary>
public sealed class SoqlCondition
{
    private readonly string _text;

    private SoqlCondition(string text) => _text = text;

    /// <summary>Strictly after the instant, whole milliseconds.</summary>
    public static SoqlCondition StampAfter(string field, DateTimeOffset instant) => new($"{SoqlName.Check(field)} > {Literal(instant)}");

    /// <summary>Up to and including the instant, whole milliseconds.</summary>
    public static SoqlCondition StampUpTo(string field, DateTimeOffset instant) => new($"{SoqlName.Check(field)} <= {Literal(instant)}");

    /// <summary>Rows whose Id sorts after this one, in Salesforce's own order.</summary>
    public static SoqlCondition IdAfter(string id) => new($"Id > '{CheckId(id)}'");

    /// <summary>Up to and including this Id.</summary>
    public static SoqlCondition IdUpTo(string id) => new($"Id <= '{CheckId(id)}'");

    /// <exception cref="ArgumentException">No values: the condition would match nothing and is no SOQL.</exception>
    public static SoqlCondition In(string field, IReadOnlyList<string> values)
    {
        if (values.Count == 0) throw new ArgumentException("IN needs a value.", nameof(values));
        return new($"{SoqlName.Check(field)} IN ({string.Join(",", values.Select(Literal))})");
    }

    public static SoqlCondition Is(string field, bool value) => new($"{SoqlName.Check(field)} = {(value ? "true" : "false")}");

    public static SoqlCondition Is(string field, string value) => new($"{SoqlName.Check(field)} = {Literal(value)}");

    public static SoqlCondition IsNot(string field, string value) => new($"{SoqlName.Check(field)} != {Literal(value)}");

    public static SoqlCondition IsNotNull(string field) => new($"{SoqlName.Check(field)} != null");

    public override string ToString() => _text;

    private static string Literal(DateTimeOffset instant) => instant.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);

    // SOQL escapes with a backslash; quote and backslash must be, control characters may be.
    private static string Literal(string value)
    {
        var literal = new StringBuilder(value.Length + 2).Append('\'');
        foreach (var letter in value)
        {
            _ = letter switch
            {
                '\'' => literal.Append("\\'"),
                '\\' => literal.Append(@"\\"),
                '\n' => literal.Append("\\n"),
                '\r' => literal.Append("\\r"),
                '\t' => literal.Append("\\t"),
                '\b' => literal.Append("\\b"),
                '\f' => literal.Append("\\f"),
                _ => literal.Append(letter),
            };
        }

        return literal.Append('\'').ToString();
    }

    private static string CheckId(string id) => id.Length is 15 or 18 && id.All(char.IsAsciiLetterOrDigit)
        ? id
        : throw new OrgtapException(FailureKind.Defect, "An Id that is no Salesforce Id would have gone into a query.", "Report this.", $"length {id.Length}");
}

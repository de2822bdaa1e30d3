using System.Globalization;

namespace Orgtap.SimulatedOrg.Soql;

/// <summary>Salesforce's own words. Texts follow recorded replies where there are any.</summary>
internal static class SoqlErrors
{
    private const string Reference = "Please reference your WSDL or the describe call for the appropriate names.";

    public static SoqlException Malformed(string soql, int at, string message) => new("MALFORMED_QUERY", Context(soql, at) + message);

    /// <summary>The very first token is refused without the query's text around it.</summary>
    public static SoqlException Unexpected(string soql, Token token) => token.At == 0 && token.Kind != TokenKind.End
        ? new("MALFORMED_QUERY", $"unexpected token: {token.Text}")
        : Malformed(soql, token.At, $"unexpected token: '{token.Text}'");

    public static SoqlException NoColumn(string soql, int at, string column, string entity) => new("INVALID_FIELD",
        $"{Context(soql, at)}No such column '{column}' on entity '{entity}'. If you are attempting to use a custom field, be sure to append the '__c' after the custom field name. {Reference}");

    public static SoqlException NoRelationship(string soql, int at, string relationship) => new("INVALID_FIELD",
        $"{Context(soql, at)}Didn't understand relationship '{relationship}' in field path. If you are attempting to use a custom relationship, be sure to append the '__r' after the custom relationship name. {Reference}");

    public static SoqlException NoChildren(string soql, int at, string relationship) => new("INVALID_TYPE",
        $"{Context(soql, at)}Didn't understand relationship '{relationship}' in FROM part of query call. If you are attempting to use a custom relationship, be sure to append the '__r' after the custom relationship name. {Reference}");

    public static SoqlException NoObject(string soql, int at, string name) => new("INVALID_TYPE",
        $"{Context(soql, at)}sObject type '{name}' is not supported. If you are attempting to use a custom object, be sure to append the '__c' after the entity name. {Reference}");

    public static SoqlException Field(string soql, int at, string message) => new("INVALID_FIELD", Context(soql, at) + message);

    /// <summary>The query around the place, a caret under it, and where that is.</summary>
    public static string Context(string soql, int at)
    {
        const int around = 50;
        var line = soql.ReplaceLineEndings(" ");
        var from = at <= around ? 0 : line.IndexOf(' ', at - around) is var space and >= 0 && space < at ? space + 1 : at - around;
        var fragment = line.AsSpan(from, Math.Min(line.Length - from, at - from + around));
        return string.Create(CultureInfo.InvariantCulture, $"\n{fragment}\n{new string(' ', at - from)}^\nERROR at Row:1:Column:{at + 1}\n");
    }
}

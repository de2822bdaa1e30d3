using System.Text.Json;
using Orgtap.SimulatedOrg.Hosting;
using Orgtap.SimulatedOrg.Rest;
using Orgtap.SimulatedOrg.Soql;

namespace Orgtap.SimulatedOrg.Bulk;

/// <summary>What a client asks for when it creates a query job.</summary>
internal sealed record BulkJobRequest(bool IncludeDeleted, string Soql, string ColumnDelimiter, string LineEnding)
{
    private static readonly Dictionary<string, byte> Delimiters = new()
    {
        ["BACKQUOTE"] = (byte)'`', ["CARET"] = (byte)'^', ["COMMA"] = (byte)',', ["PIPE"] = (byte)'|', ["SEMICOLON"] = (byte)';', ["TAB"] = (byte)'\t',
    };

    /// <exception cref="RestException">Something is missing or not a possible value.</exception>
    public static BulkJobRequest Parse(JsonElement body)
    {
        if (body.ValueKind != JsonValueKind.Object) throw RestException.BadJson("The job must be a JSON object");
        var operation = OneOf(body, "operation", null, "query", "queryAll");
        OneOf(body, "contentType", "CSV", "CSV");
        var soql = Text(body, "query") ?? throw new RestException(400, "INVALIDJOB", "query must be specified");
        return new BulkJobRequest(operation == "queryAll", soql, OneOf(body, "columnDelimiter", "COMMA", [.. Delimiters.Keys]), OneOf(body, "lineEnding", "LF", "LF", "CRLF"));
    }

    public CsvDialect Dialect(Oldness oldness) =>
        new(Delimiters[ColumnDelimiter], CrLf: LineEnding == "CRLF" || oldness.CrLf, QuoteAll: !oldness.UnquotedCsv, ShortIds: oldness.ShortIds, DecimalZeroes: oldness.DecimalZeroes);

    private static string? Text(JsonElement body, string name) =>
        body.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    private static string OneOf(JsonElement body, string name, string? otherwise, params ReadOnlySpan<string> possible)
    {
        var value = Text(body, name) ?? otherwise ?? throw new RestException(400, "INVALIDJOB", $"{name} must be specified");
        return possible.Contains(value) ? value : throw new RestException(400, "INVALIDJOB", $"{value} is not a valid value for {name}");
    }
}

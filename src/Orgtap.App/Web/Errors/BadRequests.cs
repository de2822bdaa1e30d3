using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace Orgtap.App.Web.Errors;

/// <summary>Requests that do not fit their endpoint, in words that name what was wrong. The web server's own messages speak of C# types; nobody who calls an API over HTTP knows them.</summary>
internal static partial class BadRequests
{
    private const string Look = "See docs/http-api.md, or /openapi/v1.json, for what it takes. Nothing was changed.";

    public static (string Title, string NextStep) WordsFor(BadHttpRequestException bad) => bad switch
    {
        { StatusCode: StatusCodes.Status413PayloadTooLarge } => ("The request is too large.", "Send at most 1 MB. Nothing was changed."),
        { InnerException: JsonException { Path: { Length: > 2 } path } } => ($"The value of {path[2..]} in the request’s body is not of the right kind.", Look),
        { InnerException: JsonException json } => (string.Create(CultureInfo.InvariantCulture, $"The request’s body is not the JSON that this address takes{(json is { LineNumber: { } line, BytePositionInLine: { } position } ? $" (line {line + 1}, position {position + 1})" : "")}."), Look),
        _ when Unfit().Match(bad.Message) is { Success: true } unfit => ($"The value {unfit.Groups["value"].Value} of {unfit.Groups["name"].Value} is not understood.", Look),
        _ when Missing().Match(bad.Message) is { Success: true } missing => ($"{missing.Groups["name"].Value} is missing.", Look),
        _ when bad.Message.Contains("no body was provided", StringComparison.Ordinal) => ("The request has no body; this address takes JSON.", Look),
        _ => ($"The request could not be served ({bad.StatusCode}).", Look),
    };

    [GeneratedRegex("""^Failed to bind parameter "\S+ (?<name>[^"]+)" from "(?<value>.*)"\.$""")]
    private static partial Regex Unfit();

    [GeneratedRegex("""^Required parameter "\S+ (?<name>[^"]+)" was not provided""")]
    private static partial Regex Missing();
}

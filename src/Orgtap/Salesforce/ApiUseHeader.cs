using System.Globalization;
using System.Net.Http.Headers;
using System.Text.RegularExpressions;

namespace Orgtap.Salesforce;

/// <summary>
/// What the response header <c>Sforce-Limit-Info</c> says: calls of the whole org, by everybody, in the last 24 hours.
/// </summary>
/// <param name="Used">May exceed <paramref name="Maximum"/>: Salesforce tolerates some overshoot.</param>
public readonly partial record struct ApiUseHeader(long Used, long Maximum)
{
    /// <summary>Reads every form seen: alone, and followed or preceded by <c>per-app-api-usage</c>.</summary>
    /// <returns>Null where the text says nothing about the org's use.</returns>
    public static ApiUseHeader? Parse(string? text)
    {
        if (text is null || ApiUsage().Match(text) is not { Success: true } match) return null;
        return long.TryParse(match.Groups[1].ValueSpan, NumberStyles.None, CultureInfo.InvariantCulture, out var used)
            && long.TryParse(match.Groups[2].ValueSpan, NumberStyles.None, CultureInfo.InvariantCulture, out var maximum)
            && maximum > 0
            ? new ApiUseHeader(used, maximum)
            : null;
    }

    public static ApiUseHeader? Of(HttpResponseHeaders headers) =>
        headers.NonValidated.TryGetValues("Sforce-Limit-Info", out var values) ? Parse(values.ToString()) : null;

    // Not anchored: the per-app form adds text. The look-behind keeps "per-app-api-usage" from being taken for the org's own.
    [GeneratedRegex(@"(?<![\w-])api-usage=(\d+)/(\d+)", RegexOptions.CultureInvariant | RegexOptions.IgnoreCase)]
    private static partial Regex ApiUsage();
}

using System.Buffers.Text;
using System.Globalization;
using System.Text;
using Orgtap.SimulatedOrg.Hosting;
using Orgtap.SimulatedOrg.Rest;

namespace Orgtap.SimulatedOrg.Bulk;

/// <summary>A place in a job's result.</summary>
/// <param name="From">First row.</param>
/// <param name="Rows">Rows of the page where the locator fixes it (result pages), else null.</param>
internal readonly record struct ResultPlace(long From, long? Rows);

/// <summary>Turns places into the handles that clients carry, and back.</summary>
internal sealed class Locators(LocatorStyle style)
{
    private const string OddStart = "+/";

    public string Text(ResultPlace place)
    {
        var plain = place.Rows is { } rows
            ? string.Create(CultureInfo.InvariantCulture, $"{place.From}-{rows}") : place.From.ToString(CultureInfo.InvariantCulture);
        return style switch
        {
            LocatorStyle.Numeric => plain,
            LocatorStyle.Odd => OddStart + Convert.ToBase64String(Encoding.ASCII.GetBytes(plain + "&?")) + "#=",
            _ => Base64Url.EncodeToString(Encoding.ASCII.GetBytes(plain)),
        };
    }

    /// <exception cref="RestException">Not a locator of this org.</exception>
    public ResultPlace Parse(string text)
    {
        var plain = style switch
        {
            LocatorStyle.Numeric => text,
            LocatorStyle.Odd => text.StartsWith(OddStart, StringComparison.Ordinal) && text.EndsWith("#=", StringComparison.Ordinal) ? Plain(text[2..^2]) : null,
            _ => Plain(text),
        };
        var parts = plain?.TrimEnd('?', '&').Split('-') ?? [];
        if (parts.Length is 0 or > 2 || !Number(parts[0], out var from)) throw Unknown();
        if (parts.Length == 1) return new ResultPlace(from, null);
        return Number(parts[1], out var rows) ? new ResultPlace(from, rows) : throw Unknown();
    }

    private static string? Plain(string encoded)
    {
        var bytes = new byte[encoded.Length + 4];
        if (Base64Url.TryDecodeFromChars(encoded.Replace('+', '-').Replace('/', '_'), bytes, out var length)) return Encoding.ASCII.GetString(bytes, 0, length);
        return null;
    }

    private static bool Number(string text, out long number) => long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number);

    private static RestException Unknown() => new(400, "INVALID_QUERY_LOCATOR", "invalid query locator");
}

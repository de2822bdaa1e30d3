using System.Globalization;
using System.Text.Json;

namespace Orgtap.Salesforce.Describe;

/// <summary>Reads members that may be absent, null or of another kind, as they are in older versions and reduced describes.</summary>
internal static class JsonReading
{
    public static string? Text(this JsonElement element, string name) =>
        element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out var value) ? value.ValueKind switch
        {
            JsonValueKind.String => value.GetString(),
            JsonValueKind.Number => value.GetRawText(),
            _ => null,
        } : null;

    public static bool? Flag(this JsonElement element, string name) =>
        element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out var value) ? value.ValueKind switch
        {
            JsonValueKind.True => true,
            JsonValueKind.False => false,
            _ => null,
        } : null;

    public static long? Long(this JsonElement element, string name)
    {
        if (element.ValueKind != JsonValueKind.Object || !element.TryGetProperty(name, out var value)) return null;
        return value.ValueKind switch
        {
            JsonValueKind.Number when value.TryGetInt64(out var whole) => whole,
            JsonValueKind.Number when value.TryGetDecimal(out var number) && number == decimal.Truncate(number) => (long)number,
            JsonValueKind.String when long.TryParse(value.GetString(), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var written) => written,
            _ => null,
        };
    }

    public static int Int(this JsonElement element, string name) => element.Long(name) is { } value and >= int.MinValue and <= int.MaxValue ? (int)value : 0;

    /// <summary>The members of a list; none where there is no list.</summary>
    public static IEnumerable<JsonElement> Items(this JsonElement element, string name)
    {
        if (!element.HasList(name)) yield break;
        foreach (var item in element.GetProperty(name).EnumerateArray()) yield return item;
    }

    public static bool HasList(this JsonElement element, string name) =>
        element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Array;
}

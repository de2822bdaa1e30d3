using System.Text.Json;
using System.Text.RegularExpressions;

namespace Orgtap.Tests.SimulatedOrg.Fidelity;

/// <summary>What two replies of one kind have in common: paths, JSON types, and the look of texts that Salesforce itself writes.</summary>
internal static partial class Shape
{
    /// <summary>Lines of <c>path type</c>; elements of arrays share one path.</summary>
    public static SortedSet<string> Of(JsonElement json)
    {
        var lines = new SortedSet<string>(StringComparer.Ordinal);
        Add(json, "", lines);
        return lines;
    }

    /// <summary>Datetimes, Ids and addresses by their look; every other text is a text.</summary>
    public static string OfText(string text) =>
        DateTime().IsMatch(text) ? "datetime+0000" : Id().IsMatch(text) ? "id" : Address().IsMatch(text) ? "address:" + Digits().Replace(Ids().Replace(text, "ID"), "0") : "text";

    private static void Add(JsonElement json, string path, SortedSet<string> lines)
    {
        switch (json.ValueKind)
        {
            case JsonValueKind.Object:
                foreach (var member in json.EnumerateObject()) Add(member.Value, $"{path}.{member.Name}", lines);
                break;
            case JsonValueKind.Array:
                lines.Add($"{path}[] array");
                foreach (var item in json.EnumerateArray()) Add(item, path + "[]", lines);
                break;
            case JsonValueKind.String: lines.Add($"{path} {OfText(json.GetString()!)}"); break;
            case JsonValueKind.True or JsonValueKind.False: lines.Add($"{path} boolean"); break;
            case JsonValueKind.Number: lines.Add($"{path} number"); break;
            default: lines.Add($"{path} null"); break;
        }
    }

    [GeneratedRegex(@"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+0000$")]
    private static partial Regex DateTime();

    [GeneratedRegex("^[a-zA-Z0-9]{3}[0-9A-Z][a-zA-Z0-9]{14}$|^[a-zA-Z0-9]{4}0[a-zA-Z0-9]{10}$|^00[0-9D]x[a-zA-Z0-9]{14}$")]
    private static partial Regex Id();

    [GeneratedRegex(@"^/?services/data/v")]
    private static partial Regex Address();

    [GeneratedRegex("[a-zA-Z0-9]{18}")]
    private static partial Regex Ids();

    [GeneratedRegex(@"\d+(\.\d+)?")]
    private static partial Regex Digits();
}

using System.Text.Json;

namespace Orgtap.Tests.Shapes;

/// <summary>Which paths a JSON text has and of which types their values are: its shape, without its values.</summary>
internal static class Outline
{
    /// <returns>Lines like <c>fields[].length number</c>, <c>keyPrefix null|string</c>, in order of path.</returns>
    public static IReadOnlyList<string> Of(JsonElement json)
    {
        var types = new SortedDictionary<string, SortedSet<string>>(StringComparer.Ordinal);
        Walk(json, "", types);
        return [.. types.Select(entry => $"{entry.Key} {string.Join('|', entry.Value)}")];
    }

    private static void Walk(JsonElement json, string path, SortedDictionary<string, SortedSet<string>> types)
    {
        switch (json.ValueKind)
        {
            case JsonValueKind.Object:
                foreach (var property in json.EnumerateObject()) Walk(property.Value, path.Length == 0 ? property.Name : $"{path}.{property.Name}", types);
                break;
            case JsonValueKind.Array:
                foreach (var item in json.EnumerateArray()) Walk(item, path + "[]", types);
                break;
            default:
                if (!types.TryGetValue(path, out var seen)) types[path] = seen = [];
                seen.Add(json.ValueKind switch
                {
                    JsonValueKind.String => "string",
                    JsonValueKind.Number => "number",
                    JsonValueKind.Null => "null",
                    _ => "boolean",
                });
                break;
        }
    }
}

using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;

namespace Orgtap.SimulatedOrg.Control;

/// <summary>Changes single members of a record, given as a JSON object. Names are those of the record, in camel case.</summary>
internal static class JsonPatch
{
    public static JsonSerializerOptions Json { get; } = new(JsonSerializerDefaults.Web) { Converters = { new JsonStringEnumConverter(JsonNamingPolicy.CamelCase) } };

    /// <param name="fixedMembers">Members that say which record is meant, and so cannot be changed.</param>
    /// <exception cref="JsonException">A member that there is not, or a value of another kind; the message names it.</exception>
    public static T Apply<T>(T before, JsonElement changes, params ReadOnlySpan<string> fixedMembers) where T : notnull
    {
        var whole = JsonSerializer.SerializeToNode(before, Json)!.AsObject();
        foreach (var change in changes.EnumerateObject())
        {
            if (fixedMembers.Contains(change.Name)) continue;
            if (!whole.ContainsKey(change.Name)) throw new JsonException($"There is no \"{change.Name}\" here. There is: {string.Join(", ", whole.Select(member => member.Key))}.");
            whole[change.Name] = JsonNode.Parse(change.Value.GetRawText());
            try
            {
                whole.Deserialize<T>(Json);
            }
            catch (JsonException)
            {
                throw new JsonException($"\"{change.Name}\" cannot be {change.Value.GetRawText()}.");
            }
        }
        return whole.Deserialize<T>(Json)!;
    }
}

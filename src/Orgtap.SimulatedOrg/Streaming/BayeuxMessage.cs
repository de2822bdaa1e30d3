using System.Text.Json;

namespace Orgtap.SimulatedOrg.Streaming;

/// <summary>A message from a client.</summary>
internal sealed class BayeuxMessage(JsonElement json)
{
    /// <summary>How long Salesforce holds a connect.</summary>
    public const int HoldMilliseconds = 110_000;

    /// <summary>Whether this is a message at all: an object with a channel.</summary>
    public static bool IsOne(JsonElement json) => json.ValueKind == JsonValueKind.Object && json.TryGetProperty("channel", out var channel) && channel.ValueKind == JsonValueKind.String;

    public string Channel { get; } = json.GetProperty("channel").GetString()!;

    public string? Id => json.TryGetProperty("id", out var id) ? id.ToString() : null;

    public string? ClientId => json.TryGetProperty("clientId", out var id) && id.ValueKind == JsonValueKind.String ? id.GetString() : null;

    public bool AllowsLongPolling => !json.TryGetProperty("supportedConnectionTypes", out var types) || types.ValueKind != JsonValueKind.Array
        || types.EnumerateArray().Any(type => type.ValueKind == JsonValueKind.String && type.ValueEquals("long-polling"));

    /// <summary>One channel, or several at once.</summary>
    public IReadOnlyList<string> Subscriptions => !json.TryGetProperty("subscription", out var asked) ? []
        : asked.ValueKind == JsonValueKind.Array ? [.. asked.EnumerateArray().Select(channel => channel.ToString())] : [asked.ToString()];

    /// <summary>How long a connect waits for events; a client's first one asks not to.</summary>
    public TimeSpan Patience => json.TryGetProperty("advice", out var advice) && advice.ValueKind == JsonValueKind.Object
        && advice.TryGetProperty("timeout", out var timeout) && timeout.TryGetInt32(out var asked)
            ? TimeSpan.FromMilliseconds(Math.Clamp(asked, 0, HoldMilliseconds)) : TimeSpan.FromMilliseconds(HoldMilliseconds);

    /// <summary>Where the channel is to begin: −1 new events only, also where nothing is said; −2 all retained; otherwise behind that event.</summary>
    public long ReplayOf(string channel) => json.TryGetProperty("ext", out var ext) && ext.ValueKind == JsonValueKind.Object
        && ext.TryGetProperty("replay", out var replay) && replay.ValueKind == JsonValueKind.Object
        && replay.TryGetProperty(channel, out var from) && from.ValueKind == JsonValueKind.Number && from.TryGetInt64(out var number) ? number : -1;
}

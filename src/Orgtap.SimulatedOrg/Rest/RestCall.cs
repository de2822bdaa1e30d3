using System.Text.Json;
using Orgtap.SimulatedOrg.Faults;
using Orgtap.SimulatedOrg.Hosting;
using Orgtap.SimulatedOrg.OAuth;

namespace Orgtap.SimulatedOrg.Rest;

/// <summary>A request to a resource under <c>/services/data/vNN.N</c>, whether it came alone or inside a composite one.</summary>
/// <param name="Version">e.g. 66.0, as it stood in the path without the v.</param>
/// <param name="Values">What the placeholders of the resource's template matched.</param>
/// <param name="Headers">Header by name; null where absent.</param>
/// <param name="Body">The request's JSON; undefined where there was none.</param>
/// <param name="Session">Who calls; null only for resources that need nobody.</param>
internal sealed record RestCall(
    string Method, string Version, IReadOnlyDictionary<string, string> Values, IQueryCollection Query, Func<string, string?> Headers,
    JsonElement Body, Session Session, ActiveFaults Faults)
{
    /// <summary>Where further counted calls and subrequests are noted.</summary>
    public required RequestCost Cost { get; init; }

    /// <summary>Scheme, host and port by which the client reached the org.</summary>
    public required string Origin { get; init; }

    /// <summary>/services/data/vNN.N: the start of every address in a reply.</summary>
    public string VersionPath => "/services/data/v" + Version;

    public string this[string placeholder] => Values[placeholder];

    /// <summary>A query parameter; null where absent or empty.</summary>
    public string? Parameter(string name) => Query[name].ToString() is { Length: > 0 } value ? value : null;
}

/// <summary>The answer to a <see cref="RestCall"/>. At most one of <see cref="Json"/> and <see cref="Stream"/> is set; none = no body.</summary>
internal sealed record RestReply(int Status = 200)
{
    /// <summary>Writes the body. Must not fail: the status is sent by then.</summary>
    public Action<Utf8JsonWriter>? Json { get; init; }

    /// <summary>Sends a body that is not JSON, its own headers included. Not possible inside a composite request.</summary>
    public Func<HttpResponse, CancellationToken, Task>? Stream { get; init; }

    public IReadOnlyList<(string Name, string Value)> Headers { get; init; } = [];

    public static RestReply Of(Action<Utf8JsonWriter> json) => new() { Json = json };

    public static RestReply Error(RestException refusal) => new(refusal.Status)
    {
        Json = writer =>
        {
            writer.WriteStartArray();
            writer.WriteStartObject();
            writer.WriteString("message", refusal.Message);
            writer.WriteString("errorCode", refusal.ErrorCode);
            if (refusal.Fields is { } fields)
            {
                writer.WriteStartArray("fields");
                foreach (var field in fields) writer.WriteStringValue(field);
                writer.WriteEndArray();
            }
            writer.WriteEndObject();
            writer.WriteEndArray();
        },
    };
}

/// <summary>One resource: its kind for the request log, where it lives below <c>/services/data/vNN.N/</c>, and what answers.</summary>
/// <param name="Alone">Only reachable by itself, not inside a composite request.</param>
internal sealed record RestResource(string Kind, string Method, string Template, Func<RestCall, RestReply> Answer, bool Alone = false);

using System.Globalization;
using System.Text.Json;
using Orgtap.SimulatedOrg.Hosting;

namespace Orgtap.SimulatedOrg.Control;

/// <summary>One step of a scenario, as the control API shows it.</summary>
/// <param name="At">On the org's clock, counted from its start.</param>
/// <param name="Kind">fault, user, app, org, quota, versions, schema, change, conversation, replication or tokens.</param>
/// <param name="Error">Why it could not be carried out; null where it was, or is still to come.</param>
public sealed record ScenarioStep(TimeSpan At, string Kind, bool Done, string? Error);

/// <summary>
/// What happens to the org in the course of time: steps of a JSON file, each carried out before the first request that comes at or after its time. A step that
/// cannot be carried out does not stop those behind it; its error is shown. Thread-safe.
/// </summary>
internal sealed class Scenario
{
    private readonly OrgParts _parts;
    private readonly DateTimeOffset _start;
    private readonly Lock _gate = new();
    private readonly List<ScenarioStep> _steps = [];
    private readonly List<JsonElement> _bodies = [];
    private volatile int _next;

    /// <param name="json">The file's text; null = nothing happens.</param>
    /// <exception cref="FormatException">It is not a scenario; the message says which step is wrong and why.</exception>
    public Scenario(OrgParts parts, string? json)
    {
        _parts = parts;
        _start = parts.Clock.GetUtcNow();
        if (json is null) return;
        foreach (var (at, kind, body) in Parse(json))
        {
            _steps.Add(new ScenarioStep(at, kind, Done: false, Error: null));
            _bodies.Add(body);
        }
    }

    /// <summary>Reads a file's text.</summary>
    /// <exception cref="FormatException">It is not a scenario; the message says which step is wrong and why.</exception>
    public static IReadOnlyList<(TimeSpan At, string Kind, JsonElement Body)> Parse(string json)
    {
        try
        {
            using var file = JsonDocument.Parse(json, new JsonDocumentOptions { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true });
            if (file.RootElement.ValueKind != JsonValueKind.Object || !file.RootElement.TryGetProperty("steps", out var steps) || steps.ValueKind != JsonValueKind.Array)
                throw new FormatException("A scenario is an object with a list \"steps\".");
            return [.. steps.EnumerateArray().Select(Read).OrderBy(step => step.At)];
        }
        catch (JsonException broken)
        {
            throw new FormatException($"The scenario is not JSON: {broken.Message}", broken);
        }
    }

    public IReadOnlyList<ScenarioStep> Steps { get { lock (_gate) return [.. _steps]; } }

    /// <summary>Carries out what is due.</summary>
    public void CatchUp()
    {
        if (_next == _bodies.Count) return;
        lock (_gate)
        {
            var passed = _parts.Clock.GetUtcNow() - _start;
            for (; _next < _steps.Count && _steps[_next].At <= passed; _next++)
                _steps[_next] = _steps[_next] with { Done = true, Error = Try(_steps[_next], _bodies[_next]) };
        }
    }

    private string? Try(ScenarioStep step, JsonElement body)
    {
        try
        {
            switch (step.Kind)
            {
                case "fault": _parts.Faults.Add(FaultControl.Read(body), _start + step.At); break;
                case "user": PeopleControl.PutUser(body, _parts); break;
                case "app": PeopleControl.PutApp(body, _parts); break;
                case "org": PeopleControl.PutPolicies(body, _parts); break;
                case "quota": AccessControl.SetQuota(body, _parts); break;
                case "versions": VersionControl.Apply(body, _parts); break;
                case "schema": SchemaControl.Apply(body, _parts); break;
                case "change": ChangeControl.Apply(body, _parts); break;
                case "sharing": ChangeControl.Share(body, _parts); break;
                case "conversation": ConversationControl.Apply(body, _parts); break;
                case "replication": ReplicationControl.Apply(body, _parts); break;
                default: AccessControl.EndTokens(body, _parts); break;
            }
            return null;
        }
        catch (Exception refusal) when (ControlApi.IsRefusal(refusal))
        {
            return refusal.Message;
        }
    }

    private static (TimeSpan At, string Kind, JsonElement Body) Read(JsonElement step, int index)
    {
        string[] kinds = ["fault", "user", "app", "org", "quota", "versions", "schema", "change", "sharing", "conversation", "replication", "tokens"];
        var number = index + 1;
        if (step.ValueKind != JsonValueKind.Object) throw new FormatException($"Step {number} is not an object.");
        var members = step.EnumerateObject().Where(member => member.Name != "at").ToArray();
        if (members is not [var what] || !kinds.Contains(what.Name)) throw new FormatException($"Step {number} needs \"at\" and one of {string.Join(", ", kinds)}.");
        var at = TimeSpan.Zero;
        if (step.TryGetProperty("at", out var given) && !(given.ValueKind == JsonValueKind.String && TimeSpan.TryParse(given.GetString(), CultureInfo.InvariantCulture, out at) && at >= TimeSpan.Zero))
            throw new FormatException($"Step {number}: \"at\" is a time after the start such as \"00:05:00\" (days.hours:minutes:seconds).");
        // Rules are read now, so that a wrong one is told at the start and not in the middle of a run.
        if (what.Name == "fault")
        {
            try
            {
                FaultControl.Read(what.Value);
            }
            catch (Exception refusal) when (ControlApi.IsRefusal(refusal))
            {
                throw new FormatException($"Step {number}: {refusal.Message}", refusal);
            }
        }
        return (at, what.Name, what.Value.Clone());
    }
}

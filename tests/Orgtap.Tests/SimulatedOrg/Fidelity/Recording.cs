using System.Text.Json;

namespace Orgtap.Tests.SimulatedOrg.Fidelity;

/// <summary>A recorded reply: status, headers and body. Files without the first two are bodies of successes or of the status given.</summary>
internal sealed record Recording(int Status, IReadOnlyDictionary<string, string> Headers, string? Body)
{
    public static string? Folder => Environment.GetEnvironmentVariable("ORGTAP_FIXTURES") is { Length: > 0 } folder && Directory.Exists(folder) ? folder : null;

    /// <summary>A visible skip where there are no recordings.</summary>
    public static string RequiredFolder()
    {
        Assert.SkipWhen(Folder is null, "ORGTAP_FIXTURES names no folder of recorded responses.");
        return Folder!;
    }

    public static Recording Read(string file, int status)
    {
        var text = File.ReadAllText(Path.Combine(RequiredFolder(), file));
        if (!file.StartsWith("wiremock-", StringComparison.Ordinal)) return new Recording(status, new Dictionary<string, string>(), text);
        using var mapping = JsonDocument.Parse(text);
        var response = mapping.RootElement.GetProperty("response");
        var headers = response.TryGetProperty("headers", out var named) ? named.EnumerateObject().ToDictionary(header => header.Name, header => header.Value.ToString(), StringComparer.OrdinalIgnoreCase) : [];
        var body = response.TryGetProperty("body", out var plain) ? plain.GetString() : response.TryGetProperty("jsonBody", out var json) ? json.GetRawText() : null;
        return new Recording(response.GetProperty("status").GetInt32(), headers, body);
    }
}

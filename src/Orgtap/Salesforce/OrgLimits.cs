using System.Text.Json;
using Orgtap.Salesforce.Describe;

namespace Orgtap.Salesforce;

/// <summary>The org's limits as <c>/limits</c> lists them; names differ from version to version.</summary>
public sealed record OrgLimits(IReadOnlyDictionary<string, OrgLimit> All)
{
    /// <summary>API calls of everybody in the last 24 hours.</summary>
    public OrgLimit? DailyApiRequests => Find("DailyApiRequests");

    /// <summary>Bulk API 2.0 query jobs in the last 24 hours.</summary>
    public OrgLimit? DailyBulkV2QueryJobs => Find("DailyBulkV2QueryJobs");

    /// <summary>Megabytes of Bulk API 2.0 results in the last 24 hours.</summary>
    public OrgLimit? DailyBulkV2QueryFileStorageMB => Find("DailyBulkV2QueryFileStorageMB");

    public OrgLimit? Find(string name) => All.TryGetValue(name, out var limit) ? limit : null;

    /// <exception cref="JsonException">Not an object of limits.</exception>
    public static OrgLimits Parse(string json)
    {
        using var document = JsonDocument.Parse(json);
        return Parse(document.RootElement);
    }

    internal static OrgLimits Parse(JsonElement root)
    {
        if (root.ValueKind != JsonValueKind.Object) throw new JsonException("Limits are an object.");
        var all = new Dictionary<string, OrgLimit>(StringComparer.Ordinal);
        foreach (var entry in root.EnumerateObject())
            if (entry.Value.ValueKind == JsonValueKind.Object && entry.Value.Long("Max") is { } maximum && entry.Value.Long("Remaining") is { } remaining)
                all[entry.Name] = new OrgLimit(maximum, remaining);
        return new OrgLimits(all);
    }
}

/// <param name="Remaining">May be negative after an overshoot.</param>
public readonly record struct OrgLimit(long Maximum, long Remaining)
{
    public long Used => Maximum - Remaining;
}

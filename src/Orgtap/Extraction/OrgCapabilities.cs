using System.Collections.Concurrent;

namespace Orgtap.Extraction;

/// <summary>What was learnt about an org by asking it, kept as long as the process lives so that nothing is asked twice. Thread-safe.</summary>
public sealed class OrgCapabilities
{
    private readonly ConcurrentDictionary<string, string> _bulkRefusals = new(StringComparer.OrdinalIgnoreCase);
    private volatile object? _resultPages;

    /// <summary>Whether it has parallel result pages; null: not tried yet.</summary>
    public bool? ResultPages
    {
        get => (bool?)_resultPages;
        set => _resultPages = value;
    }

    /// <summary>Bytes of field names and Ids that a query may have here.</summary>
    public int LongestQuery { get; private set; } = FieldPart.Longest;

    /// <summary>A query was refused as too long, perhaps by something between Salesforce and us.</summary>
    /// <returns>False: they are as short as they can be.</returns>
    public bool ShortenQueries()
    {
        if (LongestQuery / 2 < FieldPart.Shortest) return false;
        LongestQuery /= 2;
        return true;
    }

    /// <summary>Why Bulk API does not serve the object, as a sentence; null: it was not refused so far.</summary>
    public string? BulkRefusal(string sobject) => _bulkRefusals.GetValueOrDefault(sobject);

    public void RefuseBulk(string sobject, string reason) => _bulkRefusals[sobject] = reason;
}

using System.Globalization;
using Orgtap.Salesforce;

namespace Orgtap.Syncs;

/// <summary>Keeps a connection under its share of the org's Bulk API 2.0 query jobs and result storage of 24 hours, as the quota guard does for calls.</summary>
internal static class BulkLimits
{
    /// <param name="jobs">How many would be created now.</param>
    /// <param name="thresholdPercent">The connection's threshold, 1 to 100.</param>
    /// <returns>Why none should be, as a sentence; null: there is room, or the org does not tell.</returns>
    public static string? Exhausted(OrgLimits limits, int jobs, int thresholdPercent)
    {
        if (limits.DailyBulkV2QueryJobs is { Maximum: > 0 } made && made.Used + jobs > Stop(made.Maximum))
            return Sentence($"{Number(made.Used)} of its {Number(made.Maximum)} Bulk query jobs");
        if (limits.DailyBulkV2QueryFileStorageMB is { Maximum: > 0 } stored && stored.Used >= Stop(stored.Maximum))
            return Sentence($"{Number(stored.Used)} of its {Number(stored.Maximum)} MB of Bulk results");
        return null;

        long Stop(long maximum) => (maximum * thresholdPercent + 99) / 100;

        string Sentence(string what) => $"The org has used {what} of the last 24 hours; beyond {thresholdPercent} % no Bulk job is created.";
    }

    private static string Number(long value) => value.ToString("N0", CultureInfo.InvariantCulture);
}

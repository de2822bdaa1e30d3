using System.Globalization;

namespace Orgtap.SimulatedOrg.Rest;

/// <summary>Times as the REST and Bulk resources write and read them.</summary>
internal static class SalesforceTime
{
    /// <summary>2026-01-02T03:04:05.000+0000: an offset without a colon.</summary>
    public static string Rest(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff", CultureInfo.InvariantCulture) + "+0000";

    /// <summary>Reads ISO 8601 with Z, +00:00 or +0000; a <c>+</c> that arrived as a space counts as one.</summary>
    public static DateTimeOffset? Parse(string text) =>
        DateTimeOffset.TryParse(text.Replace(' ', '+'), CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out var time)
            ? time : null;
}

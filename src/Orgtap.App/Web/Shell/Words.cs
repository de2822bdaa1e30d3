using System.Globalization;
using Orgtap.Connections;
using Orgtap.Extraction;
using Orgtap.Primitives;
using Orgtap.Records;

namespace Orgtap.App.Web.Shell;

/// <summary>Figures and times as every page writes them.</summary>
public static class Words
{
    private static readonly CultureInfo Culture = CultureInfo.InvariantCulture;

    public static string Count(long? number) => number is { } value ? value.ToString("N0", Culture) : "–";

    /// <summary>A bare time of day is read as the nearest one, on the other side of midnight too.</summary>
    private static readonly TimeSpan Nearest = TimeSpan.FromHours(12);

    /// <summary>A message longer than this is told in two pieces where room is dear.</summary>
    private const int LongMessage = 120;

    /// <summary>13:42 today or less than twelve hours away, else Wed 21 Oct, 13:42, with the year once it is another one. In the server's zone.</summary>
    public static string When(DateTimeOffset at, TimeProvider time) => Written(at, time, "HH:mm");

    public static string When(DateTimeOffset? at, TimeProvider time) => at is { } known ? When(known, time) : "–";

    /// <summary>With seconds, for runs that last seconds.</summary>
    public static string WhenExactly(DateTimeOffset at, TimeProvider time) => Written(at, time, "HH:mm:ss");

    /// <summary>From when to when, with seconds; the day once, where it is one.</summary>
    public static string Span(DateTimeOffset from, DateTimeOffset to, TimeProvider time)
    {
        var (begin, end) = (TimeZoneInfo.ConvertTime(from, time.LocalTimeZone), TimeZoneInfo.ConvertTime(to, time.LocalTimeZone));
        return $"{WhenExactly(from, time)} to {(begin.Date == end.Date ? end.ToString("HH:mm:ss", Culture) : WhenExactly(to, time))}";
    }

    private static string Written(DateTimeOffset at, TimeProvider time, string clock)
    {
        var local = TimeZoneInfo.ConvertTime(at, time.LocalTimeZone);
        var now = time.GetLocalNow();
        return local.ToString(local.Date == now.Date || (local - now).Duration() < Nearest ? clock : local.Year == now.Year ? $"ddd d MMM, {clock}" : $"d MMM yyyy, {clock}", Culture);
    }

    /// <summary>The line that says, once a page, which zone its times are in.</summary>
    public static string Zone(TimeProvider time)
    {
        var now = time.GetLocalNow();
        return string.Create(Culture, $"Times are in {ZoneName.Of(time.LocalTimeZone)}. Updated {now:HH:mm:ss}.");
    }

    /// <summary>The same on pages that show stored rows, whose times are always UTC.</summary>
    public static string ZoneBesideRows(TimeProvider time) => ZoneName.Of(time.LocalTimeZone) == "UTC" ? Zone(time) : $"Times in rows are in UTC, all others in {Zone(time)["Times are in ".Length..]}";

    /// <summary>A message's first sentence, for headings and lists; all of it where it is short.</summary>
    /// <param name="rest">What follows; empty: nothing does.</param>
    public static string Headline(string message, out string rest)
    {
        var end = message.Length > LongMessage ? message.IndexOf(". ", StringComparison.Ordinal) : -1;
        rest = end < 0 ? "" : message[(end + 2)..];
        return end < 0 ? message : message[..(end + 1)];
    }

    public static string Headline(string message) => Headline(message, out _);

    /// <summary>0:07, 12:30, 1:02:09.</summary>
    public static string Duration(TimeSpan span) => span.TotalHours >= 1
        ? string.Create(Culture, $"{(int)span.TotalHours}:{span.Minutes:00}:{span.Seconds:00}")
        : string.Create(Culture, $"{span.Minutes}:{span.Seconds:00}");

    /// <summary>412 MB.</summary>
    public static string Bytes(long bytes) => bytes switch
    {
        < 10_000 => string.Create(Culture, $"{bytes:N0} bytes"),
        < 1_000_000 => string.Create(Culture, $"{bytes / 1000:N0} kB"),
        < 10_000_000 => string.Create(Culture, $"{bytes / 1e6:0.0} MB"),
        < 10_000_000_000 => string.Create(Culture, $"{bytes / 1e6:N0} MB"),
        _ => string.Create(Culture, $"{bytes / 1e9:0.0} GB"),
    };

    public static string Retry(Problem problem, TimeProvider time) => problem.RetryAt is { } at ? Retry(problem.Kind, at, time) : "We retry";

    /// <param name="at">When Orgtap goes on by itself.</param>
    public static string Retry(FailureKind kind, DateTimeOffset at, TimeProvider time) => kind == FailureKind.QuotaExhausted ? $"We resume about {When(at, time)}" : $"We retry at {When(at, time)}";

    public static string NeedAttention(int connections) => connections == 1 ? "1 needs attention" : $"{connections} need attention";

    public static string Mode(LoadMode mode) => mode switch
    {
        LoadMode.Backfill => "First load",
        LoadMode.Incremental => "Changes",
        LoadMode.Columns => "New fields",
        LoadMode.Refresh => "Formulas",
        LoadMode.Deletes => "Vanished rows",
        LoadMode.Reconcile => "All Ids",
        LoadMode.Mend => "Missing rows",
        _ => "Everything again",
    };

    /// <summary>A share of an org's calls.</summary>
    public static string Share(double percent) => percent < 0.1 ? "under 0.1%" : percent.ToString(percent < 10 ? "0.0" : "0", Culture) + "%";

    /// <summary>What calls were for.</summary>
    public static string Purpose(Orgtap.Salesforce.CallPurpose purpose) => purpose switch
    {
        Orgtap.Salesforce.CallPurpose.Lookup => "Looking at tables, fields and costs",
        Orgtap.Salesforce.CallPurpose.Sync => "Sync",
        Orgtap.Salesforce.CallPurpose.Reconcile => "Comparing all Ids",
        Orgtap.Salesforce.CallPurpose.Refresh => "Reading formulas again",
        Orgtap.Salesforce.CallPurpose.Verify => "Verify",
        Orgtap.Salesforce.CallPurpose.SchemaRefresh => "Looking for changed tables and fields",
        Orgtap.Salesforce.CallPurpose.TokenCheck => "Token check",
        Orgtap.Salesforce.CallPurpose.Conversations => "Conversations",
        Orgtap.Salesforce.CallPurpose.Authorization => "Checking an authorization",
        Orgtap.Salesforce.CallPurpose.OrgJobs => "Jobs in the org",
        _ => "Counted by an earlier version",
    };

    public static string Interface(Orgtap.Salesforce.ApiKind kind) => kind switch
    {
        Orgtap.Salesforce.ApiKind.Query => "REST query",
        Orgtap.Salesforce.ApiKind.Replication => "Deleted records",
        Orgtap.Salesforce.ApiKind.Apex => "Apex REST",
        _ => kind.ToString(),
    };

    public static string Api(ExtractionApi api) => api == ExtractionApi.Bulk ? "Bulk" : "REST";

    public static string Plural(long count, string one, string many) => $"{Count(count)} {(count == 1 ? one : many)}";
}

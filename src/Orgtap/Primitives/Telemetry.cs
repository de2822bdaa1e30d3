using System.Collections.Concurrent;
using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace Orgtap.Primitives;

/// <summary>What the engine tells of itself: measures and traces under the name <c>Orgtap</c>. Nobody has to listen; docs/operating.md says what they mean.</summary>
internal static class Telemetry
{
    public const string Name = "Orgtap";

    public static readonly ActivitySource Source = new(Name);

    private static readonly Meter Meter = new(Name);
    private static readonly ConcurrentDictionary<string, (long Used, long Maximum)> Use = new();

    public static readonly Counter<long> Calls = Meter.CreateCounter<long>("orgtap.salesforce.calls", "{call}", "Calls that Salesforce counts, by connection and status");
    public static readonly Counter<long> Rows = Meter.CreateCounter<long>("orgtap.rows.written", "{row}", "Rows that were written to replicas, by connection");
    public static readonly Counter<long> Runs = Meter.CreateCounter<long>("orgtap.runs", "{run}", "Runs that ended, by purpose and outcome");
    public static readonly Histogram<double> RunSeconds = Meter.CreateHistogram<double>("orgtap.run.duration", "s", "How long runs took, by purpose");

    public static readonly Counter<long> Renewals = Meter.CreateCounter<long>("orgtap.token.renewals", "{renewal}", "Access tokens that were renewed or refused, by connection and outcome");

    private static long _waiting;

    static Telemetry()
    {
        Meter.CreateObservableGauge("orgtap.mail.waiting", () => Interlocked.Read(ref _waiting), "{e-mail}", "E-mails that wait to be sent, when the outbox was looked at last");
        Meter.CreateObservableGauge("orgtap.api.used", () => Use.Select(org => new Measurement<long>(org.Value.Used, new KeyValuePair<string, object?>("org", org.Key))), "{call}", "Calls of the last 24 hours by everybody, as the org said last");
        Meter.CreateObservableGauge("orgtap.api.limit", () => Use.Select(org => new Measurement<long>(org.Value.Maximum, new KeyValuePair<string, object?>("org", org.Key))), "{call}", "Calls that the org allows in 24 hours");
    }

    /// <summary>Notes how many e-mails wait.</summary>
    public static void Waiting(long emails) => Interlocked.Exchange(ref _waiting, emails);

    /// <summary>A part of the trace that another thread or process began; of the present one where that is unknown.</summary>
    /// <param name="trace">W3C's traceparent.</param>
    public static Activity? Start(string name, string? trace) =>
        Source.StartActivity(name, ActivityKind.Internal, trace is not null && ActivityContext.TryParse(trace, null, isRemote: true, out var parent) ? parent : default);

    /// <summary>Notes what an org said of its use.</summary>
    public static void Used(OrgId org, long used, long maximum) => Use[org.Value] = (used, maximum);
}

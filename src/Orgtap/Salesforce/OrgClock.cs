namespace Orgtap.Salesforce;

/// <summary>
/// What an org's clock shows. Which rows a window of time holds is decided by the org's stamps, so the window must be the org's too: with this machine's clock an hour ahead, what changes in that hour
/// would lie behind the watermark for good. Each answer's <c>Date</c> header (RFC 9110, 6.6.1; whole seconds) tells the time, and this machine counts on from there without looking at its own clock, which may be set meanwhile.
/// Where the own clock agrees, it is taken as it is, to the millisecond. Before the first answer, and behind a proxy that leaves the header out, the own clock is all there is. Thread-safe.
/// </summary>
public sealed class OrgClock(TimeProvider local) : TimeProvider
{
    /// <summary>The header is cut to whole seconds.</summary>
    private static readonly TimeSpan Resolution = TimeSpan.FromSeconds(1);

    private readonly Lock _gate = new();
    private (DateTimeOffset Told, long At)? _heard;

    public override TimeZoneInfo LocalTimeZone => local.LocalTimeZone;

    public override long TimestampFrequency => local.TimestampFrequency;

    /// <summary>Ahead of the org by less than a second, if at all.</summary>
    public override DateTimeOffset GetUtcNow()
    {
        var own = local.GetUtcNow();
        (DateTimeOffset Told, long At) heard;
        lock (_gate)
        {
            if (_heard is not { } any) return own;
            heard = any;
        }
        var earliest = heard.Told + local.GetElapsedTime(heard.At);
        return own < earliest || own > earliest + Resolution ? earliest : own;
    }

    public override long GetTimestamp() => local.GetTimestamp();

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) => local.CreateTimer(callback, state, dueTime, period);

    /// <summary>Learns from an answer that has just come.</summary>
    internal void Hear(HttpResponseMessage response)
    {
        if (response.Headers.Date is not { } told) return;
        lock (_gate) _heard = (told.ToUniversalTime(), local.GetTimestamp());
    }
}

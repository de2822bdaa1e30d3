using Orgtap.Primitives;
using Quartz;

namespace Orgtap.Connections;

/// <summary>How often a connection syncs by itself (product B3). Immutable.</summary>
public sealed class UpdateFrequency
{
    private const string CronPrefix = "cron:";

    private readonly CronExpression? _cron;

    private UpdateFrequency(string text, string words, TimeSpan? interval, CronExpression? cron) => (Text, Words, Interval, _cron) = (text, words, interval, cron);

    public static readonly UpdateFrequency Hourly = new("1h", "every hour", TimeSpan.FromHours(1), null);

    /// <summary>What is offered, from seldom to often.</summary>
    public static readonly IReadOnlyList<UpdateFrequency> Offered =
    [
        new("manual", "only when asked", null, null), new("weekly", "every week", TimeSpan.FromDays(7), null), new("daily", "every day", TimeSpan.FromDays(1), null),
        new("12h", "every 12 hours", TimeSpan.FromHours(12), null), new("6h", "every 6 hours", TimeSpan.FromHours(6), null), new("3h", "every 3 hours", TimeSpan.FromHours(3), null), Hourly,
        new("30m", "every 30 minutes", TimeSpan.FromMinutes(30), null), new("15m", "every 15 minutes", TimeSpan.FromMinutes(15), null), new("5m", "every 5 minutes", TimeSpan.FromMinutes(5), null),
    ];

    /// <summary>As it is stored and written: <c>15m</c>, or <c>cron:0 0 6 ? * MON-FRI@Europe/Berlin</c>.</summary>
    public string Text { get; }

    /// <summary>For people, behind "syncs".</summary>
    public string Words { get; }

    /// <summary>Null: only when asked, or by a cron expression.</summary>
    public TimeSpan? Interval { get; }

    /// <param name="text">One of <see cref="Offered"/>'s texts, or <c>cron:</c> with a cron expression of six or seven fields, and <c>@</c> with an IANA time zone (default UTC).</param>
    /// <exception cref="InvalidInputException">None of these.</exception>
    public static UpdateFrequency Parse(string text)
    {
        var wanted = text.Trim();
        if (Offered.FirstOrDefault(offered => string.Equals(offered.Text, wanted, StringComparison.OrdinalIgnoreCase)) is { } known) return known;
        if (!wanted.StartsWith(CronPrefix, StringComparison.OrdinalIgnoreCase))
            throw new InvalidInputException($"\"{text}\" is no update frequency.", $"Give one of {string.Join(", ", Offered.Select(offered => offered.Text))}, or cron:EXPRESSION@ZONE, e.g. cron:0 0 6 ? * MON-FRI@Europe/Berlin.");
        var at = wanted.LastIndexOf('@');
        var (expression, zone) = at < 0 ? (wanted[CronPrefix.Length..].Trim(), "UTC") : (wanted[CronPrefix.Length..at].Trim(), wanted[(at + 1)..].Trim());
        if (!TimeZoneInfo.TryFindSystemTimeZoneById(zone, out var found))
            throw new InvalidInputException($"There is no time zone {zone}.", "Name one as in Europe/Berlin or America/New_York, or leave it out for UTC.");
        try
        {
            var cron = new CronExpression(expression, found);
            return new UpdateFrequency($"{CronPrefix}{expression}@{zone}", $"by the cron expression {expression} ({zone})", null, cron);
        }
        catch (FormatException failure)
        {
            throw new InvalidInputException($"\"{expression}\" is no cron expression: {failure.Message}", "Write six fields: seconds, minutes, hours, day of month, month, day of week; one of the two days is ?. E.g. 0 0 6 ? * MON-FRI.", failure);
        }
    }

    /// <summary>
    /// The next time a sync is due behind a moment. Connections with the same interval are spread over it by their id, so that a thousand of them do not begin in one second;
    /// times that passed while nobody could sync collapse to one.
    /// </summary>
    /// <returns>UTC; null: never by itself.</returns>
    public DateTimeOffset? NextAfter(DateTimeOffset moment, ConnectionId connection)
    {
        if (_cron is not null) return _cron.GetNextValidTimeAfter(moment)?.ToUniversalTime();
        if (Interval is not { } interval) return null;
        var phase = Spread(connection) % interval.Ticks;
        var since = (moment.UtcTicks - phase) / interval.Ticks;
        return new DateTimeOffset((since + 1) * interval.Ticks + phase, TimeSpan.Zero);
    }

    public override string ToString() => Text;

    // FNV-1a: the same in every process, for ever. To whole seconds.
    private static long Spread(ConnectionId connection)
    {
        var hash = 2166136261u;
        foreach (var letter in connection.Value) hash = (hash ^ letter) * 16777619u;
        return hash * TimeSpan.TicksPerSecond;
    }
}

namespace Orgtap.Storage;

/// <summary>
/// The clock of the database that several processes share, so that all of them mean the same moment, whatever their machines' clocks show: a lease ends for all at once, a job is due for all or for none, and a clock that is
/// set changes nothing. Read every ten seconds; in between it counts on by the machine's own count of time, without looking at its clock. Thread-safe.
/// </summary>
public sealed class DatabaseClock : TimeProvider
{
    /// <summary>How long it counts on by itself; longer while the database is away.</summary>
    public static readonly TimeSpan Period = TimeSpan.FromSeconds(10);

    // An answer that came later says too little of when it was given: the process was frozen, or the database is busy.
    private static readonly TimeSpan Slow = TimeSpan.FromSeconds(1);

    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    private const int Attempts = 5;

    private readonly Func<CancellationToken, Task<DateTimeOffset>> _read;
    private readonly TimeProvider _machine;
    private volatile Reading _last;
    private long _triedAt;
    private int _isReading;

    private DatabaseClock(Func<CancellationToken, Task<DateTimeOffset>> read, TimeProvider machine, Reading first) => (_read, _machine, _last, _triedAt) = (read, machine, first, first.At);

    public override TimeZoneInfo LocalTimeZone => _machine.LocalTimeZone;

    public override long TimestampFrequency => _machine.TimestampFrequency;

    /// <param name="read">Asks the database.</param>
    /// <param name="machine">Counts the time in between.</param>
    public static async Task<DatabaseClock> StartAsync(Func<CancellationToken, Task<DateTimeOffset>> read, TimeProvider machine, CancellationToken cancellationToken) =>
        new(read, machine, await ReadAsync(read, machine, cancellationToken));

    /// <summary>Behind the database by as long as its answer was on its way, a second at most unless it never answers sooner.</summary>
    public override DateTimeOffset GetUtcNow()
    {
        var last = _last;
        var since = _machine.GetElapsedTime(last.At);
        if (since >= Period && _machine.GetElapsedTime(Volatile.Read(ref _triedAt)) >= Pause && Interlocked.Exchange(ref _isReading, 1) == 0) _ = ReadAgainAsync();
        return last.Told + since;
    }

    public override long GetTimestamp() => _machine.GetTimestamp();

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) => _machine.CreateTimer(callback, state, dueTime, period);

    private static async Task<Reading> ReadAsync(Func<CancellationToken, Task<DateTimeOffset>> read, TimeProvider machine, CancellationToken cancellationToken)
    {
        for (var attempt = 1; ; attempt++)
        {
            var began = machine.GetTimestamp();
            var told = await read(cancellationToken);
            var at = machine.GetTimestamp();
            if (machine.GetElapsedTime(began, at) < Slow || attempt == Attempts) return new Reading(told, at);
        }
    }

    private async Task ReadAgainAsync()
    {
        try
        {
            _last = await ReadAsync(_read, _machine, CancellationToken.None);
        }
        catch (Exception)
        {
            // The database is away, or the process ends: it counts on, and who asks for the time a second later has it tried again.
        }
        finally
        {
            Volatile.Write(ref _triedAt, _machine.GetTimestamp());
            Volatile.Write(ref _isReading, 0);
        }
    }

    /// <param name="At">The machine's count when the answer had come.</param>
    private sealed record Reading(DateTimeOffset Told, long At);
}

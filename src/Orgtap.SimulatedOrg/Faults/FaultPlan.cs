using System.IO.Enumeration;

namespace Orgtap.SimulatedOrg.Faults;

/// <summary>The rules in force, and how often each has fired. Thread-safe.</summary>
/// <param name="time">The org's clock, by which rules begin and end.</param>
public sealed class FaultPlan(TimeProvider time)
{
    private readonly Lock _gate = new();
    private readonly List<Entry> _entries = [];
    private int _lastNumber;
    private TaskCompletionSource _cleared = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Number, rule, matching requests so far, times fired.</summary>
    public IReadOnlyList<(int Number, FaultRule Rule, int Seen, int Fired)> Rules
    {
        get { lock (_gate) return [.. _entries.Select(entry => (entry.Number, entry.Rule, entry.Seen, entry.Fired))]; }
    }

    /// <returns>The rule's number, for <see cref="Remove"/>.</returns>
    /// <exception cref="ArgumentException">A member of the rule that can never be met.</exception>
    public int Add(FaultRule rule) => Add(rule, time.GetUtcNow());

    internal int Add(FaultRule rule, DateTimeOffset since)
    {
        Check(rule);
        lock (_gate)
        {
            _entries.Add(new Entry(++_lastNumber, rule with { Effect = rule.Effect.Plain }, since + (rule.After ?? TimeSpan.Zero)));
            return _lastNumber;
        }
    }

    /// <inheritdoc cref="Add(FaultRule)"/>
    public int Add(string route, FaultEffect effect, int? nth = null, int? times = null) => Add(new FaultRule(route, effect) { Nth = nth, Times = times });

    /// <returns>False where there is no rule of that number.</returns>
    public bool Remove(int number) { lock (_gate) return _entries.RemoveAll(entry => entry.Number == number) > 0; }

    /// <summary>Removes every rule; answers that one of them delays come now.</summary>
    public void Clear()
    {
        lock (_gate)
        {
            _entries.Clear();
            _cleared.SetResult();
            _cleared = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        }
    }

    /// <summary>Ends once every rule that is in force now is removed by <see cref="Clear"/>.</summary>
    internal Task Cleared { get { lock (_gate) return _cleared.Task; } }

    /// <summary>True where no rule needs the object of a request, which may cost something to find out.</summary>
    public bool IsEmpty { get { lock (_gate) return _entries.Count == 0; } }

    /// <summary>Counts the request for every rule of the wanted sort that matches it, and returns the effects that fire.</summary>
    public IReadOnlyList<FaultEffect> Take(FaultTarget target, Predicate<FaultEffect> wanted)
    {
        lock (_gate)
        {
            List<FaultEffect>? effects = null;
            var now = time.GetUtcNow();
            foreach (var entry in _entries)
                if (wanted(entry.Rule.Effect) && entry.IsInForce(now) && entry.Matches(target) && entry.Fires()) (effects ??= []).Add(entry.Rule.Effect);
            return effects ?? (IReadOnlyList<FaultEffect>)[];
        }
    }

    /// <exception cref="ArgumentException">A member of the rule that can never be met.</exception>
    internal static void Check(FaultRule rule)
    {
        if (rule.Nth is < 1) throw new ArgumentException("\"nth\" counts from 1.");
        if (rule.Every is < 1) throw new ArgumentException("\"every\" is 1 or more.");
        if (rule.Probability is < 0 or > 1) throw new ArgumentException("\"probability\" lies between 0 and 1.");
        if (rule.Duration <= TimeSpan.Zero) throw new ArgumentException("\"duration\" is more than nothing.");
        if (rule.After < TimeSpan.Zero) throw new ArgumentException("\"after\" is not negative.");
        if (rule.Effect is FaultEffect.SlowBody { BytesPerSecond: < 1 }) throw new ArgumentException("\"bytesPerSecond\" is 1 or more.");
    }

    private sealed class Entry(int number, FaultRule rule, DateTimeOffset begins)
    {
        private readonly Random _random = new(rule.Seed);

        public int Number => number;
        public FaultRule Rule => rule;
        public int Seen { get; private set; }
        public int Fired { get; private set; }

        public bool IsInForce(DateTimeOffset now) => now >= begins && !(now - begins >= rule.Duration);

        public bool Matches(FaultTarget target)
        {
            var space = rule.Route.IndexOf(' ', StringComparison.Ordinal);
            return (space < 0 || target.Method.Equals(rule.Route[..space], StringComparison.OrdinalIgnoreCase))
                && FileSystemName.MatchesSimpleExpression(rule.Route.AsSpan(space + 1), target.Path, ignoreCase: true)
                && (rule.Grant is null || rule.Grant.Equals(target.Grant, StringComparison.Ordinal))
                && (rule.SObject is null || rule.SObject.Equals(target.SObject, StringComparison.OrdinalIgnoreCase));
        }

        public bool Fires()
        {
            Seen++;
            var fires = (rule.Nth is not { } nth || Seen == nth)
                && (rule.Every is not { } every || Seen % every == 0)
                && (rule.Probability is not { } chance || _random.NextDouble() < chance)
                && (rule.Times is not { } times || Fired < times);
            if (fires) Fired++;
            return fires;
        }
    }
}

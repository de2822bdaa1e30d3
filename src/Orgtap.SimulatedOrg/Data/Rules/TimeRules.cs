using Orgtap.SimulatedOrg.Schema;

namespace Orgtap.SimulatedOrg.Data.Rules;

/// <summary>A point in time that users chose: mostly recent, one in 500 at an end of what Salesforce takes (years 1700 and 4000).</summary>
internal sealed class TimeRule(FieldType field, int nullPercent, DateTimeOffset now, int yearsBack) : ValueRule
{
    private const long Day = 86_400_000;
    private readonly ulong _salt = Hash.Of(field.Name);
    private readonly ulong _nullBelow = (ulong)nullPercent * (ulong.MaxValue / 100);
    private readonly long _from = now.AddYears(-yearsBack).ToUnixTimeMilliseconds();
    private readonly long _to = now.AddYears(yearsBack > 10 ? -18 : 1).ToUnixTimeMilliseconds();
    private readonly long _earliest = new DateTimeOffset(1700, 1, 1, 0, 0, 0, TimeSpan.Zero).ToUnixTimeMilliseconds();
    private readonly long _latest = new DateTimeOffset(4000, 12, 31, 0, 0, 0, TimeSpan.Zero).ToUnixTimeMilliseconds();

    public override Cell Value(scoped in RowRef row, Scratch scratch)
    {
        var hash = Hash.Mix(row.Hash ^ _salt);
        if (hash < _nullBelow) return Cell.Null;
        hash = Hash.Mix(hash);
        if (field.Type == "time") return Cell.OfTime((long)((hash >> 8) % Day) / ((hash & 3) == 0 ? 1 : 60_000) * ((hash & 3) == 0 ? 1 : 60_000));
        var time = (hash % 1000) switch { 0 => _earliest, 1 => _latest, _ => _from + Hash.PickLong(Hash.Mix(hash), _to - _from) };
        return field.Type == "date" ? Cell.OfDate(FloorDiv(time, Day)) : Cell.OfDateTime(FloorDiv(time, 1000) * 1000);
    }

    private static long FloorDiv(long value, long by) => value >= 0 ? value / by : -((by - 1 - value) / by);
}

/// <summary>CreatedDate, LastModifiedDate or SystemModstamp of a base row.</summary>
internal sealed class StampRule(Func<BaseClock, long, ulong, long> stamp) : ValueRule
{
    public override Cell Value(scoped in RowRef row, Scratch scratch) => Cell.OfDateTime(stamp(row.Rows.Clock, row.Ordinal, row.Hash));
}

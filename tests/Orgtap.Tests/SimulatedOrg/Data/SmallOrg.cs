using Orgtap.SimulatedOrg.Data;
using Orgtap.SimulatedOrg.Soql;

namespace Orgtap.Tests.SimulatedOrg.Data;

/// <summary>A small org with rows in every queryable object, and a clock that only tests move.</summary>
internal sealed class SmallOrg
{
    public static readonly DateTimeOffset Start = new(2026, 6, 15, 12, 0, 0, TimeSpan.Zero);

    public SmallOrg(int seed = 42, long rows = 300, IReadOnlyDictionary<string, long>? records = null)
    {
        Clock = new SetClock(Start);
        Store = new OrgStore(new OrgSeed(seed, records ?? Everywhere(rows), Start, ExtraObjects: 2, ExtraFields: 12), Clock);
        Soql = new SoqlEngine(Store, Clock);
    }

    public SetClock Clock { get; }
    public OrgStore Store { get; }
    public SoqlEngine Soql { get; }

    public string FirstId(string sobject) => Store.Truth(sobject, [], includeDeleted: false).First().Id;

    private static Dictionary<string, long> Everywhere(long rows)
    {
        var empty = new OrgStore(new OrgSeed(0, new Dictionary<string, long>(), Start, ExtraObjects: 2, ExtraFields: 12), TimeProvider.System);
        return empty.Schema.Objects.Where(type => type.Queryable && type.Name != "Organization").ToDictionary(type => type.Name, _ => rows);
    }
}

internal sealed class SetClock(DateTimeOffset now) : TimeProvider
{
    private DateTimeOffset _now = now;

    public override DateTimeOffset GetUtcNow() => _now;

    public void Advance(TimeSpan by) => _now += by;
}

using Orgtap.SimulatedOrg.Schema;

namespace Orgtap.SimulatedOrg.Data;

/// <summary>The org's rows: a base computed from the seed plus an overlay of changes. Thread-safe.</summary>
public sealed class OrgStore
{
    public OrgStore(OrgSeed seed, TimeProvider time) => throw new NotSupportedException();

    /// <summary>18 characters.</summary>
    public string OrganizationId => throw new NotSupportedException();
    public OrgSchema Schema => throw new NotSupportedException();
    /// <summary>Grows with every change of data or schema.</summary>
    public long Version => throw new NotSupportedException();
    public long Count(string sobject, bool includeDeleted) => throw new NotSupportedException();
    public string Insert(string sobject, IReadOnlyDictionary<string, object?> values) => throw new NotSupportedException();
    public void Update(string sobject, string id, IReadOnlyDictionary<string, object?> values, bool touchStamp = true) => throw new NotSupportedException();
    public void Delete(string sobject, string id) => throw new NotSupportedException();
    public void Undelete(string sobject, string id) => throw new NotSupportedException();
    public void HardDelete(string sobject, string id) => throw new NotSupportedException();
    public string? RandomId(string sobject, Random random) => throw new NotSupportedException();
    public IReadOnlyDictionary<string, object?>? Read(string sobject, string id) => throw new NotSupportedException();
    public IReadOnlyList<(string Id, DateTimeOffset At)> DeletedBetween(string sobject, DateTimeOffset start, DateTimeOffset end) => throw new NotSupportedException();
    public IEnumerable<TruthRow> Truth(string sobject, IReadOnlyList<string> fields, bool includeDeleted) => throw new NotSupportedException();
}

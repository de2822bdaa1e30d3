using Orgtap.SimulatedOrg.Data;

namespace Orgtap.SimulatedOrg.Soql;

/// <summary>Prepares and answers SOQL over the store.</summary>
public sealed class SoqlEngine(OrgStore store, TimeProvider time)
{
    private readonly OrgStore _store = store;
    private readonly TimeProvider _time = time;

    /// <exception cref="SoqlException">With Salesforce's error code and message.</exception>
    public PreparedQuery Prepare(string soql, bool includeDeleted) => throw new NotSupportedException($"{_store} {_time} {soql} {includeDeleted}");

    /// <summary>Null when the Bulk API takes the query.</summary>
    public BulkRefusal? BulkRefusal(PreparedQuery query) => throw new NotSupportedException($"{_store} {query}");
}

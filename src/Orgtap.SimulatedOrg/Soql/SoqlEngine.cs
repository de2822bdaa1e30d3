using Orgtap.SimulatedOrg.Data;

namespace Orgtap.SimulatedOrg.Soql;

/// <summary>Prepares and answers SOQL over the store. Thread-safe.</summary>
public sealed class SoqlEngine(OrgStore store, TimeProvider time)
{
    /// <param name="includeDeleted">As <c>queryAll</c>: rows in the recycle bin answer too.</param>
    /// <exception cref="SoqlException">With Salesforce's error code and message.</exception>
    public PreparedQuery Prepare(string soql, bool includeDeleted)
    {
        store.Jobs.CatchUp();
        var syntax = Parser.Parse(soql);
        var plan = QueryPlan.Build(store, soql, syntax, includeDeleted, time.GetUtcNow(), execute: false);
        return new PreparedQuery(plan, () => QueryPlan.Build(store, soql, syntax, includeDeleted, time.GetUtcNow(), execute: true).Run());
    }

    /// <summary>Null when the Bulk API takes the query.</summary>
    public BulkRefusal? BulkRefusal(PreparedQuery query) => BulkRules.Judge(query.Plan);
}

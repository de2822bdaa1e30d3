using Orgtap.SimulatedOrg.Schema;

namespace Orgtap.SimulatedOrg.Soql;

/// <summary>A query whose names are resolved; running it fixes the set of rows.</summary>
public sealed class PreparedQuery
{
    private readonly Func<QueryRows> _run;

    internal PreparedQuery(QueryPlan plan, Func<QueryRows> run)
    {
        Plan = plan;
        _run = run;
        Columns = plan.Aggregate is { } aggregate ? [.. aggregate.Outputs.Select(static output => output.Name)]
            : [.. (plan.Selection?.Columns ?? []).Select(static column => column.Name)];
    }

    public SObjectType From => Plan.From;

    /// <summary>As in the CSV header, in describe's spelling: <c>Id, Name, Account.Name</c>; empty for <c>COUNT()</c>.</summary>
    public IReadOnlyList<string> Columns { get; }

    /// <summary><c>SELECT COUNT() FROM …</c>: only the number of rows is asked for.</summary>
    public bool IsCountOnly => Plan.Syntax.IsCountOnly;

    internal QueryPlan Plan { get; }

    /// <summary>Fixes the set of rows now; values are read later, when a page is rendered.</summary>
    /// <exception cref="SoqlException">A field or object went away since the query was prepared.</exception>
    public QueryRows Run() => _run();
}

/// <summary>The rows of one run, in order; several readers may be open at once.</summary>
public sealed class QueryRows
{
    private readonly Func<long, RowReader> _read;
    private readonly RowSet? _set;

    internal QueryRows(long count, Func<long, RowReader> read, RowSet? set = null)
    {
        Count = count;
        _read = read;
        _set = set;
    }

    /// <summary>The same for runs that found the same records in the same order, whatever their conditions were; null for aggregates.</summary>
    public string? Fingerprint => _set?.Fingerprint;

    /// <summary>Number of records; for <c>COUNT()</c> the number asked for, while there is nothing to read.</summary>
    public long Count { get; }

    /// <param name="from">Position of the first record, 0-based.</param>
    public RowReader Read(long from) => _read(from);
}

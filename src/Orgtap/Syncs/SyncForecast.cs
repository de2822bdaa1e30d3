using Orgtap.Extraction;
using Orgtap.Records;
using Orgtap.Salesforce.Query;
using Orgtap.Salesforce.Replication;

namespace Orgtap.Syncs;

/// <summary>What a sync is expected to do and to cost.</summary>
/// <param name="Plans">Each table's next load. One that is asked about together with others costs no call of its own.</param>
/// <param name="Together">Calls that ask about several tables at once: what changed, what was deleted.</param>
/// <param name="Behind">Calls of the loads that follow each table's first one, e.g. to read formulas again.</param>
public sealed record SyncForecast(IReadOnlyList<ExtractionPlan> Plans, long Together, long Behind)
{
    /// <summary>All calls against the org's quota, about.</summary>
    public long Calls => Plans.Sum(plan => plan.EstimatedCalls) + Together + Behind;

    /// <summary>Bulk jobs that it would create.</summary>
    public int BulkJobs => Plans.Where(plan => plan is { Api: ExtractionApi.Bulk, Resumes: false }).Sum(plan => plan.Slices);

    /// <summary>What each sync takes once every table is loaded and little has changed. Tables without a stamp are read whole each time.</summary>
    public long Later => PerCall(Plans.Count(plan => plan.Mode != LoadMode.Snapshot), CompositeCall.MaximumQueries) + Plans.Where(plan => plan.Mode == LoadMode.Snapshot).Sum(plan => plan.EstimatedCalls);

    /// <summary>Calls a day of syncs in this interval, about, once every table is loaded. Whether tables have changed is asked once an hour at most.</summary>
    public long PerDay(TimeSpan interval) => PerDay(Later, HourlyOf(Plans.Count), interval);

    /// <summary>Calls a day of syncs in this interval, about.</summary>
    /// <param name="perSync">Of each sync.</param>
    /// <param name="hourly">Of the first sync of an hour, besides.</param>
    public static long PerDay(long perSync, long hourly, TimeSpan interval)
    {
        var syncs = TimeSpan.FromDays(1) / interval;
        return (long)Math.Ceiling(syncs * perSync + Math.Min(syncs, 24) * hourly);
    }

    /// <summary>What it takes to ask once an hour whether so many tables have changed themselves.</summary>
    public static long HourlyOf(int tables) => PerCall(tables, CompositeCall.MaximumCalls);

    /// <summary>The least that a sync of so many loaded tables takes: nothing changed, and all were asked together.</summary>
    public static long LeastOf(int tables) => PerCall(tables, CompositeCall.MaximumQueries);

    /// <param name="tables">In the order of the selection.</param>
    internal static SyncForecast Of(IReadOnlyList<(TableToLoad Table, TableFacts Facts)> tables)
    {
        var plans = tables.Select(table => FirstOf(table.Facts)).ToList();
        var asked = plans.Select((plan, index) => IsAskedTogether(plan, tables[index].Facts)).ToList();
        var questions = asked.Count(each => each);
        // One table alone is asked by a query of its own, at the same cost.
        if (questions < 2) questions = 0;
        var (behind, lists) = (0L, 0);
        for (var i = 0; i < plans.Count; i++)
        {
            var (table, facts) = tables[i];
            behind += BehindOf(facts, plans[i].Mode);
            if (questions > 0 && asked[i]) plans[i] = Shared(plans[i]);
            else if (TableSync.DeletedWindowOf(table, facts.Checkpoint, facts.Now) is not null) lists++;
        }
        return new SyncForecast(plans, PerCall(questions, CompositeCall.MaximumQueries) + PerCall(lists, CompositeCall.MaximumCalls), behind);
    }

    private static ExtractionPlan FirstOf(TableFacts facts)
    {
        var mode = LoadSteps.Next(facts) ?? LoadMode.Incremental;
        var plan = TablePlanner.Plan(facts, mode);
        // As many rows as changed last time, where those did not fit an answer for several tables.
        return mode == LoadMode.Incremental && facts.Checkpoint is { Mode: LoadMode.Incremental, Tally.Parsed: var rows } && rows > ProbedLoad.RowsFor(plan) ? TablePlanner.Plan(facts with { LoadRows = rows }, mode) : plan;
    }

    private static bool IsAskedTogether(ExtractionPlan plan, TableFacts facts) => plan.Mode == LoadMode.Incremental && facts.Checkpoint is { Finished: true, Watermark: not null };

    /// <summary>Its rows, if they fit, come with the answer for several tables.</summary>
    private static ExtractionPlan Shared(ExtractionPlan plan) =>
        plan.EstimatedRows is { } rows && rows > ProbedLoad.RowsFor(plan) ? plan : plan with
        {
            EstimatedCalls = 0, Reasons = [.. plan.Reasons, $"Asked about in one call with up to {CompositeCall.MaximumQueries - 1} other tables."],
        };

    private static long BehindOf(TableFacts facts, LoadMode first)
    {
        if (first is LoadMode.Backfill or LoadMode.Snapshot) return 0;
        var (calls, done) = (0L, new HashSet<LoadMode> { first });
        while (LoadSteps.Next(facts with { Done = done }) is { } mode && done.Add(mode)) calls += TablePlanner.Plan(facts with { Done = done }, mode).EstimatedCalls;
        return calls;
    }

    private static long PerCall(int count, int most) => (count + most - 1) / most;
}

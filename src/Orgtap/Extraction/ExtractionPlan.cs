using Orgtap.Records;
using Orgtap.Salesforce;

namespace Orgtap.Extraction;

/// <summary>Which of the org's interfaces serves a load.</summary>
public enum ExtractionApi
{
    /// <summary>Bulk API 2.0 query: a job, then pages of CSV.</summary>
    Bulk,

    /// <summary>REST query: pages of up to 2,000 records of JSON.</summary>
    Rest,
}

/// <summary>How one table is going to be loaded, at what cost, and why so.</summary>
/// <param name="Window">The stamps that are read; of no consequence for a <see cref="LoadMode.Snapshot"/>.</param>
/// <param name="StampField">The field that the window is about; null for a snapshot.</param>
/// <param name="EstimatedRows">Rows of this load, about; null: unknown.</param>
/// <param name="EstimatedCalls">Calls against the org's quota, about, for the whole load.</param>
/// <param name="Reasons">Sentences for people: why this API, this mode, this cost.</param>
/// <param name="Resumes">Whether a load that was interrupted goes on from its checkpoint.</param>
/// <param name="MoveToBulkAbove">Rows beyond which a REST load gives way to Bulk once Salesforce tells the true number; null: never.</param>
/// <param name="PageRows">Rows per page of a Bulk result, at most.</param>
/// <param name="ParallelPages">Pages of a Bulk result read at once.</param>
/// <param name="At">When it was planned, UTC.</param>
public sealed record ExtractionPlan(
    ObjectSchema Schema, ExtractionApi Api, LoadMode Mode, Window Window, string? StampField, long? EstimatedRows, long EstimatedCalls,
    IReadOnlyList<string> Reasons, bool Resumes, long? MoveToBulkAbove, int PageRows, int ParallelPages, DateTimeOffset At)
{
    public string SObject => Schema.SObject;

    /// <summary>Bulk jobs that a large first load is divided into; 1: it is not.</summary>
    public int Slices { get; init; } = 1;

    /// <summary>Where a large first load is cut (<see cref="Checkpoint.Cuts"/>); null: one slice.</summary>
    public IReadOnlyList<string>? Cuts { get; init; }

    /// <summary>Bulk does not serve it: what REST finds too long or too slow is asked for in smaller pieces.</summary>
    public bool RestOnly { get; init; }

    /// <summary>The field that tells when a row was last changed, whatever the mode; null where there is none. By it the parts of a row are seen to belong together.</summary>
    public string? ChangeField { get; init; }

    /// <summary>The plan as run history keeps it: without the columns.</summary>
    public PlanSummary Summary => new(Api, Mode, Window, StampField, Schema.Columns.Count, EstimatedRows, EstimatedCalls, Reasons, Resumes);

    /// <summary>The checkpoint that reading begins with: the stored one of a load that goes on, else one at the start of this load.</summary>
    /// <param name="stored">What the replica holds; null: nothing yet.</param>
    public Checkpoint StartFrom(Checkpoint? stored)
    {
        if (Resumes && stored is not null) return stored;
        IReadOnlyList<string> read = [.. Schema.Columns.Select(column => column.Name)];
        var begun = stored ?? new Checkpoint { Mode = Mode, Window = Window, Fields = read };
        // A load that keeps the copy honest leaves the table's fields as they are; those that are being filled are among them when it has ended.
        var fields = Mode.IsMain() ? read : Mode == LoadMode.Columns ? [.. begun.Fields.Except(read.Skip(1), StringComparer.OrdinalIgnoreCase)] : begun.Fields;
        return begun with
        {
            // A table of which nothing is stored begins under the rules of today.
            Masks = stored is null ? Schema.Masker?.Keys : begun.Masks, Stale = Mode is LoadMode.Backfill or LoadMode.Snapshot ? null : begun.Stale,
            Mode = Mode, Window = Window, Fields = fields, Types = TypesOf(begun), Part = Mode.IsPartial() || Mode == LoadMode.Reconcile ? [.. read.Skip(1)] : null, StartedAt = At,
            Position = null, Tally = Tally.Zero, Expected = null, Finished = false, Cuts = Cuts, Slice = 0, TallyBefore = null, ExpectedBefore = null,
        };
    }

    private IReadOnlyDictionary<string, ColumnType>? TypesOf(Checkpoint begun)
    {
        if (!Mode.IsMain() && Mode != LoadMode.Columns) return begun.Types;
        // What brings all rows says what they were read as; what brings those that changed says nothing about the others.
        var known = Mode == LoadMode.Backfill || Mode == LoadMode.Snapshot ? null : begun.Types;
        var types = new Dictionary<string, ColumnType>(known ?? new Dictionary<string, ColumnType>(), StringComparer.OrdinalIgnoreCase);
        foreach (var column in Schema.Columns)
        {
            if (Mode == LoadMode.Columns && column.Name != "Id") types[column.Name] = column.Type;
            else types.TryAdd(column.Name, column.Type);
        }
        return types;
    }
}

/// <summary>An <see cref="ExtractionPlan"/> in run history.</summary>
public sealed record PlanSummary(
    ExtractionApi Api, LoadMode Mode, Window Window, string? StampField, int FieldCount, long? EstimatedRows, long EstimatedCalls,
    IReadOnlyList<string> Reasons, bool Resumes);

/// <summary>Everything a plan is made of. Plain facts, so that planning is a pure function.</summary>
public sealed record TableFacts
{
    public required ObjectSchema Schema { get; init; }

    /// <summary>The field that tells when a row was last changed; null where the object has none.</summary>
    public string? StampField { get; init; }

    /// <summary>Rows in the whole table, about; null where the org does not tell.</summary>
    public long? TableRows { get; init; }

    /// <summary>Rows that this very load is known to have; null: unknown.</summary>
    public long? LoadRows { get; init; }

    /// <summary>E.g. 66.0.</summary>
    public required decimal ApiVersion { get; init; }

    /// <summary>Why Bulk cannot be used, in words, where the org said so; null: it did not.</summary>
    public string? BulkRefusal { get; init; }

    /// <summary>Why REST cannot read this load, in words, where Salesforce said so (it took too long, or the query is too long); null: it did not.</summary>
    public string? RestRefusal { get; init; }

    /// <summary>Whether the org has parallel result pages; null: not tried yet.</summary>
    public bool? ResultPages { get; init; }

    /// <summary>Memory for the pages in flight, bytes; null: plenty.</summary>
    public long? Memory { get; init; }

    /// <summary>What the replica holds of this table.</summary>
    public Checkpoint? Checkpoint { get; init; }

    public required DateTimeOffset Now { get; init; }

    public ExtractionOptions Options { get; init; } = new();

    /// <summary>What the run is for.</summary>
    public RunPurpose Purpose { get; init; }

    /// <summary>Fields of the schema whose values change without a new stamp.</summary>
    public IReadOnlyList<string> Unstamped { get; init; } = [];

    /// <summary>Fields that were chosen and that the org does not have or does not show.</summary>
    public IReadOnlyList<string> Missing { get; init; } = [];

    /// <summary>Whether the replica knows of rows that it lacks.</summary>
    public bool MissesRows { get; init; }

    /// <summary>Loads of this table that this run has finished.</summary>
    public IReadOnlySet<LoadMode> Done { get; init; } = new HashSet<LoadMode>();
}

/// <summary>What a run does beyond bringing every table up to date.</summary>
public enum RunPurpose
{
    Sync,

    /// <summary>Compares the Ids of all rows, which finds rows that vanished without a trace.</summary>
    Reconcile,

    /// <summary>Reads values again that change without a new stamp, e.g. formulas.</summary>
    Refresh,

    /// <summary>Compares Id, modification time and deletion mark of all rows with the org's, and reads again by Id what differs.</summary>
    Verify,

    /// <summary>Also reads every value of all rows again and compares it.</summary>
    VerifyDeep,

    /// <summary>Brings the rows to another database; asks the org nothing.</summary>
    Move,
}

/// <summary>What purposes have in common.</summary>
public static class RunPurposes
{
    /// <summary>What its calls are counted as.</summary>
    public static CallPurpose ForCalls(this RunPurpose purpose) => purpose switch
    {
        RunPurpose.Reconcile => CallPurpose.Reconcile,
        RunPurpose.Refresh => CallPurpose.Refresh,
        RunPurpose.Verify or RunPurpose.VerifyDeep => CallPurpose.Verify,
        _ => CallPurpose.Sync,
    };

    /// <summary>Whether the run compares the whole of each table with the org, down to the modification times.</summary>
    public static bool Verifies(this RunPurpose purpose) => purpose is RunPurpose.Verify or RunPurpose.VerifyDeep;
}

/// <summary>Settings of extraction that an installation may change.</summary>
public sealed record ExtractionOptions
{
    /// <summary>Rows per page of a Bulk result.</summary>
    /// <value>Default 50,000.</value>
    public int PageRows { get; init; } = 50_000;

    /// <summary>The smallest page that stalls and wide rows may bring it down to.</summary>
    /// <value>Default 1,000.</value>
    public int SmallestPageRows { get; init; } = 1_000;

    /// <summary>Pages of one Bulk result that are read at once where the org allows it.</summary>
    /// <value>Default 2.</value>
    public int ParallelPages { get; init; } = 2;

    /// <summary>Above so many rows a Bulk job is used even where REST costs fewer calls; null: cost alone decides.</summary>
    /// <value>Default null.</value>
    public long? BulkAboveRows { get; init; }

    /// <summary>How long a Bulk job may take before the run gives up on it for now; the next run goes on waiting for the same job.</summary>
    /// <value>Default 6 hours.</value>
    public TimeSpan JobPatience { get; init; } = TimeSpan.FromHours(6);

    /// <summary>A first load through Bulk with more rows than one and a half slices is cut into slices of about so many; a lost job costs one of them.</summary>
    /// <value>Default 2,000,000.</value>
    public long SliceRows { get; init; } = 2_000_000;

    /// <summary>How often one page is read again after it was cut or came short.</summary>
    /// <value>Default 3.</value>
    public int PageRetries { get; init; } = 3;

    /// <summary>An incremental window ends this long before now, so that it holds only whole, elapsed milliseconds.</summary>
    /// <value>Default 2 seconds.</value>
    public TimeSpan Lag { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>
    /// How far an incremental window reaches back behind the one before it. Salesforce sets a stamp during a transaction and shows it when
    /// that commits, and clocks differ, so rows appear behind a watermark. Reading them twice is harmless: rows are upserted.
    /// </summary>
    /// <value>Default 10 minutes, the longest a synchronous transaction can take.</value>
    public TimeSpan Overlap { get; init; } = TimeSpan.FromMinutes(10);
}

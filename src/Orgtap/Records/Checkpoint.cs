using System.Text.Json;
using System.Text.Json.Serialization;
using Orgtap.Masking;

namespace Orgtap.Records;

/// <summary>How a load reads its object.</summary>
public enum LoadMode
{
    /// <summary>Everything up to a cutoff; incremental loads begin exactly there.</summary>
    Backfill,

    /// <summary>What was changed within a window.</summary>
    Incremental,

    /// <summary>Everything, every time, for objects without a stamp; rows not seen are gone.</summary>
    Snapshot,

    /// <summary>Some columns of all rows up to the watermark: fields that were selected after the first load.</summary>
    Columns,

    /// <summary>The same for fields whose values change without a new stamp, e.g. formulas.</summary>
    Refresh,

    /// <summary>Ids that Salesforce lists as deleted since the last time.</summary>
    Deletes,

    /// <summary>The Ids of all rows, with their deletion marks: those the org no longer shows are gone, those the replica lacks or marks otherwise are noted for <see cref="Mend"/>.</summary>
    Reconcile,

    /// <summary>Rows by Id that the replica lacks.</summary>
    Mend,
}

/// <summary>What kinds of load there are.</summary>
public static class LoadModes
{
    /// <summary>Whether the load brings whole rows of a window and moves the watermark; the others keep an existing copy honest.</summary>
    public static bool IsMain(this LoadMode mode) => mode is LoadMode.Backfill or LoadMode.Incremental or LoadMode.Snapshot;

    /// <summary>Whether the replica notes the Ids of the load's rows, to find out at its end which of its own rows it did not meet.</summary>
    public static bool MeetsAll(this LoadMode mode) => mode is LoadMode.Snapshot or LoadMode.Reconcile || mode.IsPartial();

    /// <summary>Whether it changes some columns of rows that are there, and never adds a row.</summary>
    public static bool IsPartial(this LoadMode mode) => mode is LoadMode.Columns or LoadMode.Refresh;
}

/// <summary>
/// How far one object has been loaded. Committed in the same transaction as the rows it covers, so what it says is true
/// after a crash at any line. Describes the load under way (or the last one, when <see cref="Finished"/>).
/// </summary>
public sealed record Checkpoint
{
    public required LoadMode Mode { get; init; }

    /// <summary>The stamps this load reads. A backfill's cutoff is <c>Window.UpTo</c>.</summary>
    public required Window Window { get; init; }

    /// <summary>The fields that whole rows are loaded with, in column order. A field that is selected and not among them is filled by a <see cref="LoadMode.Columns"/> load.</summary>
    public required IReadOnlyList<string> Fields { get; init; }

    /// <summary>
    /// The types of <see cref="Fields"/> when all rows were read with them. Salesforce converts the values of a field whose type is changed without giving the rows a new stamp, so a field whose type
    /// is another today is filled again. Null in checkpoints of versions that did not keep them: taken as unchanged.
    /// </summary>
    public IReadOnlyDictionary<string, ColumnType>? Types { get; init; }

    /// <summary>The keys of the masking rules that every stored text of the table went through; null: none.</summary>
    public IReadOnlyList<string>? Masks { get; init; }

    /// <summary>
    /// Fields whose stored values are not what Salesforce's would be under today's masking rules, because a rule was taken away: a <see cref="LoadMode.Columns"/> load reads them again. Null: none.
    /// </summary>
    public IReadOnlyList<string>? Stale { get; init; }

    /// <summary>What was masked in this table since there is it, rows that came again included; null: nothing.</summary>
    public MaskCounts? MaskedInAll { get; init; }

    /// <summary>The fields besides Id that a partial load reads; the stamp's name for <see cref="LoadMode.Deletes"/>; null for whole rows.</summary>
    public IReadOnlyList<string>? Part { get; init; }

    /// <summary>When this load began, UTC.</summary>
    public DateTimeOffset? StartedAt { get; init; }

    /// <summary>Where reading goes on; null: nothing of this load is committed yet.</summary>
    public Position? Position { get; init; }

    /// <summary>Where the Ids of a large first load are cut: slice 0 ends at the first of them (included), the last slice begins behind the last. Null: one slice.</summary>
    public IReadOnlyList<string>? Cuts { get; init; }

    /// <summary>The slice that is being read, from 0. A lost Bulk job costs one slice, not the table.</summary>
    public int Slice { get; init; }

    /// <summary>The sums when this slice began; what a lost job goes back to. Null: zero.</summary>
    public Tally? TallyBefore { get; init; }

    /// <summary>Rows Salesforce said the slices before have; null in the first slice, and where it did not tell of one of them.</summary>
    public long? ExpectedBefore { get; init; }

    /// <summary>Sums over the pages of this load that are committed.</summary>
    public Tally Tally { get; init; } = Tally.Zero;

    /// <summary>Rows Salesforce says the whole load has; null where the org does not tell.</summary>
    public long? Expected { get; init; }

    /// <summary>The end of the last window that was finished; null before the first.</summary>
    public Watermark? Watermark { get; init; }

    public bool Finished { get; init; }

    /// <summary>Salesforce's lists of deleted records were read up to here; null: the table has none.</summary>
    public DateTimeOffset? DeletesUpTo { get; init; }

    /// <summary>Since when rows may have vanished unseen (a list of deleted records had a gap), so that the Ids must be compared; null: nothing speaks for it.</summary>
    public DateTimeOffset? ReconcileDue { get; init; }

    /// <summary>When the Ids were compared last; null: never.</summary>
    public DateTimeOffset? ReconciledAt { get; init; }

    /// <summary>When values that change without a stamp were read last; null: never since the first load.</summary>
    public DateTimeOffset? RefreshedAt { get; init; }

    /// <summary>The same table once its stored texts went through these rules. Where a rule was taken away, the originals are needed: its text fields are read again.</summary>
    public Checkpoint Under(MaskingRules rules)
    {
        if (rules.Are(Masks)) return this;
        if (rules.Extend(Masks)) return this with { Masks = rules.Keys };
        var texts = Fields.Where(field => field != "Id" && (Types?.TryGetValue(field, out var type) != true || type == ColumnType.Text));
        // What a load of some columns has read of them so far went through the old rules.
        return this with { Masks = rules.Keys, Stale = [.. texts], Position = Mode.IsPartial() && !Finished ? null : Position };
    }

    /// <summary>The same with more masked in all.</summary>
    public Checkpoint Masking(MaskCounts? more) => more is null or { Total: 0 } ? this : this with { MaskedInAll = more.Add(MaskedInAll) };

    /// <summary>The stored form: JSON, read by later versions too, so members are only ever added.</summary>
    public string ToJson() => JsonSerializer.Serialize(this, CheckpointJson.Default.Checkpoint);

    public static Checkpoint FromJson(string json) =>
        JsonSerializer.Deserialize(json, CheckpointJson.Default.Checkpoint) ?? throw new JsonException("An empty checkpoint.");
}

/// <summary>Where inside a load reading goes on. Resumes by value, never by a count of rows.</summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "kind")]
[JsonDerivedType(typeof(BulkPosition), "bulk")]
[JsonDerivedType(typeof(BulkIntention), "bulk-intention")]
[JsonDerivedType(typeof(KeysetPosition), "keyset")]
public abstract record Position
{
    private protected Position()
    {
    }
}

/// <summary>Inside a Bulk job's result.</summary>
/// <param name="JobId">The job, which Salesforce keeps for 7 days.</param>
/// <param name="ApiVersion">Results must be asked for with the version that made the job, e.g. <c>66.0</c>.</param>
/// <param name="Next">The locator of the next page; null: the first.</param>
/// <param name="PagesCommitted">Locators committed out of turn by parallel reading (the first page's is empty text).</param>
public sealed record BulkPosition(string JobId, string ApiVersion, string? Next, IReadOnlyList<string> PagesCommitted) : Position;

/// <summary>
/// About to ask for a Bulk job. Committed before the request: if the process dies before the answer is committed, the job that may have been made is looked for.
/// </summary>
/// <param name="At">By our clock, UTC.</param>
public sealed record BulkIntention(DateTimeOffset At) : Position;

/// <summary>Reading in order of Id: every row up to and including this Id is committed.</summary>
public sealed record KeysetPosition(string LastId) : Position;

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, UseStringEnumConverter = true,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(Checkpoint))]
internal sealed partial class CheckpointJson : JsonSerializerContext;

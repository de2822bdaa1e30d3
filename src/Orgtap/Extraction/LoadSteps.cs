using System.Globalization;
using Orgtap.Records;

namespace Orgtap.Extraction;

/// <summary>
/// What a table needs next. A run does one load after the other until nothing is left: what was interrupted, fields that were selected later, what changed, and
/// what keeps the copy honest. Pure: everything follows from the checkpoint and the facts.
/// </summary>
public static class LoadSteps
{
    /// <returns>Null: nothing is left for this run.</returns>
    public static LoadMode? Next(TableFacts facts)
    {
        var stored = facts.Checkpoint;
        if (stored is { Finished: false } && CanGoOn(facts, stored)) return stored.Mode;
        if (facts.StampField is null) return facts.Done.Contains(LoadMode.Snapshot) ? null : LoadMode.Snapshot;
        // A first load that cannot go on begins anew.
        if (stored?.Watermark is not { } watermark) return LoadMode.Backfill;

        if (Added(facts).Count > 0 && !facts.Done.Contains(LoadMode.Columns)) return LoadMode.Columns;
        if (!facts.Done.Contains(LoadMode.Incremental) && !IsFresh(facts, watermark)) return LoadMode.Incremental;
        if (ReadAgain(facts).Count > 0 && !facts.Done.Contains(LoadMode.Refresh)) return LoadMode.Refresh;
        if ((facts.Purpose == RunPurpose.Reconcile || facts.Purpose.Verifies() || stored.ReconcileDue is not null) && !facts.Done.Contains(LoadMode.Reconcile)) return LoadMode.Reconcile;
        return facts.MissesRows && !facts.Done.Contains(LoadMode.Mend) ? LoadMode.Mend : null;
    }

    /// <summary>The columns and stamps that the load reads, whether it goes on with an interrupted one, and why.</summary>
    internal static (ObjectSchema Schema, Window Window, bool Resumes) Describe(TableFacts facts, LoadMode mode, List<string> reasons)
    {
        var (stored, schema, now) = (facts.Checkpoint, facts.Schema, WholeMilliseconds(facts.Now));
        if (stored is { Finished: false } && stored.Mode == mode && CanGoOn(facts, stored))
        {
            var same = mode.IsMain() ? schema.Part(stored.Fields) : mode == LoadMode.Reconcile ? Partial(schema, stored.Part ?? Compared(facts)) : Partial(schema, stored.Part);
            // What one interface refuses is planned anew for the other.
            if (stored.Position is not null && !(stored.Position is BulkIntention && facts.BulkRefusal is not null) && !(stored.Position is KeysetPosition && facts.RestRefusal is not null))
            {
                reasons.Add($"Goes on after {Number(stored.Tally.Parsed)} rows that an earlier run loaded{(stored.Cuts is { } cuts ? $" (slice {stored.Slice + 1} of {cuts.Count + 1})" : "")}.");
                return (same, stored.Window, true);
            }
            reasons.Add("The last load did not bring all rows: it is made again.");
            // A backfill's window must not grow either: the incremental loads begin where it ends.
            return (same, mode is LoadMode.Snapshot or LoadMode.Reconcile ? new Window(null, now) : stored.Window, false);
        }

        switch (mode)
        {
            case LoadMode.Snapshot:
                reasons.Add($"{schema.SObject} has no field that tells when a row changed: all rows are read every time.");
                return (schema, new Window(null, now), false);
            case LoadMode.Backfill:
                reasons.Add(stored?.Position is null ? $"First load: everything up to now, by {facts.StampField}."
                    : "A field of the first load is no longer there: it starts over.");
                return (schema, new Window(null, now), false);
            case LoadMode.Columns:
                var added = Added(facts);
                var unmasked = added.Where(name => stored!.Stale?.Contains(name, StringComparer.OrdinalIgnoreCase) == true).ToList();
                var retyped = added.Except(unmasked).Where(name => stored!.Fields.Contains(name, StringComparer.OrdinalIgnoreCase)).ToList();
                var selected = added.Except(retyped).Except(unmasked).ToList();
                if (selected.Count > 0) reasons.Add($"{Listed(selected)} {(selected.Count == 1 ? "was" : "were")} selected since the first load: read with the Ids alone, for all rows that are there.");
                if (retyped.Count > 0) reasons.Add($"{Listed(retyped)} changed {(retyped.Count == 1 ? "its type" : "their types")} in Salesforce, which converts values without a new stamp: read again with the Ids alone, for all rows.");
                if (unmasked.Count > 0) reasons.Add($"{Listed(unmasked)}: a masking rule was taken away or changed, so the texts are read again with the Ids alone, for all rows.");
                return (Partial(schema, added), new Window(null, stored!.Watermark!.Value.ModifiedAt), false);
            case LoadMode.Refresh when facts.Purpose == RunPurpose.VerifyDeep:
                reasons.Add("Every value of all rows is read again and compared; what differs is put right in the same transaction.");
                return (Partial(schema, ReadAgain(facts)), new Window(null, stored!.Watermark!.Value.ModifiedAt), false);
            case LoadMode.Refresh:
                reasons.Add($"{Listed(facts.Unstamped)}: {(facts.Unstamped.Count == 1 ? "its value changes" : "their values change")} without a new stamp, so {(facts.Unstamped.Count == 1 ? "it is" : "they are")} read for all rows.");
                return (Partial(schema, facts.Unstamped), new Window(null, stored!.Watermark!.Value.ModifiedAt), false);
            case LoadMode.Reconcile:
                reasons.Add(facts.Purpose.Verifies() ? "Id, modification time and deletion mark of all rows are compared with the org's."
                    : stored?.ReconcileDue is { } since && facts.Purpose != RunPurpose.Reconcile
                    ? $"Salesforce's list of deleted records has a gap since {Time(since)}: the Ids of all rows are compared."
                    : "The Ids of all rows are compared with the org's.");
                return (Partial(schema, Compared(facts)), new Window(null, now), false);
            case LoadMode.Mend:
                reasons.Add("The org has rows that the replica lacks or holds otherwise: they are read by their Ids.");
                return (schema.Part(stored!.Fields), new Window(null, now), false);
            default:
                var watermark = stored!.Watermark!.Value.ModifiedAt;
                var end = WholeMilliseconds(now - facts.Options.Lag);
                if (end < watermark) end = watermark;
                reasons.Add($"Only rows whose {facts.StampField} is after {Time(watermark - facts.Options.Overlap)}: the last load's end, less {Duration(facts.Options.Overlap)} for changes committed late.");
                return (schema, new Window(watermark - facts.Options.Overlap, end), false);
        }
    }

    internal static DateTimeOffset WholeMilliseconds(DateTimeOffset time) => DateTimeOffset.FromUnixTimeMilliseconds(time.ToUnixTimeMilliseconds());

    /// <summary>Whether an unfinished load may go on: what it reads is still there and still wanted. Fields selected meanwhile are filled afterwards.</summary>
    private static bool CanGoOn(TableFacts facts, Checkpoint stored) => stored.Mode switch
    {
        LoadMode.Snapshot => facts.StampField is null && stored.Fields.SequenceEqual(facts.Schema.Columns.Select(column => column.Name), StringComparer.OrdinalIgnoreCase),
        LoadMode.Backfill or LoadMode.Incremental => facts.StampField is not null && Has(facts, stored.Fields),
        LoadMode.Columns or LoadMode.Refresh => stored is { Position: not null, Part: { Count: > 0 } part, Watermark: not null } && Has(facts, part) && (stored.Mode == LoadMode.Columns || Holds(part, ReadAgain(facts))),
        LoadMode.Reconcile => stored.Watermark is not null && (!facts.Purpose.Verifies() || Holds(stored.Part ?? [], Compared(facts))),
        _ => false,
    };

    /// <summary>A verification does not go on with a load that looks at less.</summary>
    private static bool Holds(IReadOnlyList<string> part, IReadOnlyList<string> wanted) => wanted.All(name => part.Contains(name, StringComparer.OrdinalIgnoreCase));

    private static bool Has(TableFacts facts, IReadOnlyList<string> fields) => fields.All(field => facts.Schema.IndexOf(field) >= 0);

    private static bool IsFresh(TableFacts facts, Watermark watermark) =>
        facts.Done.Contains(LoadMode.Backfill) && facts.Now - watermark.ModifiedAt < facts.Options.Overlap;

    /// <summary>Fields that not all rows were read with, or that were of another type then, or that were masked by a rule that is gone.</summary>
    private static IReadOnlyList<string> Added(TableFacts facts)
    {
        if (facts.Checkpoint is not { } stored) return [];
        var whole = stored.Fields.ToHashSet(StringComparer.OrdinalIgnoreCase);
        return [.. facts.Schema.Columns.Where(column => !whole.Contains(column.Name) || stored.Stale?.Contains(column.Name, StringComparer.OrdinalIgnoreCase) == true || (stored.Types?.TryGetValue(column.Name, out var before) == true && before != column.Type)).Select(column => column.Name)];
    }

    /// <summary>What a comparison of all Ids asks for besides: the deletion mark, and when verifying the stamp, which tells a stale row.</summary>
    private static IReadOnlyList<string> Compared(TableFacts facts)
    {
        List<string> compared = facts.Schema.IsDeletedIndex < 0 ? [] : ["IsDeleted"];
        if (facts.Purpose.Verifies() && facts.StampField is { } stamp && facts.Schema.IndexOf(stamp) >= 0) compared.Add(stamp);
        return compared;
    }

    /// <summary>The fields whose values this run reads again for all rows. Stamp and deletion mark are left to the comparison of Ids, behind which whole rows come.</summary>
    private static IReadOnlyList<string> ReadAgain(TableFacts facts) => facts.Purpose switch
    {
        RunPurpose.Refresh => facts.Unstamped,
        RunPurpose.VerifyDeep => [.. facts.Schema.Columns.Select(column => column.Name).Where(name => !Same(name, "Id") && !Same(name, "IsDeleted") && !Same(name, facts.StampField))],
        _ => [],
    };

    private static bool Same(string name, string? other) => string.Equals(name, other, StringComparison.OrdinalIgnoreCase);

    private static ObjectSchema Partial(ObjectSchema schema, IReadOnlyList<string>? fields) => schema.Part(fields ?? []);

    private static string Listed(IReadOnlyList<string> names) => names.Count <= 3 ? string.Join(", ", names) : $"{names[0]}, {names[1]} and {names.Count - 2} more fields";

    private static string Number(long value) => value.ToString("N0", CultureInfo.InvariantCulture);

    private static string Time(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture) + " UTC";

    private static string Duration(TimeSpan time) => time.TotalMinutes >= 1 ? $"{time.TotalMinutes:0.#} minutes" : $"{time.TotalSeconds:0.#} seconds";
}

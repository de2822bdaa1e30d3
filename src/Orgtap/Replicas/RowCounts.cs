using Orgtap.Records;

namespace Orgtap.Replicas;

/// <summary>What the database did with the rows of a batch.</summary>
/// <param name="Inserted">New rows, those that arrived deleted included.</param>
/// <param name="Updated">Rows that differed, those whose deletion mark turned included.</param>
/// <param name="Absent">Rows that were to be changed in part, or were met by their Id, and are not there.</param>
internal readonly record struct RowCounts(long Inserted, long InsertedDeleted, long Updated, long Unchanged, long TurnedDeleted, long TurnedLive, long Absent = 0)
{
    public RowCounts Add(RowCounts other) => new(Inserted + other.Inserted, InsertedDeleted + other.InsertedDeleted, Updated + other.Updated,
        Unchanged + other.Unchanged, TurnedDeleted + other.TurnedDeleted, TurnedLive + other.TurnedLive, Absent + other.Absent);

    public CommitCounts ToCommitCounts(long swept) =>
        new(Inserted - InsertedDeleted, Updated - TurnedDeleted, Unchanged, InsertedDeleted + TurnedDeleted, swept, Absent);
}

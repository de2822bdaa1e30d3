using Orgtap.Records;

namespace Orgtap.Replicas.Postgres;

/// <summary>
/// Finds Ids that a page holds more than once: one statement cannot change a row twice, so each further occurrence is merged in a turn of its own, as if the rows came one after
/// the other. Pages in order of Id, the usual ones, are recognised by comparing neighbours.
/// </summary>
internal sealed class RepeatedIds
{
    private readonly Dictionary<UInt128, int> _seen = [];

    /// <returns>Per batch, how often each row's Id occurred before it; null for a batch without repetitions. And the number of turns.</returns>
    public (IReadOnlyList<int[]?> Turns, int Count) Find(IReadOnlyList<RowBatch> batches)
    {
        var turns = new int[]?[batches.Count];
        if (IsRising(batches)) return (turns, 1);
        _seen.Clear();
        var count = 1;
        for (var number = 0; number < batches.Count; number++)
        {
            var batch = batches[number];
            for (var row = 0; row < batch.RowCount; row++)
            {
                var id = Pack(batch.Cell(row, 0));
                if (_seen.TryAdd(id, 1)) continue;
                turns[number] ??= new int[batch.RowCount];
                turns[number]![row] = _seen[id]++;
                count = Math.Max(count, _seen[id]);
            }
        }
        return (turns, count);
    }

    private static bool IsRising(IReadOnlyList<RowBatch> batches)
    {
        ReadOnlySpan<byte> before = default;
        foreach (var batch in batches)
        {
            for (var row = 0; row < batch.RowCount; row++)
            {
                var id = batch.Cell(row, 0);
                if (id.SequenceCompareTo(before) <= 0) return false;
                before = id;
            }
        }
        return true;
    }

    /// <summary>18 characters of 7 bits.</summary>
    private static UInt128 Pack(ReadOnlySpan<byte> id)
    {
        UInt128 packed = 0;
        foreach (var letter in id) packed = (packed << 7) | letter;
        return packed;
    }
}

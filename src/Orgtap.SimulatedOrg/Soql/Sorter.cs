using System.Text;
using Orgtap.SimulatedOrg.Data;

namespace Orgtap.SimulatedOrg.Soql;

/// <summary>One ORDER BY term, resolved.</summary>
internal sealed record SortTerm(Accessor Field, bool Descending, bool NullsLast)
{
    /// <summary>True where a row's place is one whole number: stamps, dates, booleans.</summary>
    public bool IsNumeric => Field.Field.Type is "datetime" or "date" or "time" or "boolean";
}

/// <summary>Orders rows; with a limit it never holds more than twice as many as are wanted. Equal rows stay in the order of their Ids.</summary>
internal static class Sorter
{
    public static RowSet Sort(ObjectRows rows, Filter? filter, bool includeDeleted, IReadOnlyList<SortTerm> terms, long skip, long take)
    {
        var scratch = new Scratch();
        var found = Scan.Ordinals(rows, filter, includeDeleted, scratch);
        var wanted = take > int.MaxValue - skip ? int.MaxValue : (int)(skip + take);
        var sorted = terms is [{ IsNumeric: true } only]
            ? Keep(found.Select(ordinal => (Place(only, rows.Row(ordinal), scratch), (int)ordinal)), Comparer<(long, int)>.Default, wanted)
            : Keep(found.Select(ordinal => (Keys(terms, rows.Row(ordinal), scratch), (int)ordinal)),
                Comparer<(object?[] Keys, int Ordinal)>.Create((left, right) => Compare(terms, left, right)), wanted);
        return new ListRowSet([.. sorted.Skip((int)skip)]);
    }

    private static IEnumerable<int> Keep<TKey>(IEnumerable<(TKey Key, int Ordinal)> found, Comparer<(TKey Key, int Ordinal)> comparer, int wanted)
    {
        var kept = new List<(TKey Key, int Ordinal)>();
        foreach (var entry in found)
        {
            kept.Add(entry);
            if (kept.Count < 2048 || kept.Count / 2 < wanted) continue;
            kept.Sort(comparer);
            kept.RemoveRange(wanted, kept.Count - wanted);
        }
        kept.Sort(comparer);
        return kept.Take(wanted).Select(static entry => entry.Ordinal);
    }

    private static long Place(SortTerm term, RowRef row, Scratch scratch)
    {
        scratch.Reset();
        var cell = term.Field.Read(row, scratch);
        return cell.IsNull ? term.NullsLast ? long.MaxValue : long.MinValue : term.Descending ? -cell.Bits : cell.Bits;
    }

    private static object?[] Keys(IReadOnlyList<SortTerm> terms, RowRef row, Scratch scratch)
    {
        var keys = new object?[terms.Count];
        for (var i = 0; i < keys.Length; i++)
        {
            scratch.Reset();
            keys[i] = Key(terms[i].Field.Read(row, scratch));
        }
        return keys;
    }

    /// <summary>A value that compares with others of its field; texts compare without regard to case, Ids with regard to it.</summary>
    public static object? Key(Cell cell) => cell.Kind switch
    {
        CellKind.Null or CellKind.Compound or CellKind.Blob => null,
        CellKind.Text => Encoding.UTF8.GetString(cell.Text),
        CellKind.Id => new IdKey(Encoding.ASCII.GetString(cell.Text)),
        CellKind.Number => cell.ToDecimal(),
        _ => cell.Bits,
    };

    public static int CompareKeys(object? left, object? right, bool descending, bool nullsLast)
    {
        if (left is null || right is null)
        {
            var order = (left is null ? 0 : 1) - (right is null ? 0 : 1);
            return nullsLast ? -order : order;
        }
        var compared = left is string text ? string.Compare(text, (string)right, StringComparison.OrdinalIgnoreCase) : Comparer<object>.Default.Compare(left, right);
        return descending ? -compared : compared;
    }

    private static int Compare(IReadOnlyList<SortTerm> terms, (object?[] Keys, int Ordinal) left, (object?[] Keys, int Ordinal) right)
    {
        for (var i = 0; i < terms.Count; i++)
        {
            var order = CompareKeys(left.Keys[i], right.Keys[i], terms[i].Descending, terms[i].NullsLast);
            if (order != 0) return order;
        }
        return left.Ordinal.CompareTo(right.Ordinal);
    }

    internal sealed record IdKey(string Id) : IComparable
    {
        public int CompareTo(object? obj) => string.CompareOrdinal(Id, (obj as IdKey)?.Id);
    }
}

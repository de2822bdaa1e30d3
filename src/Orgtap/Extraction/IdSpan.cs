namespace Orgtap.Extraction;

/// <summary>The Ids that one REST query asks for: all that are left, until Salesforce finds that too much; then equal pieces of the whole range, one after the other.</summary>
/// <param name="after">Everything up to here is read; null: nothing is.</param>
internal sealed class IdSpan(string? after)
{
    /// <summary>Finer pieces would cost more calls than a table that is so slow is worth.</summary>
    public const int MostPieces = 4_096;

    private IReadOnlyList<string> _cuts = [];
    private int _pieces = 1;

    /// <summary>Ids behind this one; null: from the beginning.</summary>
    public string? After { get; private set; } = after;

    /// <summary>Up to and including this Id; null: to the end, whatever may have been added meanwhile.</summary>
    public string? UpTo { get; private set; }

    /// <summary>Notes that everything up to this Id is read.</summary>
    public void Read(string id) => After = id;

    /// <summary>The span is read to its end.</summary>
    /// <returns>False: there is no other behind it.</returns>
    public bool MoveOn()
    {
        if (UpTo is null) return false;
        After = UpTo;
        Place();
        return true;
    }

    /// <summary>Makes the pieces half as wide.</summary>
    /// <param name="range">The smallest and the largest Id of the object.</param>
    /// <returns>False: they cannot get narrower.</returns>
    public bool Narrow((string First, string Last) range)
    {
        var before = UpTo;
        while (_pieces < MostPieces)
        {
            _pieces *= 2;
            _cuts = IdSlices.Cut(range.First, range.Last, _pieces);
            Place();
            // Where the cuts that are left lie behind what is read already, nothing has changed yet.
            if (UpTo is not null && UpTo != before) return true;
        }
        return false;
    }

    private void Place() => UpTo = _cuts.FirstOrDefault(cut => After is null || string.CompareOrdinal(cut, After) > 0);
}

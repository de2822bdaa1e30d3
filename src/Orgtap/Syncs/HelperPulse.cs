namespace Orgtap.Syncs;

/// <summary>Tells helpers that work from those that are frozen, by how long their beats have stood still on the clock of whoever looks: clocks of several machines are never compared.</summary>
internal sealed class HelperPulse(TimeProvider time)
{
    /// <summary>How often a helper beats, in looks of <see cref="RunWatch"/>.</summary>
    public const int LooksPerBeat = 5;

    /// <summary>After so long without a beat nobody waits for it any more; if it wakes, its fence stops it.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private readonly Dictionary<string, (long Claim, long Beats, long Since)> _seen = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>Notes what the table's row says now.</summary>
    public bool IsSilent(string sobject, long claim, long beats)
    {
        if (!_seen.TryGetValue(sobject, out var seen) || (seen.Claim, seen.Beats) != (claim, beats)) _seen[sobject] = seen = (claim, beats, time.GetTimestamp());
        return time.GetElapsedTime(seen.Since) > Patience;
    }
}

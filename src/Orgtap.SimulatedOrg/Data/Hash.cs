namespace Orgtap.SimulatedOrg.Data;

/// <summary>The one source of chance: pure functions of seed, object, field and ordinal.</summary>
internal static class Hash
{
    /// <summary>Spreads every bit of the input over all bits (the finaliser of MurmurHash3).</summary>
    public static ulong Mix(ulong value)
    {
        value ^= value >> 33;
        value *= 0xff51afd7ed558ccdUL;
        value ^= value >> 33;
        value *= 0xc4ceb9fe1a85ec53UL;
        return value ^ (value >> 33);
    }

    /// <summary>Independent of case and of the process, unlike <see cref="string.GetHashCode()"/>.</summary>
    public static ulong Of(string name)
    {
        var hash = 14695981039346656037UL;
        foreach (var character in name) hash = (hash ^ char.ToLowerInvariant(character)) * 1099511628211UL;
        return Mix(hash);
    }

    /// <summary>A number from 0 to <paramref name="below"/> − 1.</summary>
    public static int Pick(ulong hash, int below) => (int)(((hash >> 32) * (uint)below) >> 32);

    /// <summary>As <see cref="Pick"/>, for more than 2^31 choices and apart from it.</summary>
    public static long PickLong(ulong hash, long below) => (long)Math.BigMul(hash, (ulong)below, out _);
}

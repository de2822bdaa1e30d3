namespace Orgtap.SimulatedOrg.Data.Conversations;

/// <summary>A row of chances that follow from one hash.</summary>
internal sealed class Dice(ulong hash)
{
    private ulong _state = hash;

    public ulong Next() => Hash.Mix(_state += 0x9E3779B97F4A7C15UL);

    /// <returns>From <paramref name="from"/> to <paramref name="to"/> − 1.</returns>
    public int Between(int from, int to) => from + Hash.Pick(Next(), to - from);

    public T Of<T>(IReadOnlyList<T> choices) => choices[Between(0, choices.Count)];

    public bool Percent(int percent) => Between(0, 100) < percent;
}

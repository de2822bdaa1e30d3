using FsCheck;
using FsCheck.Fluent;

namespace Orgtap.Tests.Syncs;

/// <summary>What is done with the copy at a round's end.</summary>
internal enum Deed
{
    Sync,
    Reconcile,
    Refresh,
    Selection,
    Fault,
    Death,
}

/// <summary>A piece of an org's life: what changes in it, how long that takes, and what is then done with the copy. Draws from seeds of its own, so that leaving a round or a change out alters no other.</summary>
internal sealed record Round(IReadOnlyList<int> Changes, int Minutes, Deed Deed, int Seed)
{
    public override string ToString() => $"[{string.Join(' ', Changes)}] {Minutes} min {Deed}({Seed})";
}

/// <summary>Rounds in the life of one org, drawn from a seed.</summary>
internal sealed record OrgHistory(int Seed, IReadOnlyList<Round> Rounds)
{
    public static OrgHistory Of(int seed, int rounds)
    {
        var random = new Random(seed);
        return new OrgHistory(seed, [.. Enumerable.Range(0, rounds).Select(_ =>
            new Round([.. Enumerable.Range(0, random.Next(6)).Select(_ => random.Next())], random.Next(1, 200), (Deed)random.Next(6), random.Next()))]);
    }

    /// <summary>This history, and for a failure shorter ones: without whole stretches, then without single rounds, then without single changes.</summary>
    public Arbitrary<OrgHistory> ToArbitrary() => Arb.From(Gen.Constant(this), history => history.Shorter());

    public override string ToString() => $"seed {Seed}, {Rounds.Count} rounds:\n{string.Join('\n', Rounds)}";

    private IEnumerable<OrgHistory> Shorter()
    {
        for (var length = Rounds.Count / 2; length > 0; length /= 2)
            for (var from = 0; from < Rounds.Count; from += length) yield return this with { Rounds = [.. Rounds.Take(from), .. Rounds.Skip(from + length)] };
        for (var i = 0; i < Rounds.Count; i++)
        {
            for (var change = 0; change < Rounds[i].Changes.Count; change++)
            {
                var fewer = Rounds[i] with { Changes = [.. Rounds[i].Changes.Take(change), .. Rounds[i].Changes.Skip(change + 1)] };
                yield return this with { Rounds = [.. Rounds.Take(i), fewer, .. Rounds.Skip(i + 1)] };
            }
        }
    }
}

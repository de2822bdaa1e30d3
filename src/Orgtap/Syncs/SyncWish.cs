using Orgtap.Extraction;

namespace Orgtap.Syncs;

/// <summary>What somebody wants of a run.</summary>
/// <param name="Purpose">Beyond bringing every table up to date.</param>
/// <param name="Tables">Only these; empty: all that are selected.</param>
public sealed record SyncWish(RunPurpose Purpose, IReadOnlyList<string> Tables)
{
    public static readonly SyncWish Everything = new(RunPurpose.Sync, []);
}

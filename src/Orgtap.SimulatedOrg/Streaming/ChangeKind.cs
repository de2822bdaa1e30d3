using Orgtap.SimulatedOrg.Data;

namespace Orgtap.SimulatedOrg.Streaming;

/// <summary>What happened to a record, as <c>ChangeEventHeader.changeType</c> names it.</summary>
internal enum ChangeKind
{
    Create,
    Update,
    Delete,
    Undelete,
}

internal static class ChangeKinds
{
    /// <summary>Null for changes that no event tells: of sharing, and of what is in the recycle bin already.</summary>
    public static ChangeKind? Of(RowChange change)
    {
        var row = change.Rows.Row(change.Ordinal);
        if (change.After.Inserted && change.Before is null) return ChangeKind.Create;
        var (wasGone, isGone) = (IsGone(row, change.Before), IsGone(row, change.After));
        if (change.Before?.Hidden != change.After.Hidden && (change.Before?.Hidden ?? false) != change.After.Hidden) return null;
        if (!ReferenceEquals(change.Before?.HiddenFrom, change.After.HiddenFrom)) return null;
        return (wasGone, isGone) switch
        {
            (false, true) => ChangeKind.Delete,
            (true, false) => ChangeKind.Undelete,
            (true, true) => null,
            _ => ChangeKind.Update,
        };
    }

    public static string Text(this ChangeKind kind) => kind switch
    {
        ChangeKind.Create => "CREATE",
        ChangeKind.Update => "UPDATE",
        ChangeKind.Delete => "DELETE",
        _ => "UNDELETE",
    };

    private static bool IsGone(RowRef row, OverlayRow? overlay) =>
        overlay is { HardDeleted: true } || (overlay?.IsDeleted ?? row.Rows.IsBaseDeleted(row.Hash));
}

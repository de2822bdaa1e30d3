using Orgtap.Catalog;
using Orgtap.Replicas;

namespace Orgtap.App.Web.EditDataSync;

/// <summary>One line of a review.</summary>
/// <param name="Fields">Those added or removed; null: the whole table.</param>
/// <param name="Rows">Rows that are in the replica now, for what is removed.</param>
public sealed record SelectionChange(bool Added, string SObject, IReadOnlyList<string>? Fields, long? Rows);

/// <summary>Compares a draft with what is selected. Pure.</summary>
public static class SelectionChanges
{
    /// <param name="all">All selectable fields of a table, to tell which ones "all fields" means; tables that are not in it are compared as they are written.</param>
    public static IReadOnlyList<SelectionChange> Between(
        IReadOnlyList<SelectedObject> stored, SelectionDraft draft, IReadOnlyDictionary<string, IReadOnlyList<string>> all, IReadOnlyList<ReplicaTable> replica)
    {
        var before = new SelectionDraft(stored);
        var changes = new List<SelectionChange>();
        foreach (var table in draft.Tables)
        {
            if (before.Find(table.SObject) is not { } old) changes.Add(new SelectionChange(true, table.SObject, null, null));
            else
            {
                var (was, now) = (FieldsOf(old, all), FieldsOf(table, all));
                if (was is null || now is null) continue;
                if (now.Except(was, StringComparer.OrdinalIgnoreCase).ToList() is { Count: > 0 } added) changes.Add(new SelectionChange(true, table.SObject, added, null));
                if (was.Except(now, StringComparer.OrdinalIgnoreCase).ToList() is { Count: > 0 } removed) changes.Add(new SelectionChange(false, table.SObject, removed, RowsOf(replica, table.SObject)));
            }
        }
        changes.AddRange(stored.Where(old => draft.Find(old.SObject) is null).Select(old => new SelectionChange(false, old.SObject, null, RowsOf(replica, old.SObject))));
        return changes;
    }

    private static IReadOnlyList<string>? FieldsOf(SelectedObject table, IReadOnlyDictionary<string, IReadOnlyList<string>> all) =>
        table.Fields ?? all.GetValueOrDefault(table.SObject);

    private static long? RowsOf(IReadOnlyList<ReplicaTable> replica, string sobject) =>
        replica.FirstOrDefault(table => string.Equals(table.SObject, sobject, StringComparison.OrdinalIgnoreCase))?.Rows;
}

using System.Collections.Concurrent;
using Orgtap.SimulatedOrg.Schema;

namespace Orgtap.SimulatedOrg.Data;

/// <summary>
/// Which rows sharing shows to whom, beyond rows that are hidden from everybody: users who see only what they own, and rows hidden from single users. Holds for queries, Bulk, counts, single records and
/// lists of deleted records; change events ignore sharing, as Salesforce's do. Thread-safe.
/// </summary>
public sealed class Sharing
{
    private readonly OrgSchema _schema;
    private readonly ConcurrentDictionary<(string User, string SObject), bool> _owned = new();
    private volatile bool _any;

    internal Sharing(OrgSchema schema) => _schema = schema;

    /// <summary>From now on a user sees of an object only the rows he owns (private sharing), or all of them again.</summary>
    /// <exception cref="ArgumentException">The object is unknown or has no owner.</exception>
    public void OnlyOwned(string userId, string sobject, bool only)
    {
        var type = _schema.FindAny(sobject) ?? throw new ArgumentException($"no object {sobject}", nameof(sobject));
        if (type.AnyField("OwnerId") is null) throw new ArgumentException($"{type.Name} has no OwnerId: who sees it follows from its parent", nameof(sobject));
        if (only) _owned[(userId, type.Name)] = true;
        else _owned.TryRemove((userId, type.Name), out _);
        _any = !_owned.IsEmpty;
    }

    /// <summary>Whether rows of the object may be hidden from the user whose request is being answered.</summary>
    internal bool Narrows(string sobject) => _any && _schema.Viewer is { } viewer && _owned.ContainsKey((viewer, sobject));

    internal bool Shows(scoped in RowRef row)
    {
        if (row.Overlay?.HiddenFrom is { } hidden && _schema.Viewer is { } user && hidden.Contains(user)) return false;
        if (!Narrows(row.Rows.Name)) return true;
        var owner = row.Rows.Bind(_schema.FindAny(row.Rows.Name)!.AnyField("OwnerId")!).Read(row, new Scratch());
        return !owner.IsNull && System.Text.Encoding.ASCII.GetString(owner.Text) == _schema.Viewer;
    }
}

using System.Collections.Concurrent;
using System.Collections.Frozen;

namespace Orgtap.SimulatedOrg.Schema;

/// <summary>
/// What single users may not read although the others may: field-level security and object permissions by user. Whoever answers a request names the user whose eyes count
/// (<see cref="As"/>); the schema then shows that user's picture to everything that is called from there. Thread-safe.
/// </summary>
internal sealed class Viewers
{
    private readonly AsyncLocal<string?> _viewer = new();
    private readonly ConcurrentDictionary<string, FrozenSet<string>> _hidden = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, (SchemaPicture Base, FrozenSet<string> Hidden, SchemaPicture Seen)> _pictures = new(StringComparer.Ordinal);

    /// <summary>From here on the schema is shown as this user sees it, until what is returned is disposed.</summary>
    public IDisposable As(string? userId)
    {
        var before = _viewer.Value;
        _viewer.Value = userId;
        return new Turn(this, before);
    }

    /// <summary>The user whose eyes count; null: nobody's.</summary>
    public string? Viewer => _viewer.Value;

    /// <param name="name">Account, or Account.Phone.</param>
    public void Hide(string userId, string name, bool hidden) => _hidden.AddOrUpdate(userId,
        _ => hidden ? new[] { name }.ToFrozenSet(StringComparer.OrdinalIgnoreCase) : FrozenSet<string>.Empty,
        (_, names) => (hidden ? names.Append(name) : names.Where(other => !other.Equals(name, StringComparison.OrdinalIgnoreCase))).ToFrozenSet(StringComparer.OrdinalIgnoreCase));

    /// <summary>The schema as the user sees it whose request is being answered.</summary>
    public SchemaPicture Look(SchemaPicture whole)
    {
        if (_viewer.Value is not { } user || !_hidden.TryGetValue(user, out var hidden) || hidden.Count == 0) return whole;
        if (_pictures.TryGetValue(user, out var known) && known.Base == whole && known.Hidden == hidden) return known.Seen;
        var seen = Narrow(whole, hidden);
        _pictures[user] = (whole, hidden, seen);
        return seen;
    }

    private static SchemaPicture Narrow(SchemaPicture whole, FrozenSet<string> hidden)
    {
        var fields = hidden.Where(name => name.Contains('.', StringComparison.Ordinal)).Select(name => name.Split('.')).ToLookup(parts => parts[0], parts => parts[1], StringComparer.OrdinalIgnoreCase);
        var objects = hidden.Where(name => !name.Contains('.', StringComparison.Ordinal)).Concat(whole.Hidden).ToFrozenSet(StringComparer.OrdinalIgnoreCase);
        return new SchemaPicture(
            whole.All.Select(type => fields[type.Name].Any() ? type.WithFields(type.AllFields, type.HiddenFields.Concat(fields[type.Name]).ToFrozenSet(StringComparer.OrdinalIgnoreCase)) : type),
            objects, whole.LastModified, whole.Version);
    }

    private sealed class Turn(Viewers viewers, string? before) : IDisposable
    {
        public void Dispose() => viewers._viewer.Value = before;
    }
}

using System.Collections.Frozen;

namespace Orgtap.SimulatedOrg.Schema;

/// <summary>The org's objects and fields as the user sees them whose request is being answered. Thread-safe; readers get immutable pictures.</summary>
public sealed class OrgSchema
{
    private readonly TimeProvider _time;
    private readonly Lock _gate = new();
    private readonly Viewers _viewers = new();
    private volatile SchemaPicture _picture;

    internal OrgSchema(IEnumerable<SObjectType> objects, DateTimeOffset lastModified, TimeProvider time)
    {
        _time = time;
        _picture = new SchemaPicture(objects, FrozenSet<string>.Empty, WholeSeconds(lastModified), 0);
    }

    /// <summary>The objects the user may see, by name.</summary>
    public IReadOnlyList<SObjectType> Objects => Seen.Visible;

    /// <summary>When something last changed, in whole seconds, as <c>Last-Modified</c> carries it.</summary>
    public DateTimeOffset LastModified => _picture.LastModified;

    internal long Version => _picture.Version;

    /// <summary>A visible object; case does not matter.</summary>
    public SObjectType? Find(string name) => Seen is var seen && seen.ByName.TryGetValue(name, out var found) && !seen.Hidden.Contains(found.Name) ? found : null;

    internal SObjectType? FindAny(string name) => Seen.ByName.GetValueOrDefault(name);
    internal IReadOnlyList<SObjectType> AllObjects => _picture.All;

    /// <summary>The relationships that point at <paramref name="sobject"/> from visible fields of visible objects.</summary>
    public IReadOnlyList<ChildRelationship> ChildRelationships(string sobject) => Seen.Children(sobject);

    /// <exception cref="ArgumentException">The object is unknown or has a field of this name.</exception>
    public void AddField(string sobject, FieldType field) => Change(sobject, current =>
    {
        if (current.AnyField(field.Name) is not null) throw new ArgumentException($"{sobject} already has {field.Name}", nameof(field));
        FieldType[] all = [.. current.AllFields, field];
        return current.WithFields(all, current.HiddenFields);
    });

    /// <exception cref="ArgumentException">The object or the field is unknown.</exception>
    public void RemoveField(string sobject, string field) => Change(sobject, current =>
    {
        var gone = current.AnyField(field) ?? throw new ArgumentException($"{sobject} has no {field}", nameof(field));
        FieldType[] all = [.. current.AllFields.Where(kept => kept != gone)];
        return current.WithFields(all, current.HiddenFields);
    });

    /// <summary>Takes the user's right to read a field, or gives it back.</summary>
    public void HideField(string sobject, string field, bool hidden) => Change(sobject, current =>
    {
        var name = (current.AnyField(field) ?? throw new ArgumentException($"{sobject} has no {field}", nameof(field))).Name;
        var names = hidden ? current.HiddenFields.Append(name) : current.HiddenFields.Where(other => other != name);
        return current.WithFields(current.AllFields, names.ToFrozenSet(StringComparer.OrdinalIgnoreCase));
    });

    /// <summary>Takes the user's right to read an object, or gives it back.</summary>
    public void HideObject(string sobject, bool hidden)
    {
        lock (_gate)
        {
            var name = (FindAny(sobject) ?? throw new ArgumentException($"no object {sobject}", nameof(sobject))).Name;
            var names = hidden ? _picture.Hidden.Append(name) : _picture.Hidden.Where(other => other != name);
            _picture = new SchemaPicture(_picture.All, names.ToFrozenSet(StringComparer.OrdinalIgnoreCase), Now(), _picture.Version + 1);
        }
    }

    /// <summary>Takes one user's right to read a field or an object, or gives it back; the others keep theirs.</summary>
    /// <param name="field">Null = the whole object.</param>
    /// <exception cref="ArgumentException">The object or the field is unknown.</exception>
    public void Hide(string userId, string sobject, string? field, bool hidden)
    {
        lock (_gate)
        {
            var type = _picture.ByName.GetValueOrDefault(sobject) ?? throw new ArgumentException($"no object {sobject}", nameof(sobject));
            var name = field is null ? null : (type.AnyField(field) ?? throw new ArgumentException($"{sobject} has no {field}", nameof(field))).Name;
            _viewers.Hide(userId, name is null ? type.Name : $"{type.Name}.{name}", hidden);
            _picture = new SchemaPicture(_picture.All, _picture.Hidden, Now(), _picture.Version + 1);
        }
    }

    /// <summary>From here on objects and fields are those this user may see, until what is returned is disposed; null = what everybody may see.</summary>
    public IDisposable As(string? userId) => _viewers.As(userId);

    /// <summary>The user whose eyes count where this is called; null = everybody's.</summary>
    internal string? Viewer => _viewers.Viewer;

    private SchemaPicture Seen => _viewers.Look(_picture);

    private void Change(string sobject, Func<SObjectType, SObjectType> change)
    {
        lock (_gate)
        {
            var current = _picture.ByName.GetValueOrDefault(sobject) ?? throw new ArgumentException($"no object {sobject}", nameof(sobject));
            var changed = change(current);
            _picture = new SchemaPicture(_picture.All.Select(other => ReferenceEquals(other, current) ? changed : other),
                _picture.Hidden, Now(), _picture.Version + 1);
        }
    }

    private DateTimeOffset Now() => WholeSeconds(_time.GetUtcNow());

    private static DateTimeOffset WholeSeconds(DateTimeOffset time) => DateTimeOffset.FromUnixTimeSeconds(time.ToUnixTimeSeconds());
}

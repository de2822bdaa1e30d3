using System.Collections.Frozen;

namespace Orgtap.SimulatedOrg.Schema;

/// <summary>The org's objects and fields as the connected user sees them. Thread-safe; readers get immutable pictures.</summary>
public sealed class OrgSchema
{
    private readonly TimeProvider _time;
    private readonly Lock _gate = new();
    private volatile SchemaPicture _picture;

    internal OrgSchema(IEnumerable<SObjectType> objects, DateTimeOffset lastModified, TimeProvider time)
    {
        _time = time;
        _picture = new SchemaPicture(objects, FrozenSet<string>.Empty, WholeSeconds(lastModified), 0);
    }

    /// <summary>The objects the user may see, by name.</summary>
    public IReadOnlyList<SObjectType> Objects => _picture.Visible;

    /// <summary>When something last changed, in whole seconds, as <c>Last-Modified</c> carries it.</summary>
    public DateTimeOffset LastModified => _picture.LastModified;

    internal long Version => _picture.Version;

    /// <summary>A visible object; case does not matter.</summary>
    public SObjectType? Find(string name) =>
        _picture.ByName.TryGetValue(name, out var found) && !_picture.Hidden.Contains(found.Name) ? found : null;

    internal SObjectType? FindAny(string name) => _picture.ByName.GetValueOrDefault(name);
    internal IReadOnlyList<SObjectType> AllObjects => _picture.All;

    /// <summary>The relationships that point at <paramref name="sobject"/> from visible fields of visible objects.</summary>
    public IReadOnlyList<ChildRelationship> ChildRelationships(string sobject) => _picture.Children(sobject);

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

    private void Change(string sobject, Func<SObjectType, SObjectType> change)
    {
        lock (_gate)
        {
            var current = FindAny(sobject) ?? throw new ArgumentException($"no object {sobject}", nameof(sobject));
            var changed = change(current);
            _picture = new SchemaPicture(_picture.All.Select(other => ReferenceEquals(other, current) ? changed : other),
                _picture.Hidden, Now(), _picture.Version + 1);
        }
    }

    private DateTimeOffset Now() => WholeSeconds(_time.GetUtcNow());

    private static DateTimeOffset WholeSeconds(DateTimeOffset time) => DateTimeOffset.FromUnixTimeSeconds(time.ToUnixTimeSeconds());
}

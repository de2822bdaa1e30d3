using System.Collections.Frozen;

namespace Orgtap.SimulatedOrg.Schema;

/// <summary>An object's fields by place and by name.</summary>
internal sealed class FieldIndex
{
    public FieldIndex(IReadOnlyList<FieldType> all, FrozenSet<string> hidden)
    {
        All = all;
        Hidden = hidden;
        Visible = hidden.Count == 0 ? all : [.. all.Where(field => !hidden.Contains(field.Name))];
        ByName = all.ToFrozenDictionary(field => field.Name, StringComparer.OrdinalIgnoreCase);
        VisibleByName = hidden.Count == 0 ? ByName : Visible.ToFrozenDictionary(field => field.Name, StringComparer.OrdinalIgnoreCase);
    }

    public IReadOnlyList<FieldType> All { get; }
    public FrozenSet<string> Hidden { get; }
    public IReadOnlyList<FieldType> Visible { get; }
    public FrozenDictionary<string, FieldType> ByName { get; }
    public FrozenDictionary<string, FieldType> VisibleByName { get; }
}

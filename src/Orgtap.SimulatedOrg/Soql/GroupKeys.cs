namespace Orgtap.SimulatedOrg.Soql;

/// <summary>Groups are equal when all their values are; texts without regard to case.</summary>
internal sealed class GroupKeys : IEqualityComparer<object?[]>
{
    private readonly ValueEquality _values = new();

    public bool Equals(object?[]? left, object?[]? right) => left.AsSpan().SequenceEqual(right, _values);

    public int GetHashCode(object?[] keys)
    {
        var hash = default(HashCode);
        foreach (var key in keys) hash.Add(key, _values);
        return hash.ToHashCode();
    }

    private sealed class ValueEquality : IEqualityComparer<object?>
    {
        public new bool Equals(object? left, object? right) =>
            left is string text && right is string other ? string.Equals(text, other, StringComparison.OrdinalIgnoreCase) : object.Equals(left, right);

        public int GetHashCode(object? value) =>
            value is string text ? string.GetHashCode(text, StringComparison.OrdinalIgnoreCase) : value?.GetHashCode() ?? 0;
    }
}

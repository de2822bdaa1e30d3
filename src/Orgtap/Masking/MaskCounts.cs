using System.Text.Json.Serialization;

namespace Orgtap.Masking;

/// <summary>How many matches were masked, by rule name. Immutable; equal if the counts are.</summary>
[method: JsonConstructor]
public sealed class MaskCounts(IReadOnlyDictionary<string, long> byRule) : IEquatable<MaskCounts>
{
    public static readonly MaskCounts None = new(new Dictionary<string, long>());

    public IReadOnlyDictionary<string, long> ByRule { get; } = byRule;

    [JsonIgnore]
    public long Total => ByRule.Values.Sum();

    /// <summary>For people, e.g. "e-mail addresses 12, phone numbers 3".</summary>
    [JsonIgnore]
    public string Words => string.Join(", ", ByRule.OrderBy(one => one.Key, StringComparer.Ordinal).Select(one => string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{MaskingRules.WordsOf(one.Key)} {one.Value:N0}")));

    public MaskCounts Add(MaskCounts? other)
    {
        if (other is null || other.ByRule.Count == 0) return this;
        if (ByRule.Count == 0) return other;
        var sum = new SortedDictionary<string, long>(StringComparer.Ordinal);
        foreach (var (name, count) in ByRule.Concat(other.ByRule)) sum[name] = sum.GetValueOrDefault(name) + count;
        return new MaskCounts(sum);
    }

    public bool Equals(MaskCounts? other) => other is not null && ByRule.Count == other.ByRule.Count && ByRule.All(one => other.ByRule.TryGetValue(one.Key, out var count) && count == one.Value);

    public override bool Equals(object? obj) => Equals(obj as MaskCounts);

    public override int GetHashCode() => Total.GetHashCode();
}

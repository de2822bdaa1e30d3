using Orgtap.SimulatedOrg.Data;
using Orgtap.SimulatedOrg.Schema;

namespace Orgtap.SimulatedOrg.Control;

/// <summary>How many changes of each kind were made.</summary>
public sealed record ChangeCounts(int Inserted, int Updated, int Deleted, int Undeleted, int HardDeleted);

/// <summary>Changes that follow from a seed: half updates, a quarter inserts, the rest deletes of both kinds and undeletes.</summary>
/// <param name="seed">The same seed on the same org makes the same changes.</param>
public sealed class RandomChanges(OrgStore store, int seed)
{
    private readonly Random _random = new(seed);
    private readonly List<(string SObject, string Id)> _deleted = [];

    /// <param name="objects">Which objects; none = every object that has rows and soft deletes.</param>
    public ChangeCounts Apply(int count, params IReadOnlyList<string> objects)
    {
        var types = (objects.Count > 0 ? objects.Select(Known) : store.Schema.Objects.Where(IsOrdinary)).ToArray();
        var counts = new ChangeCounts(0, 0, 0, 0, 0);
        if (types.Length == 0) return counts;
        for (var made = 0; made < count; made++) counts = One(types[_random.Next(types.Length)], counts);
        return counts;
    }

    private ChangeCounts One(SObjectType type, ChangeCounts counts)
    {
        var dice = _random.Next(20);
        if (dice == 19 && _deleted.Count > 0)
        {
            var (sobject, gone) = _deleted[_random.Next(_deleted.Count)];
            _deleted.Remove((sobject, gone));
            store.Undelete(sobject, gone);
            return counts with { Undeleted = counts.Undeleted + 1 };
        }
        if (dice < 5 || store.RandomId(type.Name, _random) is not { } id)
        {
            store.Insert(type.Name, Values(type, all: true));
            return counts with { Inserted = counts.Inserted + 1 };
        }
        if (dice < 15)
        {
            store.Update(type.Name, id, Values(type, all: false));
            return counts with { Updated = counts.Updated + 1 };
        }
        if (dice < 18)
        {
            store.Delete(type.Name, id);
            _deleted.Add((type.Name, id));
            return counts with { Deleted = counts.Deleted + 1 };
        }
        store.HardDelete(type.Name, id);
        return counts with { HardDeleted = counts.HardDeleted + 1 };
    }

    private Dictionary<string, object?> Values(SObjectType type, bool all)
    {
        var writable = type.Fields.Where(field => (all ? field.Createable : field.Updateable) && !field.Calculated).ToArray();
        var values = new Dictionary<string, object?>();
        foreach (var field in all ? writable : [.. Enumerable.Range(0, Math.Min(3, writable.Length)).Select(_ => writable[_random.Next(writable.Length)])])
            if (IsWritten(field)) values[field.Name] = Value(field);
        return values;
    }

    private static bool IsWritten(FieldType field) => field.Type is "string" or "textarea" or "boolean" or "int" or "double" or "currency" or "percent"
        or "date" or "datetime" or "picklist" or "phone" or "url" or "email";

    private object? Value(FieldType field) => field.Type switch
    {
        "boolean" => _random.Next(2) == 0,
        "int" => (long)_random.Next(0, 10_000),
        "double" or "currency" or "percent" => decimal.Round((decimal)(_random.NextDouble() * 1_000), Math.Min(field.Scale, 6)),
        "date" => new DateOnly(2020, 1, 1).AddDays(_random.Next(2_500)),
        "datetime" => DateTimeOffset.UnixEpoch.AddSeconds(1_600_000_000 + _random.Next(150_000_000)),
        "picklist" when field.PicklistValues.Count > 0 => field.PicklistValues[_random.Next(field.PicklistValues.Count)].Value,
        "email" => $"changed{_random.Next(1_000_000)}@example.com",
        "url" => $"https://example.com/{_random.Next(1_000_000)}",
        _ when field.Nillable && _random.Next(8) == 0 => null,
        _ => Shorten($"Changed {_random.Next(1_000_000)} \"quoted\", and, commas", field.Length),
    };

    private static string Shorten(string text, int length) => length > 0 && text.Length > length ? text[..length] : text;

    private bool IsOrdinary(SObjectType type) =>
        type is { Queryable: true, HasIsDeleted: true, Createable: true, Deletable: true } && store.Count(type.Name, includeDeleted: false) > 0;

    private SObjectType Known(string name) => store.Schema.Find(name) ?? throw new ArgumentException($"no object {name}");
}

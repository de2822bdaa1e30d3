using Orgtap.SimulatedOrg.Data;
using Orgtap.SimulatedOrg.Hosting;
using Orgtap.SimulatedOrg.Schema;

namespace Orgtap.Tests.Syncs;

/// <summary>Random things that happen to an org, each counted by its kind. What happens follows from what is drawn and from what happened before.</summary>
internal sealed class OrgModel(SimulatedOrgHost org, string[] sobjects)
{
    private readonly List<(string SObject, string Id)> _binned = [];
    private readonly List<(string SObject, string Id)> _hidden = [];
    private readonly List<(string SObject, string Field)> _hiddenFields = [];
    private readonly List<(string SObject, string Field, string Type)> _added = [];
    private readonly List<string> _hiddenTables = [];
    private Random _random = new();
    private int _names;

    public Dictionary<string, int> Counts { get; } = new(StringComparer.Ordinal)
    {
        ["insert"] = 0, ["update"] = 0, ["delete"] = 0, ["undelete"] = 0, ["merge"] = 0, ["hard delete"] = 0, ["late commit"] = 0, ["equal stamps"] = 0,
        ["formula change"] = 0, ["field added"] = 0, ["field hidden"] = 0, ["field back"] = 0, ["row hidden"] = 0, ["row shown"] = 0,
        ["field retyped"] = 0, ["field renamed"] = 0, ["field removed"] = 0, ["table hidden"] = 0, ["table back"] = 0,
    };

    private OrgStore Store => org.Store;

    public void Happen(Random drawn)
    {
        _random = drawn;
        var sobject = sobjects[_random.Next(sobjects.Length)];
        switch (_random.Next(25))
        {
            case 0 or 1 or 2: Count("insert", () => Store.Insert(sobject, Values(sobject))); break;
            case 3 or 4 or 5 or 6: OnRow(sobject, "update", id => Store.Update(sobject, id, Values(sobject))); break;
            case 7 or 8: OnRow(sobject, "delete", id => { Store.Delete(sobject, id); _binned.Add((sobject, id)); }); break;
            case 9: Take(_binned, "undelete", row => Store.Undelete(row.SObject, row.Id)); break;
            case 10: OnRow("Account", "merge", winner =>
            {
                if (Store.RandomId("Account", _random) is { } loser && loser != winner) Store.Merge("Account", winner, loser);
                else Store.Update("Account", winner, Values("Account"));
            }); break;
            case 11: OnRow(sobject, "hard delete", id => { Store.HardDelete(sobject, id); _binned.Remove((sobject, id)); }); break;
            case 12: Count("late commit", () => Store.Insert(sobject, With(Values(sobject), "SystemModstamp", org.Clock.GetUtcNow().AddSeconds(-_random.Next(1, 400))))); break;
            case 13: Count("equal stamps", () =>
            {
                var stamp = DateTimeOffset.FromUnixTimeSeconds(org.Clock.GetUtcNow().ToUnixTimeSeconds());
                for (var i = 0; i < 12; i++) Store.Insert(sobject, With(Values(sobject), "SystemModstamp", stamp));
            }); break;
            // A formula of Invoice__c shows its account's name, and has no stamp of its own.
            case 14: OnRow("Account", "formula change", id => Store.Update("Account", id, new Dictionary<string, object?> { ["Name"] = $"Renamed {_random.Next(1_000_000)}" })); break;
            case 15: Count("field added", () => Add(sobject, "string")); break;
            case 16: Count("field hidden", () => { Store.Schema.HideField(sobject, Hideable(sobject), true); _hiddenFields.Add((sobject, Hideable(sobject))); }); break;
            case 17: Take(_hiddenFields, "field back", field => Store.Schema.HideField(field.SObject, field.Field, false)); break;
            case 18: OnRow(sobject, "row hidden", id => { Store.Share(sobject, id, false); _hidden.Add((sobject, id)); }); break;
            case 19: Take(_added, "field retyped", field =>
            {
                Store.Schema.RemoveField(field.SObject, field.Field);
                Add(field.SObject, field.Type == "string" ? "double" : "string", field.Field);
            }); break;
            case 20: Take(_added, "field renamed", field =>
            {
                Store.Schema.RemoveField(field.SObject, field.Field);
                Add(field.SObject, field.Type);
            }); break;
            case 21: Take(_added, "field removed", field => Store.Schema.RemoveField(field.SObject, field.Field)); break;
            case 22: Count("table hidden", () => { Store.Schema.HideObject(sobject, true); _hiddenTables.Add(sobject); }); break;
            case 23: Take(_hiddenTables, "table back", table => Store.Schema.HideObject(table, false)); break;
            default: Take(_hidden, "row shown", row => Store.Share(row.SObject, row.Id, true)); break;
        }
    }

    /// <summary>Everything that was hidden can be seen again, so that the whole copy can be compared.</summary>
    public void ShowAll()
    {
        foreach (var (sobject, id) in _hidden) Store.Share(sobject, id, true);
        foreach (var (sobject, field) in _hiddenFields) Store.Schema.HideField(sobject, field, false);
        foreach (var sobject in _hiddenTables) Store.Schema.HideObject(sobject, false);
    }

    private static string Hideable(string sobject) => sobject == "Invoice__c" ? "Account_Name__c" : "Description";

    private void Add(string sobject, string type, string? name = null)
    {
        name ??= $"Added_{++_names}__c";
        Store.Schema.AddField(sobject, Field(name, type));
        _added.Add((sobject, name, type));
    }

    private void Count(string kind, Action happen)
    {
        happen();
        Counts[kind]++;
    }

    private void OnRow(string sobject, string kind, Action<string> happen)
    {
        if (Store.RandomId(sobject, _random) is { } id) Count(kind, () => happen(id));
    }

    private void Take<T>(List<T> from, string kind, Action<T> happen)
    {
        if (from.Count == 0) return;
        var one = from[_random.Next(from.Count)];
        from.Remove(one);
        try
        {
            Count(kind, () => happen(one));
        }
        catch (KeyNotFoundException)
        {
            // Deleted for good in the meantime; nothing happened.
        }
    }

    private Dictionary<string, object?> Values(string sobject)
    {
        var text = $"Changed {_random.Next(1_000_000)} \"quoted\",\r\nand more";
        return sobject switch
        {
            "Contact" => new() { ["LastName"] = text[..20], ["Title"] = _random.Next(3) == 0 ? null : text },
            "Invoice__c" => new() { ["Amount__c"] = (decimal)_random.Next(1_000_000) / 100 },
            _ => new() { ["Name"] = text[..20], ["Industry"] = _random.Next(3) == 0 ? null : "Energy" },
        };
    }

    private static Dictionary<string, object?> With(Dictionary<string, object?> values, string field, object value)
    {
        values[field] = value;
        return values;
    }

    private static FieldType Field(string name, string type) => new() { Name = name, Label = name, Type = type, SoapType = "xsd:" + type, Length = type == "string" ? 80 : 0, Precision = type == "string" ? 0 : 12, Scale = type == "string" ? 0 : 2, Nillable = true, Createable = true, Updateable = true, Custom = true };
}

using Orgtap.SimulatedOrg.Data;
using Orgtap.SimulatedOrg.Schema;

namespace Orgtap.Tests.Syncs;

/// <summary>Random things that happen to an org, each counted by its kind. The same seed makes the same things happen.</summary>
internal sealed class OrgModel(SyncedOrg org, Random random, string[] sobjects)
{
    private readonly List<(string SObject, string Id)> _binned = [];
    private readonly List<(string SObject, string Id)> _hidden = [];
    private readonly List<(string SObject, string Field)> _hiddenFields = [];
    private int _added;

    public Dictionary<string, int> Counts { get; } = new(StringComparer.Ordinal)
    {
        ["insert"] = 0, ["update"] = 0, ["delete"] = 0, ["undelete"] = 0, ["merge"] = 0, ["hard delete"] = 0, ["late commit"] = 0, ["equal stamps"] = 0,
        ["formula change"] = 0, ["field added"] = 0, ["field hidden"] = 0, ["field back"] = 0, ["row hidden"] = 0, ["row shown"] = 0,
    };

    private OrgStore Store => org.Host.Store;

    public void Happen()
    {
        var sobject = sobjects[random.Next(sobjects.Length)];
        switch (random.Next(20))
        {
            case 0 or 1 or 2: Count("insert", () => Store.Insert(sobject, Values(sobject))); break;
            case 3 or 4 or 5 or 6: OnRow(sobject, "update", id => Store.Update(sobject, id, Values(sobject))); break;
            case 7 or 8: OnRow(sobject, "delete", id => { Store.Delete(sobject, id); _binned.Add((sobject, id)); }); break;
            case 9: Take(_binned, "undelete", row => Store.Undelete(row.SObject, row.Id)); break;
            case 10: OnRow("Account", "merge", winner =>
            {
                if (Store.RandomId("Account", random) is { } loser && loser != winner) Store.Merge("Account", winner, loser);
                else Store.Update("Account", winner, Values("Account"));
            }); break;
            case 11: OnRow(sobject, "hard delete", id => { Store.HardDelete(sobject, id); _binned.Remove((sobject, id)); }); break;
            case 12: Count("late commit", () => Store.Insert(sobject, With(Values(sobject), "SystemModstamp", org.Host.Clock.GetUtcNow().AddSeconds(-random.Next(1, 400))))); break;
            case 13: Count("equal stamps", () =>
            {
                var stamp = DateTimeOffset.FromUnixTimeSeconds(org.Host.Clock.GetUtcNow().ToUnixTimeSeconds());
                for (var i = 0; i < 12; i++) Store.Insert(sobject, With(Values(sobject), "SystemModstamp", stamp));
            }); break;
            // A formula of Invoice__c shows its account's name, and has no stamp of its own.
            case 14: OnRow("Account", "formula change", id => Store.Update("Account", id, new Dictionary<string, object?> { ["Name"] = $"Renamed {random.Next(1_000_000)}" })); break;
            case 15: Count("field added", () => Store.Schema.AddField(sobject, Field($"Added_{++_added}__c"))); break;
            case 16: Count("field hidden", () => { Store.Schema.HideField(sobject, Hideable(sobject), true); _hiddenFields.Add((sobject, Hideable(sobject))); }); break;
            case 17: Take(_hiddenFields, "field back", field => Store.Schema.HideField(field.SObject, field.Field, false)); break;
            case 18: OnRow(sobject, "row hidden", id => { Store.Share(sobject, id, false); _hidden.Add((sobject, id)); }); break;
            default: Take(_hidden, "row shown", row => Store.Share(row.SObject, row.Id, true)); break;
        }
    }

    /// <summary>Everything that was hidden can be seen again, so that the whole copy can be compared.</summary>
    public void ShowAll()
    {
        foreach (var (sobject, id) in _hidden) Store.Share(sobject, id, true);
        foreach (var (sobject, field) in _hiddenFields) Store.Schema.HideField(sobject, field, false);
    }

    private static string Hideable(string sobject) => sobject == "Invoice__c" ? "Account_Name__c" : "Description";

    private void Count(string kind, Action happen)
    {
        happen();
        Counts[kind]++;
    }

    private void OnRow(string sobject, string kind, Action<string> happen)
    {
        if (Store.RandomId(sobject, random) is { } id) Count(kind, () => happen(id));
    }

    private void Take<T>(List<T> from, string kind, Action<T> happen)
    {
        if (from.Count == 0) return;
        var one = from[random.Next(from.Count)];
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
        var text = $"Changed {random.Next(1_000_000)} \"quoted\",\r\nand more";
        return sobject switch
        {
            "Contact" => new() { ["LastName"] = text[..20], ["Title"] = random.Next(3) == 0 ? null : text },
            "Invoice__c" => new() { ["Amount__c"] = (decimal)random.Next(1_000_000) / 100 },
            _ => new() { ["Name"] = text[..20], ["Industry"] = random.Next(3) == 0 ? null : "Energy" },
        };
    }

    private static Dictionary<string, object?> With(Dictionary<string, object?> values, string field, object value)
    {
        values[field] = value;
        return values;
    }

    private static FieldType Field(string name) => new() { Name = name, Label = name, Type = "string", SoapType = "xsd:string", Length = 80, Nillable = true, Createable = true, Updateable = true, Custom = true };
}

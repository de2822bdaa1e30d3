using System.Collections.Frozen;
using System.Globalization;

namespace Orgtap.SimulatedOrg.Schema;

/// <summary>Generated custom objects for very wide orgs. All share one list of fields, so that 1,500 × 800 costs one list.</summary>
internal static class ExtraObjects
{
    private const string Base62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

    public static IEnumerable<SObjectType> All(int objects, int fields)
    {
        var shared = new Lazy<FieldIndex>(() => new FieldIndex(
        [
            SystemFields.Id, SystemFields.IsDeleted,
            .. FieldTable.Read("Name | string 80 | name auto | auto X-{000000}\nOwnerId | reference | req ref=User | ref"),
            .. SystemFields.Created, .. SystemFields.Modified,
            .. FieldTable.Read(string.Join('\n', Enumerable.Range(1, fields).Select(Line))),
        ],
            FrozenSet<string>.Empty));
        return Enumerable.Range(1, objects).Select(number => new SObjectType(shared)
        {
            Name = string.Create(CultureInfo.InvariantCulture, $"Extra{number:0000}__c"),
            Label = string.Create(CultureInfo.InvariantCulture, $"Extra {number}"),
            LabelPlural = string.Create(CultureInfo.InvariantCulture, $"Extras {number}"),
            KeyPrefix = Prefix(number), Custom = true,
        });
    }

    /// <summary>a10 … azz, then b00 …: apart from the hand-made custom objects, which are a0x.</summary>
    private static string Prefix(int number)
    {
        var n = 62 + number;
        return string.Concat("abcdefgh".AsSpan(n / 3844, 1), Base62.AsSpan(n / 62 % 62, 1), Base62.AsSpan(n % 62, 1));
    }

    private static string Line(int number)
    {
        var name = string.Create(CultureInfo.InvariantCulture, $"F{number:000}__c");
        return (number % 10) switch
        {
            0 => $"{name} | picklist 255 | pick=Alpha;Beta;Gamma | pick",
            1 => $"{name} | currency 18,2 | | number",
            2 => $"{name} | date | | date",
            3 => $"{name} | boolean | | bool 40",
            4 => $"{name} | datetime | | datetime",
            5 => $"{name} | double 10,3 | | number",
            6 => $"{name} | textarea 32768 | | text",
            7 => $"{name} | phone 40 | | phone",
            8 when number == 8 => $"{name} | reference | ref=Account | ref 50",
            8 => $"{name} | email 80 | | email",
            _ => $"{name} | string 255 | | text",
        };
    }
}

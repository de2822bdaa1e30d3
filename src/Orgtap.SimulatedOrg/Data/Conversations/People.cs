using System.Text;

namespace Orgtap.SimulatedOrg.Data.Conversations;

/// <summary>Names of rows, as they stand now: users who speak as agents, contacts, visitors.</summary>
internal sealed class People(ObjectRows? users, Func<ObjectRows, string, BoundField> bind)
{
    /// <summary>First name and the last name's first letter, as agents are called in chats.</summary>
    public string Agent(string? userId)
    {
        if (userId is null || users is null || users.Find(Encoding.ASCII.GetBytes(userId)) is not { } ordinal) return "Agent";
        var scratch = new Scratch();
        var row = users.Row(ordinal);
        var first = Text(bind(users, "FirstName").Read(row, scratch));
        var last = Text(bind(users, "LastName").Read(row, scratch));
        return first is null ? last ?? "Agent" : last is null ? first : $"{first} {last[..(char.IsHighSurrogate(last[0]) ? 2 : 1)]}";
    }

    /// <summary>Another user than the given one where there are two.</summary>
    public string? Colleague(string? userId, Dice dice)
    {
        if (users is not { BaseCount: > 0 }) return null;
        var chosen = dice.Next();
        var id = Id(users.LiveBaseOrdinal(chosen, users.BaseCount));
        return id == userId ? Id(users.LiveBaseOrdinal(Hash.Mix(chosen), users.BaseCount)) : id;
    }

    public static string? Text(Cell cell) => cell.IsNull ? null : Encoding.UTF8.GetString(cell.Text);

    private string? Id(long? ordinal) => ordinal is { } found ? SalesforceId.Text(users!.KeyPrefix, found) : null;
}

using Orgtap.Primitives;

namespace Orgtap.Salesforce.Soql;

/// <summary>Names of objects and fields that go into queries and addresses.</summary>
public static class SoqlName
{
    /// <returns>The name itself: letters, digits, underscores, and dots between them (<c>Account.Owner.Name</c>), so nothing in it can end a query or a path.</returns>
    /// <exception cref="InvalidInputException">Anything else.</exception>
    public static string Check(string name)
    {
        if (IsValid(name)) return name;
        throw new InvalidInputException($"\"{name}\" cannot be the API name of a table or field.",
            "Use the API name as Salesforce shows it: letters, digits and underscores, e.g. Account or Region__c.");
    }

    private static bool IsValid(string? name)
    {
        if (name is not { Length: > 0 and <= 255 } || !char.IsAsciiLetter(name[0])) return false;
        for (var i = 0; i < name.Length; i++)
        {
            if (char.IsAsciiLetterOrDigit(name[i]) || name[i] == '_') continue;
            if (name[i] != '.' || i + 1 == name.Length || !char.IsAsciiLetter(name[i + 1])) return false;
        }

        return true;
    }
}

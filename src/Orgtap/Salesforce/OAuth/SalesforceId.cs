namespace Orgtap.Salesforce.OAuth;

/// <summary>Ids of orgs and users.</summary>
public static class SalesforceId
{
    /// <summary>
    /// Brings an Id to 18 characters. The last three repeat which of the first fifteen are capitals, five to a letter
    /// (https://help.salesforce.com/s/articleView?id=000385585); what has 18 already stays as it is.
    /// </summary>
    /// <returns>Null where the text is no Id.</returns>
    public static string? To18(string? id)
    {
        if (id is not { Length: 15 or 18 } || !id.All(char.IsAsciiLetterOrDigit)) return null;
        if (id.Length == 18) return id;
        Span<char> suffix = stackalloc char[3];
        for (var part = 0; part < 3; part++)
        {
            var capitals = 0;
            for (var i = 0; i < 5; i++)
                if (char.IsAsciiLetterUpper(id[(part * 5) + i])) capitals |= 1 << i;
            suffix[part] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"[capitals];
        }

        return string.Concat(id, suffix);
    }
}

using System.Text.RegularExpressions;

namespace Orgtap.Salesforce.Query;

/// <summary>The address of a query's next page. It comes from the server, so it is only followed in the documented shape.</summary>
public static partial class QueryLocator
{
    /// <param name="path">A path at the pinned host.</param>
    /// <exception cref="SalesforceException">Any other shape.</exception>
    public static string Check(string path, string subject) => Shape().IsMatch(path)
        ? path
        : throw SalesforceException.Unexpected(subject, "its next page is not a query's next page");

    [GeneratedRegex(@"\A/services/data/v\d{1,3}\.\d/(tooling/)?(query|queryAll)/[A-Za-z0-9_-]{1,255}\z", RegexOptions.CultureInvariant)]
    private static partial Regex Shape();
}

using System.Net;
using Orgtap.Primitives;

namespace Orgtap.Salesforce;

/// <summary>
/// Which addresses Orgtap speaks to: https on Salesforce's own domains, and what a setting names on top (product H3). A token never goes anywhere else.
/// </summary>
/// <param name="AllowedHosts"><c>host</c> or <c>host:port</c> entries (setting ORGTAP_ALLOW_ADDRESSES), for which plain http is fine too.</param>
public sealed record AddressPolicy(IReadOnlyList<string> AllowedHosts)
{
    /// <summary>Salesforce's own domains and nothing else.</summary>
    public static AddressPolicy SalesforceOnly { get; } = new(AllowedHosts: []);

    // facts: My Domain and login hosts, government cloud, sites, China.
    private static readonly string[] Suffixes = [".salesforce.com", ".salesforce.mil", ".force.com", ".sfcrmproducts.cn"];

    /// <summary>Brings what a person typed (<c>acme.my.salesforce.com</c>, a Lightning address, <c>login</c>, <c>test</c>) into the form <c>https://host/</c>.</summary>
    /// <exception cref="InvalidInputException">It is no address, or one that is not allowed; says how to allow it.</exception>
    public Uri CheckLogin(string text)
    {
        var typed = (text ?? "").Trim();
        if (typed is "login" or "test") typed += ".salesforce.com";
        if (typed.Length > 0 && !typed.Contains("://", StringComparison.Ordinal)) typed = (IsListed(typed) ? "http://" : "https://") + typed;
        if (!Uri.TryCreate(typed, UriKind.Absolute, out var address) || address.Scheme is not ("https" or "http") || address.Host.Length == 0)
            throw new InvalidInputException(typed.Length == 0 ? "The address of the org is missing." : $"\"{text}\" is not an address of a Salesforce org.",
                "Give login.salesforce.com, test.salesforce.com (sandbox) or the org's My Domain, e.g. https://acme.my.salesforce.com.");
        if (address.UserInfo.Length > 0)
            throw new InvalidInputException("The address of the org holds a user name or password.", "Leave them out of the address; they have options of their own.");

        address = MyDomainOf(address);
        if (IsAllowed(address)) return address;
        throw address.Scheme == "http" && IsSalesforce(address.Host)
            ? new InvalidInputException($"{address.Authority} was given with http, which would send secrets unencrypted.", $"Use https://{address.Authority}.")
            : new InvalidInputException($"{address.Authority} is not a Salesforce address.",
                $"Check the spelling. If it is meant (a proxy, or a simulated org), allow it by setting ORGTAP_ALLOW_ADDRESSES={address.Authority}.");
    }

    /// <summary>Checks an address that a server gave (<c>instance_url</c>, identity, next page): the pinned host itself, or an allowed one.</summary>
    /// <param name="pinned">The host that was stored when access was granted.</param>
    /// <exception cref="OrgtapException">A relative address that leaves the host, or a host that is not allowed.</exception>
    public Uri CheckFromServer(Uri address, Uri pinned)
    {
        var absolute = address.IsAbsoluteUri ? address : new Uri(pinned, address);
        if (absolute.UserInfo.Length == 0 && (SameHost(absolute, pinned) || IsAllowed(absolute))) return absolute;
        throw new OrgtapException(FailureKind.InvalidInput,
            $"{pinned.Host} named the address {absolute.Authority}, which is not Salesforce's; nothing was sent there.",
            $"If that address belongs to the org, allow it by setting ORGTAP_ALLOW_ADDRESSES={absolute.Authority}. "
            + $"Otherwise check whether {pinned.Host} is the address you meant.");
    }

    /// <summary>Scheme, host and port are the same.</summary>
    public static bool SameHost(Uri one, Uri other) =>
        string.Equals(one.Scheme, other.Scheme, StringComparison.OrdinalIgnoreCase) && string.Equals(one.Authority, other.Authority, StringComparison.OrdinalIgnoreCase);

    private bool IsAllowed(Uri address) => IsListed(address.Authority) || IsListed(address.Host)
        || (address.Scheme == "https" && address.IsDefaultPort && IsSalesforce(address.Host));

    private bool IsListed(string authority)
    {
        var end = authority.IndexOfAny(['/', '?', '#']);
        var host = end < 0 ? authority : authority[..end];
        foreach (var allowed in AllowedHosts)
            if (string.Equals(allowed.Trim(), host, StringComparison.OrdinalIgnoreCase)) return true;
        return false;
    }

    private static bool IsSalesforce(string host) =>
        !IPAddress.TryParse(host, out _) && Array.Exists(Suffixes, suffix => host.EndsWith(suffix, StringComparison.OrdinalIgnoreCase));

    // Tokens are never issued at *.lightning.force.com, the host people copy from their browser; the same org's My Domain issues them.
    private static Uri MyDomainOf(Uri address)
    {
        const string lightning = ".lightning.force.com";
        var host = address.Host.EndsWith(lightning, StringComparison.OrdinalIgnoreCase) ? address.Host[..^lightning.Length] + ".my.salesforce.com" : address.Host;
        return new UriBuilder(address.Scheme, host, address.Port).Uri;
    }
}

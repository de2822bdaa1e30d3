using System.Net;
using System.Net.Sockets;
using Orgtap.Primitives;

namespace Orgtap.Conversations.Outputs;

/// <summary>
/// Which addresses conversations are pushed to: https on public hosts, and what the installation allows by name. A host is looked up when the connection is made, and the address that was checked is
/// the one that is connected to.
/// </summary>
/// <param name="allowedHosts"><c>host</c> or <c>host:port</c>; private ones and plain http are fine there.</param>
public sealed class PushAddresses(IReadOnlyList<string> allowedHosts)
{
    /// <exception cref="InvalidInputException">It is not https, holds a password, is not found, or lies in a private network.</exception>
    public async Task CheckAsync(Uri address, CancellationToken cancellationToken)
    {
        if (!address.IsAbsoluteUri || address.Scheme is not ("https" or "http")) throw new InvalidInputException($"\"{address.OriginalString}\" is no web address.", "Give one such as https://example.com/conversations.");
        if (address.UserInfo.Length > 0) throw new InvalidInputException("The address holds a user name or password.", "Leave them out: what is pushed is signed.");
        if (IsAllowed(address)) return;
        if (address.Scheme != "https") throw new InvalidInputException($"{address.Authority} was given with http, which everybody on the way could read.", $"Use https, or allow the host by setting ORGTAP_ALLOW_ADDRESSES={address.Authority}.");
        await ResolveAsync(address.Host, cancellationToken);
    }

    /// <summary>A transport that connects to checked addresses only, and follows no redirect.</summary>
    internal SocketsHttpHandler Transport() => new()
    {
        AllowAutoRedirect = false, UseCookies = false, UseProxy = false, ConnectTimeout = TimeSpan.FromSeconds(15), PooledConnectionLifetime = TimeSpan.FromMinutes(5),
        ConnectCallback = async (context, cancellationToken) =>
        {
            var to = context.DnsEndPoint;
            var scheme = context.InitialRequestMessage.RequestUri!;
            var addresses = IsAllowed(scheme) ? await Dns.GetHostAddressesAsync(to.Host, cancellationToken) : await ResolveAsync(to.Host, cancellationToken);
            var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            try
            {
                await socket.ConnectAsync(addresses, to.Port, cancellationToken);
                return new NetworkStream(socket, ownsSocket: true);
            }
            catch
            {
                socket.Dispose();
                throw;
            }
        },
    };

    private static async Task<IPAddress[]> ResolveAsync(string host, CancellationToken cancellationToken)
    {
        IPAddress[] addresses;
        try
        {
            addresses = IPAddress.TryParse(host.Trim('[', ']'), out var literal) ? [literal] : await Dns.GetHostAddressesAsync(host, cancellationToken);
        }
        catch (SocketException failure)
        {
            throw new InvalidInputException($"The address {host} was not found.", "Check its spelling and this machine's network (DNS).", failure);
        }
        if (addresses.FirstOrDefault(IsPrivate) is not null)
            throw new InvalidInputException($"{host} lies in a private network.", $"If it is meant, allow it by setting ORGTAP_ALLOW_ADDRESSES={host}.");
        return addresses;
    }

    internal static bool IsPrivate(IPAddress address)
    {
        if (address.IsIPv4MappedToIPv6) address = address.MapToIPv4();
        if (IPAddress.IsLoopback(address) || address.Equals(IPAddress.Any) || address.Equals(IPAddress.IPv6Any) || address.IsIPv6LinkLocal || address.IsIPv6SiteLocal || address.IsIPv6Multicast || address.IsIPv6UniqueLocal) return true;
        if (address.AddressFamily != AddressFamily.InterNetwork)
        {
            // IPv4 inside: NAT64 and 6to4.
            var six = address.GetAddressBytes();
            return (six[0] == 0x00 && six[1] == 0x64 && six[2] == 0xff && six[3] == 0x9b && IsPrivate(new IPAddress(six.AsSpan(12, 4)))) || (six[0] == 0x20 && six[1] == 0x02 && IsPrivate(new IPAddress(six.AsSpan(2, 4))));
        }
        var bytes = address.GetAddressBytes();
        return (bytes[0], bytes[1]) switch
        {
            (0 or 10 or 127, _) or (>= 224, _) => true,
            (100, >= 64 and <= 127) or (169, 254) or (172, >= 16 and <= 31) or (192, 168) or (198, 18 or 19) => true,
            (192, 0) => bytes[2] is 0 or 2,
            (198, 51) => bytes[2] == 100,
            (203, 0) => bytes[2] == 113,
            _ => false,
        };
    }

    private bool IsAllowed(Uri address) => allowedHosts.Any(allowed => string.Equals(allowed.Trim(), address.Authority, StringComparison.OrdinalIgnoreCase) || string.Equals(allowed.Trim(), address.Host, StringComparison.OrdinalIgnoreCase));
}

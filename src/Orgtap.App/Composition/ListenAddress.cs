using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Orgtap.Primitives;

namespace Orgtap.App.Composition;

/// <summary>Where the web server listens.</summary>
/// <param name="Host"><c>localhost</c> (both loopback addresses), an IP address, or <c>*</c> for all.</param>
public sealed record ListenAddress(string Host, int Port)
{
    public const int DefaultPort = 5080;

    public static readonly ListenAddress Default = new("localhost", DefaultPort);

    public bool IsLoopback => Host == "localhost" || (IPAddress.TryParse(Host, out var address) && IPAddress.IsLoopback(address));

    /// <summary>What people type on this machine.</summary>
    public Uri Address => new(string.Create(CultureInfo.InvariantCulture, $"http://{(Host == "*" ? "localhost" : Host.Contains(':', StringComparison.Ordinal) ? $"[{Host}]" : Host)}:{Port}/"));

    /// <param name="text"><c>host:port</c>, <c>:port</c>, <c>port</c> or <c>host</c>; null: <see cref="Default"/>.</param>
    /// <exception cref="InvalidInputException">None of these.</exception>
    public static ListenAddress Parse(string? text)
    {
        if (string.IsNullOrWhiteSpace(text)) return Default;
        var colon = text.LastIndexOf(':');
        var isPortOnly = text.All(char.IsAsciiDigit);
        var hasPort = isPortOnly || (colon >= 0 && !text.EndsWith(']'));
        var host = isPortOnly ? "localhost" : hasPort ? text[..colon] : text;
        var portText = isPortOnly ? text : hasPort ? text[(colon + 1)..] : "";
        host = host.Trim('[', ']');
        if (host.Length == 0) host = "localhost";
        if (host is "0.0.0.0" or "::") host = "*";
        var port = DefaultPort;
        var portIsGood = !hasPort || (int.TryParse(portText, NumberStyles.None, CultureInfo.InvariantCulture, out port) && port is > 0 and <= 65535);
        if (!portIsGood || (host is not ("localhost" or "*") && !IPAddress.TryParse(host, out _)))
            throw new InvalidInputException($"\"{text}\" is not an address to listen on.", "Give localhost:5080, an IP address with a port such as 192.0.2.7:8080, or *:8080 for all addresses.");
        return new ListenAddress(host, port);
    }

    /// <summary>This address, or the same host with the next port that nobody listens on.</summary>
    /// <exception cref="InvalidInputException">A hundred ports in a row are taken, or this machine does not have the address.</exception>
    public ListenAddress NextFree()
    {
        for (var port = Port; port < Math.Min(Port + 100, 65536); port++)
            if (IsFree(port)) return this with { Port = port };
        throw new InvalidInputException($"No port from {Port} to {Port + 99} is free on {Host}.", "Name another with --listen.");
    }

    private bool IsFree(int port)
    {
        IPAddress[] addresses = Host switch
        {
            "localhost" => Socket.OSSupportsIPv6 ? [IPAddress.Loopback, IPAddress.IPv6Loopback] : [IPAddress.Loopback],
            "*" => [IPAddress.Any],
            _ => [IPAddress.Parse(Host)],
        };
        foreach (var address in addresses)
        {
            using var probe = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
            try
            {
                probe.Bind(new IPEndPoint(address, port));
                probe.Listen(1);
            }
            catch (SocketException taken) when (taken.SocketErrorCode is SocketError.AddressAlreadyInUse or SocketError.AccessDenied)
            {
                return false;
            }
            catch (SocketException) when (address.Equals(IPAddress.IPv6Loopback))
            {
                // A machine may have IPv6 switched on and yet no ::1; the web server copes with that too.
            }
            catch (SocketException failure)
            {
                throw new InvalidInputException($"This machine cannot listen on {Host}: {failure.Message}", "Name another address with --listen.", failure);
            }
        }
        return true;
    }
}

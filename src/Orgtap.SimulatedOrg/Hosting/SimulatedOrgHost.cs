using System.Net;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Orgtap.SimulatedOrg.Control;
using Orgtap.SimulatedOrg.Data;
using Orgtap.SimulatedOrg.Faults;
using Orgtap.SimulatedOrg.Limits;
using Orgtap.SimulatedOrg.OAuth;
using Orgtap.SimulatedOrg.Streaming;

namespace Orgtap.SimulatedOrg.Hosting;

/// <summary>A running simulated org: HTTP/1.1, or HTTPS with a certificate, on an address of this machine. Disposing it stops the server and removes its files.</summary>
public sealed class SimulatedOrgHost : IAsyncDisposable
{
    private readonly WebApplication _server;
    private readonly OrgParts _parts;

    private readonly X509Certificate2? _certificate;

    private SimulatedOrgHost(WebApplication server, OrgParts parts, X509Certificate2? certificate)
    {
        _certificate = certificate;
        _server = server;
        _parts = parts;
        Address = new Uri(server.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First());
    }

    /// <summary>Login host and instance address at once.</summary>
    public Uri Address { get; }

    /// <summary>The options in force, with every credential filled in.</summary>
    public SimulatedOrgOptions Options => _parts.Options;

    /// <summary>Rows and schema, to look at and to change.</summary>
    public OrgStore Store => _parts.Store;

    /// <summary>The org's time.</summary>
    public SimulatedClock Clock => _parts.Clock;

    /// <summary>What goes wrong.</summary>
    public FaultPlan Faults => _parts.Faults;

    /// <summary>What was asked.</summary>
    public RequestLog Requests => _parts.Requests;

    /// <summary>API calls of the last 24 hours, and their limit.</summary>
    public ApiUsage Usage => _parts.Usage;

    /// <summary>Change events.</summary>
    public ChangeFeed Changes => _parts.Changes;

    /// <summary>Sessions and approvals.</summary>
    public TokenStore Tokens => _parts.Tokens;

    /// <summary>Who can sign in.</summary>
    public OrgUsers Users => _parts.Users;

    /// <summary>Which apps the org knows.</summary>
    public ConnectedApps Apps => _parts.Apps;

    /// <summary>What the whole org lets in.</summary>
    public OrgSettings Settings => _parts.Settings;

    /// <summary>Who came in or was refused, and the true reason.</summary>
    public LoginHistory Logins => _parts.Logins;

    /// <summary>Username.</summary>
    public string User => Options.User;

    /// <summary>The user's password, without security token.</summary>
    public string Password => Options.Password!;

    /// <summary>Appended to the password in the username-password flow.</summary>
    public string SecurityToken => Options.SecurityToken!;

    /// <summary>The app's consumer key.</summary>
    public string ClientId => Options.ClientId!;

    /// <summary>The app's consumer secret.</summary>
    public string ClientSecret => Options.ClientSecret!;

    /// <summary>Where the control API lives.</summary>
    public Uri ControlAddress => new(Address, ControlApi.Root);

    /// <summary>What the control API wants in <c>X-Control-Key</c>.</summary>
    public string ControlKey => Options.ControlKey!;

    /// <summary>Starts an org. It serves from the moment this returns.</summary>
    /// <exception cref="IOException">The port is taken.</exception>
    public static async Task<SimulatedOrgHost> StartAsync(SimulatedOrgOptions options, CancellationToken cancellationToken)
    {
        options = options with
        {
            Password = options.Password ?? RandomText.Of(12),
            SecurityToken = options.SecurityToken ?? RandomText.Of(24),
            ClientId = options.ClientId ?? "3MVG9" + RandomText.OfSession(80),
            ClientSecret = options.ClientSecret ?? RandomText.Of(64),
            ControlKey = options.ControlKey ?? RandomText.Of(32),
        };
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions { ApplicationName = "orgtap-simulated-org" });
        var listen = IPEndPoint.Parse(options.Listen);
        var certificate = options.TlsCertificate is { } pem ? X509Certificate2.CreateFromPem(pem, pem) : null;
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            kestrel.Listen(listen, endpoint =>
            {
                endpoint.Protocols = HttpProtocols.Http1;
                if (certificate is not null) endpoint.UseHttps(certificate);
            });
            // Salesforce's own limit, 16,384 bytes of address and headers, is checked behind Kestrel's, to answer as it does.
            kestrel.Limits.MaxRequestLineSize = 128 << 10;
            kestrel.Limits.MaxRequestHeadersTotalSize = 128 << 10;
            // A client that stops reading while its database writes must not lose the connection.
            kestrel.Limits.MinResponseDataRate = null;
            kestrel.Limits.MinRequestBodyDataRate = null;
            kestrel.AddServerHeader = false;
        });
        if (certificate is not null) builder.WebHost.UseKestrelHttpsConfiguration();
        // A write ends when the bytes are with the operating system, so that a fault can cut a connection after exactly so many.
        builder.WebHost.UseSockets(sockets => sockets.MaxWriteBufferSize = 2);
        builder.Services.AddRoutingCore();
        builder.Services.AddResponseCompression(compression => OrgServer.Configure(compression));
        var parts = new OrgParts(options);
        var server = builder.Build();
        try
        {
            OrgServer.Map(server, parts);
            await server.StartAsync(cancellationToken);
            return new SimulatedOrgHost(server, parts, certificate);
        }
        catch
        {
            await server.DisposeAsync();
            parts.Dispose();
            certificate?.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        // A stalled answer would hold the server up until its patience ends.
        using (var now = new CancellationTokenSource())
        {
            await now.CancelAsync();
            try
            {
                await _server.StopAsync(now.Token);
            }
            catch (OperationCanceledException)
            {
                // Asked for: connections are cut instead of waited for.
            }
        }
        await _server.DisposeAsync();
        _parts.Dispose();
        _certificate?.Dispose();
    }
}

using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Orgtap.App.Composition;
using Orgtap.App.Users;
using Orgtap.App.Web;
using Orgtap.SimulatedOrg.Hosting;

namespace Orgtap.IntegrationTests.Web;

/// <summary>A real web server on a free port of this machine, its data directory, and a small simulated org beside it.</summary>
public sealed class WebInstallation : IAsyncLifetime
{
    private const int PortsEach = 5;

    // Each installation looks for its port from another one on: where its server goes away for a moment, no other takes its place.
    private static int _ports = 5175;

    public const string Password = "four words make sense";

    /// <summary>What the org is like; set before <see cref="InitializeAsync"/>.</summary>
    internal SimulatedOrgOptions OrgOptions { get; init; } = new()
    {
        Records = new Dictionary<string, long> { ["Account"] = 4_000, ["Contact"] = 6_000, ["Opportunity"] = 2_000, ["Lead"] = 300, ["User"] = 20, ["UserRole"] = 4, ["Invoice__c"] = 50 },
    };

    /// <summary>Gets everything that is logged; null: nothing is.</summary>
    internal ILoggerProvider? Log { get; init; }

    /// <summary>The data directory.</summary>
    public string Directory => _directory;

    private string _directory = "";
    private Installation? _installation;
    private ListenAddress? _listen;

    public WebApplication App { get; private set; } = null!;

    public SimulatedOrgHost Org { get; private set; } = null!;

    public Uri Address { get; private set; } = null!;

    public T Service<T>() where T : notnull => App.Services.GetRequiredService<T>();

    public async ValueTask InitializeAsync()
    {
        _directory = System.IO.Directory.CreateTempSubdirectory("orgtap-web-").FullName;
        Org = await SimulatedOrgHost.StartAsync(OrgOptions, TestContext.Current.CancellationToken);
        var settings = new InstallationSettings(_directory, null, null, [Org.Address.Authority], null);
        _installation = await Installation.OpenAsync(settings, "test", TimeProvider.System, TestContext.Current.CancellationToken);
        for (var tries = 1; ; tries++)
        {
            _listen = new ListenAddress("localhost", Interlocked.Add(ref _ports, PortsEach)).NextFree();
            try
            {
                await StartAppAsync();
                Address = _listen.Address;
                return;
            }
            catch (IOException) when (tries < 10)
            {
                // Somebody else on this machine was faster.
                await App.DisposeAsync();
            }
        }
    }

    /// <summary>The web server goes away, in the middle of whatever it does.</summary>
    public async Task StopAppAsync()
    {
        // Nobody is waited for: pages that are open must find out.
        using var atOnce = new CancellationTokenSource(0);
        await App.StopAsync(atOnce.Token);
        await App.DisposeAsync();
    }

    /// <summary>It comes back at the same address.</summary>
    public async Task StartAppAsync()
    {
        App = WebHost.Build(_installation!, _listen!, logging =>
        {
            logging.ClearProviders();
            if (Log is not null) logging.SetMinimumLevel(LogLevel.Trace).AddProvider(Log);
        });
        await App.StartAsync(TestContext.Current.CancellationToken);
    }

    /// <summary>Adds a user who can sign in with <see cref="Password"/>; does nothing if there is one.</summary>
    public async Task<User> UserAsync(string email, Role role)
    {
        var users = Service<UserStore>();
        var cancellationToken = TestContext.Current.CancellationToken;
        if (await users.FindByEmailAsync(email, cancellationToken) is { } known) return known;
        var user = await users.AddAsync(email, "Marta Lindqvist", role, cancellationToken);
        await Service<SignIn>().SetPasswordAsync(user, Password, cancellationToken);
        return user;
    }

    /// <summary>A client that keeps no cookies and follows nothing, so that a test sees each answer.</summary>
    public HttpClient Client() => new(new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false }) { BaseAddress = Address };

    public async ValueTask DisposeAsync()
    {
        await App.StopAsync(CancellationToken.None);
        await App.DisposeAsync();
        await _installation!.DisposeAsync();
        await Org.DisposeAsync();
        System.IO.Directory.Delete(_directory, recursive: true);
    }
}

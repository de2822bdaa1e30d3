using System.Collections.Concurrent;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Orgtap.App.Composition;
using Orgtap.App.Web;
using Orgtap.SimulatedOrg.Hosting;

namespace Orgtap.Tests.App.Cli;

/// <summary>A simulated org, and a data directory on which verbs are run: alone, or beside what <c>orgtap serve</c> is made of.</summary>
internal sealed class ServedInstallation : IAsyncDisposable
{
    private Installation? _installation;
    private WebApplication? _app;

    private ServedInstallation(SimulatedOrgHost org) => Org = org;

    public SimulatedOrgHost Org { get; }

    public string Data { get; } = Directory.CreateTempSubdirectory("orgtap-served-").FullName;

    /// <summary>What the server's console would show.</summary>
    public ErrorLog Errors { get; } = new();

    public Uri Address { get; private set; } = null!;

    /// <summary>Gets measures and traces; null: nobody does.</summary>
    public string? Collector { get; private init; }

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public T Service<T>() where T : notnull => _app!.Services.GetRequiredService<T>();

    public static async Task<ServedInstallation> StartAsync(bool serving, TimeSpan? bulkDelay = null, IReadOnlyDictionary<string, long>? records = null, string? collector = null)
    {
        var org = await SimulatedOrgHost.StartAsync(new SimulatedOrgOptions
        {
            Seed = 5, BulkDelay = bulkDelay ?? TimeSpan.Zero, Records = records ?? new Dictionary<string, long> { ["Account"] = bulkDelay is null ? 3_000 : 15_000, ["Contact"] = 40, ["User"] = 5, ["UserRole"] = 2 },
        }, Stop);
        var served = new ServedInstallation(org) { Collector = collector };
        if (serving) await served.ServeAsync();
        return served;
    }

    /// <summary>A verb, as somebody at this machine types it.</summary>
    public async Task<(int ExitCode, string Output, string Error)> RunAsync(params string[] arguments)
    {
        var session = CliSession.With(Variable);
        var code = await session.RunAsync(arguments);
        return (code, session.Output, session.Error);
    }

    public Task<(int ExitCode, string Output, string Error)> ConnectAsync(string name = "acme") => RunAsync(
        "connect", "--name", name, "--url", Org.Address.AbsoluteUri, "--flow", "password", "--username", Org.User, "--client-id", Org.ClientId);

    public string? Variable(string name) => name switch
    {
        "ORGTAP_DATA" => Data,
        "ORGTAP_ALLOW_ADDRESSES" => Org.Address.Authority,
        "ORGTAP_PASSWORD" => Org.Password,
        "ORGTAP_SECURITY_TOKEN" => Org.SecurityToken,
        "ORGTAP_CLIENT_SECRET" => Org.ClientSecret,
        "OTEL_EXPORTER_OTLP_ENDPOINT" => Collector,
        _ => null,
    };

    public async ValueTask DisposeAsync()
    {
        if (_app is not null)
        {
            await Service<Orgtap.Scheduling.SyncJobs>().StopAllAsync(CancellationToken.None);
            await _app.StopAsync(CancellationToken.None);
            await _app.DisposeAsync();
        }
        if (_installation is not null) await _installation.DisposeAsync();
        await Org.DisposeAsync();
        Directory.Delete(Data, recursive: true);
    }

    private async Task ServeAsync()
    {
        _installation = await Installation.OpenAsync(InstallationSettings.Read(null, Variable), "serve", TimeProvider.System, Stop);
        // A port that is free now may be taken by another test a moment later.
        for (var port = 5380; ; port += 20)
        {
            var listen = new ListenAddress("localhost", port).NextFree();
            _app = WebHost.Build(_installation, listen, logging => logging.ClearProviders().SetMinimumLevel(LogLevel.Error).AddProvider(Errors));
            try
            {
                await _app.StartAsync(Stop);
                _installation.Owner!.Announce(Address = listen.Address);
                return;
            }
            catch (IOException) when (port < 5880)
            {
                // It said so on the console; the next port is not its concern.
                Errors.Lines.Clear();
                await _app.DisposeAsync();
            }
        }
    }
}

/// <summary>Keeps what is logged.</summary>
internal sealed class ErrorLog : ILoggerProvider, ILogger
{
    public ConcurrentQueue<string> Lines { get; } = new();

    public ILogger CreateLogger(string categoryName) => this;

    public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) => Lines.Enqueue($"{formatter(state, exception)} {exception}");

    public void Dispose()
    {
    }
}

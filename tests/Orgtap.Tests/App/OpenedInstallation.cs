using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Orgtap.App.Composition;
using Orgtap.Tests.Salesforce;
using Orgtap.Tests.Storage;

namespace Orgtap.Tests.App;

/// <summary>An installation in a temporary directory, on a clock that the test moves.</summary>
internal sealed class OpenedInstallation : IAsyncDisposable
{
    private readonly ServiceProvider _services;

    private readonly Func<Task> _remove;

    private OpenedInstallation(Installation installation, ServiceProvider services, ManualTime time, Func<Task> remove)
    {
        _remove = remove;
        Installation = installation;
        _services = services;
        Time = time;
    }

    public Installation Installation { get; }

    public ManualTime Time { get; }

    public T Service<T>() where T : notnull => _services.GetRequiredService<T>();

    public static async Task<OpenedInstallation> OpenAsync(string? directory = null, string? keyFile = null, StoreDatabase? database = null, IReadOnlyList<string>? allowed = null)
    {
        var time = new ManualTime(new DateTimeOffset(2026, 11, 21, 9, 0, 0, TimeSpan.Zero));
        var own = directory is null ? Directory.CreateTempSubdirectory("orgtap-app-").FullName : null;
        directory ??= own!;
        var settings = new InstallationSettings(directory, keyFile, null, allowed ?? [], null) { Database = database?.AddressFor(directory) };
        var installation = await Installation.OpenAsync(settings, null, time, TestContext.Current.CancellationToken);
        var services = new ServiceCollection();
        services.AddLogging(logging => logging.ClearProviders());
        installation.AddTo(services);
        return new OpenedInstallation(installation, services.BuildServiceProvider(), time, () => own is null ? Task.CompletedTask : (database ?? StoreDatabase.Sqlite).DeleteAsync(own));
    }

    public async ValueTask DisposeAsync()
    {
        await _services.DisposeAsync();
        await Installation.DisposeAsync();
        await _remove();
    }
}

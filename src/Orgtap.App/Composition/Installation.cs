using Orgtap.App.Users;
using Orgtap.Connections;
using Orgtap.Primitives;
using Orgtap.Storage;

namespace Orgtap.App.Composition;

/// <summary>An opened data directory: its lock (for an owner), its control store, and what is built on them.</summary>
public sealed class Installation : IAsyncDisposable
{
    private Installation(InstallationSettings settings, OwnerLock? owner, ControlStore store, TimeProvider time)
    {
        Settings = settings;
        Owner = owner;
        Store = store;
        Time = time;
    }

    public InstallationSettings Settings { get; }

    /// <summary>Null for a verb that only reads or edits the control store, which any number of processes may do at once.</summary>
    public OwnerLock? Owner { get; }

    public ControlStore Store { get; }

    public TimeProvider Time { get; }

    /// <param name="owner">The verb that needs to be the only one, or null.</param>
    /// <exception cref="OrgtapException">The directory is in use, cannot be used, or was written by a newer version.</exception>
    public static async Task<Installation> OpenAsync(InstallationSettings settings, string? owner, TimeProvider time, CancellationToken cancellationToken)
    {
        var held = owner is null ? null : OwnerLock.Take(settings.DataDirectory, owner);
        try
        {
            return new Installation(settings, held, await ControlStore.OpenAsync(settings.DataDirectory, time, cancellationToken), time);
        }
        catch
        {
            held?.Dispose();
            throw;
        }
    }

    /// <summary>Registers everything below the faces; the same for verbs, pages and endpoints.</summary>
    public void AddTo(IServiceCollection services)
    {
        services.AddSingleton(this);
        services.AddSingleton(Settings);
        services.AddSingleton(Store);
        services.AddSingleton(Time);
        KeyRing.Add(services, Settings);
        services.AddSingleton<ISecretCipher, DataProtectionCipher>();
        services.AddSingleton<AuditLog>();
        services.AddSingleton<ConnectionStore>();
        Engine.Add(services, Settings);
        services.AddSingleton<Overviews.OverviewReader>();
        services.AddSingleton<UserStore>();
        services.AddSingleton<OneTimeLinks>();
        services.AddSingleton<ApiTokens>();
        services.AddSingleton<SignInFailures>();
        services.AddSingleton<SignIn>();
    }

    public async ValueTask DisposeAsync()
    {
        await Store.DisposeAsync();
        Owner?.Dispose();
    }
}

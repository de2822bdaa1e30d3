using Orgtap.App.Users;
using Orgtap.Connections;
using Orgtap.Notifications;
using Orgtap.Primitives;
using Orgtap.Reauthorization;
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
    /// <param name="time">The system's clock gives way to that of a database which several processes share; any other is everybody's.</param>
    /// <exception cref="OrgtapException">The directory is in use, cannot be used, or was written by a newer version.</exception>
    public static async Task<Installation> OpenAsync(InstallationSettings settings, string? owner, TimeProvider time, CancellationToken cancellationToken)
    {
        var held = owner is null ? null : OwnerLock.Take(settings.DataDirectory, owner);
        ControlStore? store = null;
        try
        {
            store = await OpenStoreAsync(settings, time, cancellationToken);
            // Whoever holds the directory's lock is alone on an embedded control store; a shared one waits until the dead process's lease has run out.
            if (held is not null && settings.Database is null) await Orgtap.Authorization.GrantStore.AbandonRenewalsAsync(store, cancellationToken);
            if (owner is null || await store.OwnAsync($"orgtap {owner} on {Environment.MachineName}, process {Environment.ProcessId}", cancellationToken) is not { } other)
                return new Installation(settings, held, store, time == TimeProvider.System ? await store.ClockAsync(time, cancellationToken) : time);
            throw new DirectoryInUseException($"The control database {settings.Database} is in use by {other}.", "Do it there, stop that process first, or name another database.");
        }
        catch
        {
            if (store is not null) await store.DisposeAsync();
            held?.Dispose();
            throw;
        }
    }

    /// <summary>Opens the control store that the settings name, and brings its tables up to date.</summary>
    /// <exception cref="OrgtapException">It cannot be used, or was written by a newer version.</exception>
    public static Task<ControlStore> OpenStoreAsync(InstallationSettings settings, TimeProvider time, CancellationToken cancellationToken) => settings.Database is { } database
        ? ControlStore.OpenAsync(database, time, cancellationToken)
        : ControlStore.OpenAsync(settings.DataDirectory, time, cancellationToken);

    /// <summary>Registers everything below the faces; the same for verbs, pages and endpoints.</summary>
    public void AddTo(IServiceCollection services)
    {
        services.AddSingleton(this);
        services.AddSingleton(Settings);
        services.AddSingleton(Store);
        services.AddSingleton(Time);
        KeyRing.Add(services, this);
        services.AddSingleton<ISecretCipher, DataProtectionCipher>();
        services.AddSingleton<SecretRotation>();
        services.AddSingleton(all => new AuditLog(Store, Time) { Origin = AuditOrigin.Of(all.GetService<IHttpContextAccessor>()) });
        services.AddSingleton<ConnectionStore>();
        Engine.Add(services, Settings);
        services.AddSingleton<Outbox>();
        services.AddMail().AddNotices();
        services.AddSingleton<OperatorAddresses>(all => async cancellationToken =>
            [.. (await all.GetRequiredService<UserStore>().ListAsync(cancellationToken)).Where(user => !user.IsUnclaimed && user.Role >= Role.Operator).Select(user => user.Email)]);
        services.AddSingleton(new NoticeSite(Settings.PublicAddress ?? OwnerLock.AnnouncedFor(Settings.DataDirectory) ?? new Uri("http://localhost:5080/")));
        services.AddReauthorization(all => all.GetRequiredService<SocketsHttpHandler>());
        services.AddSingleton<Overviews.MailChange>();
        services.AddSingleton<Overviews.SupportChange>();
        services.AddSingleton<Overviews.RequestDesk>();
        services.AddSingleton<Overviews.Authorizing>();
        services.AddSingleton<Overviews.SetupDesk>();
        services.AddSingleton<Overviews.AppDesk>();
        services.AddSingleton<Overviews.OverviewReader>();
        services.AddSingleton<Overviews.Timeline>();
        services.AddSingleton<Overviews.CallsDesk>();
        services.AddSingleton<Orgtap.Syncs.ReplicaRows>();
        services.AddSingleton<Overviews.RowExplorer>();
        services.AddSingleton<Overviews.ConversationDesk>();
        services.AddSingleton<Overviews.JobDesk>();
        services.AddSingleton<Overviews.OrgJobDesk>();
        services.AddSingleton<Overviews.NoticeDesk>();
        services.AddSingleton<Overviews.SettingsChange>();
        services.AddSingleton<Overviews.MaskingChange>();
        services.AddSingleton<Orgtap.Storage.IdempotentRequests>();
        services.AddSingleton<UserStore>();
        services.AddSingleton<OneTimeLinks>();
        services.AddSingleton<ApiTokens>();
        services.AddSingleton<SignInFailures>();
        services.AddSingleton<SignIn>();
        services.AddSingleton<People>();
    }

    public async ValueTask DisposeAsync()
    {
        await Store.DisposeAsync();
        Owner?.Dispose();
    }
}

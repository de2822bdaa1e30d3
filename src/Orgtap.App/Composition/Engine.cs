using Orgtap.Authorization;
using Orgtap.Catalog;
using Orgtap.Connections;
using Orgtap.Conversations;
using Orgtap.Conversations.Importing;
using Orgtap.Conversations.Outputs;
using Orgtap.Primitives;
using Orgtap.Quota;
using Orgtap.Records;
using Orgtap.Salesforce;
using Orgtap.Salesforce.OAuth;
using Orgtap.Scheduling;
using Orgtap.Syncs;

namespace Orgtap.App.Composition;

/// <summary>Wires the engine's rooms together; the only place that knows the order of the HTTP handlers.</summary>
internal static class Engine
{
    /// <summary>Rows in flight of all tables together. More made no load faster when measured (bench/README.md), and everything else of the process comes on top.</summary>
    private const long FileMemory = 16L << 20, PostgresMemory = 32L << 20;

    public static void Add(IServiceCollection services, InstallationSettings settings)
    {
        services.AddSingleton(new AddressPolicy(settings.AllowedAddresses));
        // One for sign-in and token calls; each connection's pipeline has its own.
        services.AddSingleton(_ => Transport.Create());
        services.AddSingleton(all => new OAuthClient(all.GetRequiredService<SocketsHttpHandler>(), all.GetRequiredService<TimeProvider>()));
        services.AddSingleton<SharedAppStore>();
        services.AddSingleton<GrantStore>();
        services.AddSingleton<Revocations>();
        services.AddSingleton<AccessTokens>();
        services.AddSingleton<QuotaGuard>();
        // A person waits for these few calls; the threshold is for syncing, so only the org's own limit stops them (decision 0024).
        services.AddSingleton<TrialMeter>(all => (org, connection) => new MeteredHandler(all.GetRequiredService<QuotaGuard>(), _ => ValueTask.FromResult(new MeteredCalls(org, connection, 100, "Orgtap"))));
        services.AddSingleton(all => new OrgClients(id => PipelineOf(all, id), all.GetRequiredService<AddressPolicy>(), all.GetRequiredService<TimeProvider>()));
        services.AddSingleton(all => new OrgConnector(
            all.GetRequiredService<Storage.ControlStore>(), all.GetRequiredService<ConnectionStore>(), all.GetRequiredService<GrantStore>(), all.GetRequiredService<AccessTokens>(),
            all.GetRequiredService<OAuthClient>(), all.GetRequiredService<AddressPolicy>(), all.GetRequiredService<SocketsHttpHandler>(), all.GetRequiredService<TrialMeter>(), all.GetRequiredService<ISecretCipher>(),
            all.GetRequiredService<Revocations>(), all.GetRequiredService<Storage.AuditLog>(), all.GetRequiredService<TimeProvider>()));
        services.AddSingleton<CatalogReader>();
        services.AddSingleton<SelectionStore>();
        services.AddSingleton<Selecting>();
        services.AddSingleton<SelectionDraftStore>();
        services.AddSingleton<TableFigures>();
        services.AddSingleton<SchemaChangeStore>();
        services.AddSingleton(all => new ReplicaFiles(settings.DataDirectory, all.GetRequiredService<TimeProvider>()));
        services.AddSingleton<OpenReplica>(all => all.GetRequiredService<ReplicaFiles>().OpenAsync);
        services.AddSingleton<RunStore>();
        services.AddSingleton<ReplicaMoving>();
        services.AddSingleton<LiveRuns>();
        services.AddSingleton(new RowMemory(new ByteBudget(FileMemory), new ByteBudget(PostgresMemory)));
        services.AddSingleton(new SyncOptions());
        services.AddSingleton<SyncRunner>();
        services.AddSingleton<SyncStatuses>();
        services.AddSyncJobs(settings.Database).AddDueSyncs().AddSingleton(settings.Retention);
        services.AddSingleton<ConversationStore>();
        services.AddSingleton<ConversationReader>();
        services.AddSingleton<ConversationImporter>();
        services.AddSingleton<ConversationCheck>();
        services.AddSingleton<ConversationSetup>();
        services.AddSingleton(new PushAddresses(settings.AllowedAddresses));
        services.AddSingleton(all => new ConversationOutputs(all.GetRequiredService<ConversationStore>(), all.GetRequiredService<ConversationReader>(), all.GetRequiredService<PushAddresses>(), settings.DataDirectory, all.GetRequiredService<TimeProvider>()));
        services.AddSingleton<ConversationJobs>();
    }

    // Outermost first: the token is added once per request, each repetition is metered.
    private static AuthorizationHandler PipelineOf(IServiceProvider all, ConnectionId id) =>
        new(all.GetRequiredService<AccessTokens>(), id)
        {
            InnerHandler = new RetryHandler(all.GetRequiredService<TimeProvider>())
            {
                InnerHandler = new MeteredHandler(all.GetRequiredService<QuotaGuard>(), all.GetRequiredService<ConnectionStore>(), id)
                {
                    InnerHandler = new LoggedHandler(id, all.GetRequiredService<TimeProvider>(), all.GetRequiredService<ILogger<LoggedHandler>>()) { InnerHandler = Transport.Create() },
                },
            },
        };
}

using Orgtap.App.Overviews;
using Orgtap.Authorization;
using Orgtap.Catalog;
using Orgtap.Connections;
using Orgtap.Primitives;
using Orgtap.Reauthorization;
using Orgtap.Salesforce;
using Orgtap.Storage;
using Orgtap.Syncs;

namespace Orgtap.App.Cli;

/// <summary>This process owns the data directory while the verb runs.</summary>
internal sealed class OwnerHere(IServiceProvider services) : IOwner
{
    public async Task<ConnectionDocument> ConnectAsync(ConnectRequest request, CancellationToken cancellationToken) =>
        await DocumentOf(await Get<OrgConnector>().ConnectAsync(request, ConnectVerb.Actor, cancellationToken), cancellationToken);

    public Task<AuthorizationStart> StartAsync(ConnectRequest request, bool again, bool withoutMissing, CancellationToken cancellationToken) =>
        Get<Authorizing>().StartAsync(request, again, withoutMissing, ConnectVerb.Actor, cancellationToken);

    public Task<DeviceDocument> StartDeviceAsync(ConnectRequest request, bool again, bool withoutMissing, CancellationToken cancellationToken) =>
        Get<Authorizing>().StartDeviceAsync(request, again, withoutMissing, ConnectVerb.Actor, cancellationToken);

    public Task<DeviceDocument> LookAtDeviceAsync(string id, CancellationToken cancellationToken) => Get<Authorizing>().LookAtDeviceAsync(id, cancellationToken);

    public async Task<ConnectionDocument> ReauthorizeAsync(string connection, ReauthorizeDocument wanted, CancellationToken cancellationToken) =>
        await DocumentOf(await Get<Authorizing>().ReauthorizeAsync(await FindAsync(connection, cancellationToken), wanted, ConnectVerb.Actor, cancellationToken), cancellationToken);

    public Task<int> RotateSecretsAsync(CancellationToken cancellationToken) => Get<Composition.SecretRotation>().RotateAsync(ConnectVerb.Actor, cancellationToken);

    public async Task<IReadOnlyList<CheckDocument>> TestAsync(string connection, CancellationToken cancellationToken) =>
        [.. (await Get<Authorizing>().TestAsync(await FindAsync(connection, cancellationToken), ConnectVerb.Actor, cancellationToken)).Select(CheckDocument.Of)];

    public Task<IReadOnlyList<SetupFindingDocument>> CheckSetupAsync(SetupCheckDocument wanted, CancellationToken cancellationToken) => Get<SetupDesk>().CheckAsync(
        wanted, new Web.PublicAddress(Get<Composition.InstallationSettings>().PublicAddress ?? new Uri("http://localhost:5080/")).Callback, ConnectVerb.Actor, cancellationToken);

    public async Task<ConnectionDocument> CompleteAsync(CallbackAnswer answer, SecretText browserSecret, CancellationToken cancellationToken) =>
        await Get<AuthorizationReturn>().CompleteAsync(answer.State, answer.Code, answer.Error, answer.ErrorDescription, browserSecret, cancellationToken) switch
        {
            ReturnOutcome.Authorized { Connection: var connection } => await DocumentOf(connection, cancellationToken),
            ReturnOutcome.NotAuthorized { Setback: var setback } => throw setback.Failure,
            _ => throw new InvalidOperationException("An outcome nobody handles."),
        };

    public Task<RequestDocument> AskAsync(AskDocument ask, CancellationToken cancellationToken) => Get<RequestDesk>().AskAsync(ask, ConnectVerb.Actor, Site, cancellationToken);

    public async Task<IReadOnlyList<RequestDocument>> RequestsAsync(string? connection, CancellationToken cancellationToken) =>
        await Get<RequestDesk>().ListAsync(connection is null ? null : (await FindAsync(connection, cancellationToken)).Id, 100, cancellationToken);

    public Task<RequestDocument> ResendAsync(string request, CancellationToken cancellationToken) => Get<RequestDesk>().ResendAsync(request, ConnectVerb.Actor, Site, cancellationToken);

    public Task<RequestDocument> WithdrawAsync(string request, CancellationToken cancellationToken) => Get<RequestDesk>().WithdrawAsync(request, ConnectVerb.Actor, cancellationToken);

    public async Task<ConnectionDocument> GetAsync(string connection, CancellationToken cancellationToken) => await DocumentOf(await FindAsync(connection, cancellationToken), cancellationToken);

    public async Task RemoveAsync(string connection, bool deleteReplica, CancellationToken cancellationToken) =>
        await Removing.RemoveAsync(services, await FindAsync(connection, cancellationToken), deleteReplica, ConnectVerb.Actor, cancellationToken);

    public async Task<ConnectionDocument> PlaceAsync(string connection, PlaceDocument place, CancellationToken cancellationToken) =>
        await DocumentOf(await Placing.PlaceAsync(services, await FindAsync(connection, cancellationToken), place, ConnectVerb.Actor, cancellationToken), cancellationToken);

    public async Task<IReadOnlyList<ChannelCheckDocument>> CheckConversationsAsync(string connection, CancellationToken cancellationToken) =>
        [.. (await Get<ConversationDesk>().CheckAsync(await FindAsync(connection, cancellationToken), cancellationToken)).Select(ChannelCheckDocument.Of)];

    public async Task<ConversationSetupDocument> SetConversationsAsync(string connection, ConversationSettingsDocument wanted, CancellationToken cancellationToken) =>
        await Get<ConversationDesk>().SetAsync(await FindAsync(connection, cancellationToken), wanted, true, ConnectVerb.Actor, cancellationToken);

    public async Task<ConversationImportDocument> ImportConversationsAsync(string connection, CancellationToken cancellationToken) =>
        await Get<ConversationDesk>().ImportAsync(await FindAsync(connection, cancellationToken), ConnectVerb.Actor, cancellationToken);

    public Task<IReadOnlyList<JobDocument>> JobsAsync(string? connection, CancellationToken cancellationToken) => Get<JobDesk>().ListAsync(connection, cancellationToken);

    public Task<JobDocument> StopJobAsync(string? connection, string job, CancellationToken cancellationToken) => Get<JobDesk>().StopAsync(connection, job, ConnectVerb.Actor, cancellationToken);

    // This process ends with the verb; the next that serves goes on with the work.
    public Task<JobDocument> StartJobAsync(string? connection, string job, CancellationToken cancellationToken) => Get<JobDesk>().StartAsync(connection, job, here: false, ConnectVerb.Actor, cancellationToken);

    public Task<JobDocument> ScheduleJobAsync(string connection, string job, string frequency, CancellationToken cancellationToken) => Get<JobDesk>().SetFrequencyAsync(connection, job, frequency, ConnectVerb.Actor, cancellationToken);

    public async Task<OrgJobsDocument> OrgJobsAsync(string connection, bool again, CancellationToken cancellationToken)
    {
        var found = await FindAsync(connection, cancellationToken);
        return OrgJobsDocument.Of(found, await Get<OrgJobDesk>().ListAsync(found, again, cancellationToken));
    }

    public async Task<OrgJobChangeDocument> StopOrgJobAsync(string connection, string job, CancellationToken cancellationToken) =>
        await Get<OrgJobDesk>().StopAsync(await FindAsync(connection, cancellationToken), job, ConnectVerb.Actor, cancellationToken);

    public async Task<OrgJobChangeDocument> StartOrgJobAsync(string connection, string job, CancellationToken cancellationToken) =>
        await Get<OrgJobDesk>().StartAsync(await FindAsync(connection, cancellationToken), job, ConnectVerb.Actor, cancellationToken);

    public Task<RestartDocument> RestartJobsAsync(CancellationToken cancellationToken) => Get<JobDesk>().RestartAsync(ConnectVerb.Actor, cancellationToken);

    public async Task<ResendDocument> SendConversationsAgainAsync(string connection, CancellationToken cancellationToken) =>
        await Get<ConversationDesk>().SendAgainAsync(await FindAsync(connection, cancellationToken), now: true, ConnectVerb.Actor, cancellationToken);

    public async Task<IReadOnlyList<CatalogObject>> TablesAsync(string connection, CancellationToken cancellationToken) =>
        [.. await Get<CatalogReader>().ObjectsAsync(await FindAsync(connection, cancellationToken), new CallCounter(), cancellationToken)];

    public async Task<IReadOnlyList<FieldDocument>> FieldsAsync(string connection, string table, CancellationToken cancellationToken) =>
        [.. (await Get<CatalogReader>().NamedAsync(await FindAsync(connection, cancellationToken), table, new CallCounter(), cancellationToken)).Fields.Select(FieldDocument.Of)];

    public async Task<SelectionDocument> SelectAsync(string connection, IReadOnlyList<string> presets, IReadOnlyList<SelectedObject> tables, CancellationToken cancellationToken)
    {
        var found = await FindAsync(connection, cancellationToken);
        var outcome = await Get<Selecting>().ApplyAsync(found, presets, tables, cancellationToken);
        await Get<AuditLog>().WriteAsync(ConnectVerb.Actor, "selection.set", found.Name, $"{outcome.Selection.Count} tables", cancellationToken);
        return new SelectionDocument(outcome.Selection, outcome.Missing);
    }

    public async Task<ForecastDocument> PlanAsync(string connection, CancellationToken cancellationToken) =>
        ForecastDocument.Of(await Get<SyncRunner>().PlanAsync((await FindAsync(connection, cancellationToken)).Id, cancellationToken));

    public async Task<RunDocument> SyncAsync(string connection, SyncWish wish, WatchRun watch, CancellationToken cancellationToken)
    {
        var found = await FindAsync(connection, cancellationToken);
        if (!found.SyncEnabled) throw new InvalidInputException($"{found.Name} is paused.", $"Resume it with `orgtap connections resume {found.Name}`.");
        await Get<RunStore>().CloseAbandonedAsync(cancellationToken);
        var run = await Get<SyncRunner>().BeginAsync(found.Id, ConnectVerb.Actor, wish, cancellationToken);
        using var ended = new CancellationTokenSource();
        var watching = watch(() => ValueTask.FromResult(Look(found)), ended.Token);
        try
        {
            return RunDocument.Of(await Get<SyncRunner>().ContinueAsync(run, cancellationToken), found.Name, null);
        }
        finally
        {
            await ended.CancelAsync();
            await watching;
        }
    }

    private RunDocument? Look(Connection connection) => Get<LiveRuns>().Current(connection.Id) is { } live ? RunDocument.Of(live, connection.Name) : null;

    // Links are opened in somebody's browser; what this process listens on is nobody's address.
    private Uri Site => Get<Composition.InstallationSettings>().PublicAddress ?? throw new InvalidInputException(
        "It is not known at which address browsers reach this Orgtap, so no link can be made.", "Set ORGTAP_PUBLIC_URL, or do it while `orgtap serve` runs.");

    private Task<Connection> FindAsync(string connection, CancellationToken cancellationToken) => Get<ConnectionStore>().GetAsync(connection, cancellationToken);

    private async Task<ConnectionDocument> DocumentOf(Connection connection, CancellationToken cancellationToken) =>
        ConnectionDocument.Of(await Get<OverviewReader>().OfAsync(connection, cancellationToken));

    private T Get<T>() where T : notnull => services.GetRequiredService<T>();
}

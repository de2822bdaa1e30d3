using Orgtap.App.Api;
using Orgtap.App.Overviews;
using Orgtap.Authorization;
using Orgtap.Catalog;
using Orgtap.Connections;
using Orgtap.Extraction;
using Orgtap.Primitives;
using Orgtap.Syncs;

namespace Orgtap.App.Cli;

/// <summary>Another process owns the installation; its HTTP API does the work.</summary>
internal sealed class OwnerElsewhere(ApiClient api, Terminal terminal) : IOwner
{
    private static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(300);

    // A stop waits for the page that is being committed.
    private static readonly TimeSpan StopPatience = TimeSpan.FromMinutes(2);

    public Task<ConnectionDocument> ConnectAsync(ConnectRequest request, CancellationToken cancellationToken) => api.SendAsync<ConnectionDocument>(HttpMethod.Post, "connections", new ConnectDocument(
        request.Name, request.LoginUrl, request.ConsumerKey, request.ConsumerSecret?.Reveal(), request.Username ?? "", request.Password?.Reveal() ?? "", request.SecurityToken?.Reveal(),
        request.QuotaThresholdPercent, request.Flow, request.PrivateKey?.Reveal(), request.App), cancellationToken);

    public async Task<AuthorizationStart> StartAsync(ConnectRequest request, bool again, bool withoutMissing, CancellationToken cancellationToken)
    {
        var begun = await api.SendAsync<AuthorizationDocument>(HttpMethod.Post, "authorizations", new AuthorizeDocument(
            request.Name, request.LoginUrl, request.ConsumerKey, request.ConsumerSecret?.Reveal(), request.CallbackUrl!, request.QuotaThresholdPercent, again, withoutMissing, request.App), cancellationToken);
        return new AuthorizationStart(begun.AuthorizeUrl, new SecretText(begun.BrowserSecret));
    }

    public Task<ConnectionDocument> CompleteAsync(CallbackAnswer answer, SecretText browserSecret, CancellationToken cancellationToken) => api.SendAsync<ConnectionDocument>(
        HttpMethod.Post, "authorizations/complete", new AuthorizedDocument(answer.State, answer.Code, answer.Error, answer.ErrorDescription, browserSecret.Reveal()), cancellationToken);

    public Task<DeviceDocument> StartDeviceAsync(ConnectRequest request, bool again, bool withoutMissing, CancellationToken cancellationToken) => api.SendAsync<DeviceDocument>(HttpMethod.Post, "authorizations/device",
        new StartDeviceDocument(request.Name, request.LoginUrl, request.ConsumerKey, request.ConsumerSecret?.Reveal(), request.QuotaThresholdPercent, again, withoutMissing, request.App), cancellationToken);

    public Task<DeviceDocument> LookAtDeviceAsync(string id, CancellationToken cancellationToken) =>
        api.SendAsync<DeviceDocument>(HttpMethod.Post, $"authorizations/device/{Uri.EscapeDataString(id)}", null, cancellationToken);

    public Task<ConnectionDocument> ReauthorizeAsync(string connection, ReauthorizeDocument wanted, CancellationToken cancellationToken) =>
        api.SendAsync<ConnectionDocument>(HttpMethod.Post, $"{Path(connection)}/authorization", wanted, cancellationToken);

    public async Task<int> RotateSecretsAsync(CancellationToken cancellationToken) => (await api.SendAsync<RotatedDocument>(HttpMethod.Post, "system/secrets/rotate", null, cancellationToken)).Secrets;

    public Task<IReadOnlyList<CheckDocument>> TestAsync(string connection, CancellationToken cancellationToken) =>
        api.SendAsync<IReadOnlyList<CheckDocument>>(HttpMethod.Post, $"{Path(connection)}/test", null, cancellationToken);

    public Task<IReadOnlyList<SetupFindingDocument>> CheckSetupAsync(SetupCheckDocument wanted, CancellationToken cancellationToken) =>
        api.SendAsync<IReadOnlyList<SetupFindingDocument>>(HttpMethod.Post, "setup/checks", wanted, cancellationToken);

    public Task<RequestDocument> AskAsync(AskDocument ask, CancellationToken cancellationToken) => api.SendAsync<RequestDocument>(HttpMethod.Post, "requests", ask, cancellationToken);

    public Task<IReadOnlyList<RequestDocument>> RequestsAsync(string? connection, CancellationToken cancellationToken) => api.SendAsync<IReadOnlyList<RequestDocument>>(
        HttpMethod.Get, connection is null ? "requests" : $"requests?connection={Uri.EscapeDataString(connection)}", null, cancellationToken);

    public Task<RequestDocument> ResendAsync(string request, CancellationToken cancellationToken) =>
        api.SendAsync<RequestDocument>(HttpMethod.Post, $"requests/{Uri.EscapeDataString(request)}/resend", null, cancellationToken);

    public Task<RequestDocument> WithdrawAsync(string request, CancellationToken cancellationToken) =>
        api.SendAsync<RequestDocument>(HttpMethod.Post, $"requests/{Uri.EscapeDataString(request)}/withdraw", null, cancellationToken);

    public Task<ConnectionDocument> GetAsync(string connection, CancellationToken cancellationToken) =>
        api.SendAsync<ConnectionDocument>(HttpMethod.Get, Path(connection), null, cancellationToken);

    public Task RemoveAsync(string connection, bool deleteReplica, CancellationToken cancellationToken) =>
        api.SendAsync(HttpMethod.Delete, $"{Path(connection)}?deleteReplica={(deleteReplica ? "true" : "false")}", null, cancellationToken);

    public Task<ConnectionDocument> PlaceAsync(string connection, PlaceDocument place, CancellationToken cancellationToken) =>
        api.SendAsync<ConnectionDocument>(HttpMethod.Put, $"{Path(connection)}/replica", place, cancellationToken);

    public Task<IReadOnlyList<ChannelCheckDocument>> CheckConversationsAsync(string connection, CancellationToken cancellationToken) =>
        api.SendAsync<IReadOnlyList<ChannelCheckDocument>>(HttpMethod.Post, $"{Path(connection)}/conversations/check", null, cancellationToken);

    public Task<ConversationSetupDocument> SetConversationsAsync(string connection, ConversationSettingsDocument wanted, CancellationToken cancellationToken) =>
        api.SendAsync<ConversationSetupDocument>(HttpMethod.Put, $"{Path(connection)}/conversations/settings", wanted, cancellationToken);

    public async Task<ConversationImportDocument> ImportConversationsAsync(string connection, CancellationToken cancellationToken)
    {
        // One that is under way already is joined, and its end is the answer.
        var before = (await LookAtConversationsAsync(connection, cancellationToken)).LastImport is { EndedAt: not null } last ? last.Id : (long?)null;
        await api.SendAsync(HttpMethod.Post, $"{Path(connection)}/conversations/import", null, cancellationToken);
        while (true)
        {
            if (await LookAtConversationsAsync(connection, cancellationToken) is { Busy: false } state)
                return state.LastImport is { EndedAt: not null } ended && ended.Id != before ? ended
                    : throw new OrgtapException(FailureKind.Defect, "The import ended before it began.", $"Look at the log of {api.Where}, then try again.");
            await Task.Delay(LookEvery, terminal.Time, cancellationToken);
        }
    }

    public Task<IReadOnlyList<JobDocument>> JobsAsync(string? connection, CancellationToken cancellationToken) =>
        api.SendAsync<IReadOnlyList<JobDocument>>(HttpMethod.Get, connection is null ? "jobs" : $"jobs?connection={Uri.EscapeDataString(connection)}", null, cancellationToken);

    public Task<JobDocument> StopJobAsync(string? connection, string job, CancellationToken cancellationToken) => api.SendAsync<JobDocument>(HttpMethod.Post, $"{JobPath(connection, job)}/stop", null, cancellationToken);

    public Task<JobDocument> StartJobAsync(string? connection, string job, CancellationToken cancellationToken) => api.SendAsync<JobDocument>(HttpMethod.Post, $"{JobPath(connection, job)}/start", null, cancellationToken);

    public Task<JobDocument> ScheduleJobAsync(string connection, string job, string frequency, CancellationToken cancellationToken) =>
        api.SendAsync<JobDocument>(HttpMethod.Put, $"{JobPath(connection, job)}/frequency", new JobFrequencyDocument(frequency), cancellationToken);

    public Task<OrgJobsDocument> OrgJobsAsync(string connection, bool again, CancellationToken cancellationToken) =>
        api.SendAsync<OrgJobsDocument>(HttpMethod.Get, $"{Path(connection)}/org-jobs?again={(again ? "true" : "false")}", null, cancellationToken);

    public Task<OrgJobChangeDocument> StopOrgJobAsync(string connection, string job, CancellationToken cancellationToken) =>
        api.SendAsync<OrgJobChangeDocument>(HttpMethod.Post, $"{Path(connection)}/org-jobs/{Uri.EscapeDataString(job)}/stop", null, cancellationToken);

    public Task<OrgJobChangeDocument> StartOrgJobAsync(string connection, string job, CancellationToken cancellationToken) =>
        api.SendAsync<OrgJobChangeDocument>(HttpMethod.Post, $"{Path(connection)}/org-jobs/{Uri.EscapeDataString(job)}/start", null, cancellationToken);

    public Task<RestartDocument> RestartJobsAsync(CancellationToken cancellationToken) => api.SendAsync<RestartDocument>(HttpMethod.Post, "jobs/restart", null, cancellationToken);

    private static string JobPath(string? connection, string job) => $"{(connection is null ? "" : $"{Path(connection)}/")}jobs/{Uri.EscapeDataString(job)}";

    public Task<ResendDocument> SendConversationsAgainAsync(string connection, CancellationToken cancellationToken) =>
        api.SendAsync<ResendDocument>(HttpMethod.Post, $"{Path(connection)}/conversations/resend", null, cancellationToken);

    private Task<ConversationStateDocument> LookAtConversationsAsync(string connection, CancellationToken cancellationToken) =>
        api.SendAsync<ConversationStateDocument>(HttpMethod.Get, $"{Path(connection)}/conversations/state", null, cancellationToken);

    public Task<IReadOnlyList<CatalogObject>> TablesAsync(string connection, CancellationToken cancellationToken) =>
        api.SendAsync<IReadOnlyList<CatalogObject>>(HttpMethod.Get, $"{Path(connection)}/tables", null, cancellationToken);

    public Task<IReadOnlyList<FieldDocument>> FieldsAsync(string connection, string table, CancellationToken cancellationToken) =>
        api.SendAsync<IReadOnlyList<FieldDocument>>(HttpMethod.Get, $"{Path(connection)}/tables/{Uri.EscapeDataString(table)}", null, cancellationToken);

    public Task<SelectionDocument> SelectAsync(string connection, IReadOnlyList<string> presets, IReadOnlyList<SelectedObject> tables, CancellationToken cancellationToken) =>
        api.SendAsync<SelectionDocument>(HttpMethod.Put, $"{Path(connection)}/selection", new SelectDocument(presets, tables), cancellationToken);

    public Task<ForecastDocument> PlanAsync(string connection, CancellationToken cancellationToken) =>
        api.SendAsync<ForecastDocument>(HttpMethod.Get, $"{Path(connection)}/plan", null, cancellationToken);

    public async Task<RunDocument> SyncAsync(string connection, SyncWish wish, WatchRun watch, CancellationToken cancellationToken)
    {
        var started = await api.SendAsync<StartedDocument>(
            HttpMethod.Post, $"{Path(connection)}/{(wish.Purpose.Verifies() ? "verify" : wish.Purpose.ToString().ToLowerInvariant())}",
            wish.Purpose == RunPurpose.Sync ? null : wish.Purpose.Verifies() ? new VerifyDocument(wish.Tables, wish.Purpose == RunPurpose.VerifyDeep) : (object)new WishDocument(wish.Tables), cancellationToken);
        if (started.AlreadyRunning) await terminal.Error.WriteLineAsync($"Run {started.Run} is under way already; showing it.");
        RunDocument? seen = null;
        using var ended = new CancellationTokenSource();
        var watching = watch(() => ValueTask.FromResult(seen), ended.Token);
        try
        {
            while (true)
            {
                seen = await LookAsync(started.Run, cancellationToken);
                if (seen.Outcome != RunOutcome.Running) return seen;
                await Task.Delay(LookEvery, terminal.Time, cancellationToken);
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested && !started.AlreadyRunning)
        {
            using var patience = new CancellationTokenSource(StopPatience, terminal.Time);
            await api.SendAsync(HttpMethod.Post, $"runs/{started.Run}/stop", null, patience.Token);
            return seen = await LookAsync(started.Run, patience.Token);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            throw new LeftRunningException(started.Run, api.Where);
        }
        finally
        {
            await ended.CancelAsync();
            await watching;
        }
    }

    private Task<RunDocument> LookAsync(long run, CancellationToken cancellationToken) => api.SendAsync<RunDocument>(HttpMethod.Get, $"runs/{run}", null, cancellationToken);

    private static string Path(string connection) => $"connections/{Uri.EscapeDataString(connection)}";
}

/// <summary>Somebody stopped watching a run that others had started; it goes on.</summary>
internal sealed class LeftRunningException(long run, string where) : StoppedException($"No longer watching run {run}; it goes on in {where}.");

using Orgtap.App.Overviews;
using Orgtap.Authorization;
using Orgtap.Catalog;
using Orgtap.Primitives;
using Orgtap.Syncs;

namespace Orgtap.App.Cli;

/// <summary>
/// The owner of an installation as a verb sees it: this process, or another one over its HTTP API. What both give, and what goes wrong, is the same, so a
/// verb's output and exit code do not depend on where the work was done.
/// </summary>
internal interface IOwner
{
    /// <summary>Connects with user name and password.</summary>
    Task<ConnectionDocument> ConnectAsync(ConnectRequest request, CancellationToken cancellationToken);

    /// <summary>Begins the web server flow.</summary>
    /// <param name="again">The connection exists; its own app and address are used.</param>
    /// <param name="withoutMissing">Again: accept a user who sees less than what is selected.</param>
    Task<AuthorizationStart> StartAsync(ConnectRequest request, bool again, bool withoutMissing, CancellationToken cancellationToken);

    /// <summary>Begins the device flow.</summary>
    /// <inheritdoc cref="StartAsync"/>
    Task<DeviceDocument> StartDeviceAsync(ConnectRequest request, bool again, bool withoutMissing, CancellationToken cancellationToken);

    /// <summary>Asks what became of a code.</summary>
    Task<DeviceDocument> LookAtDeviceAsync(string id, CancellationToken cancellationToken);

    /// <summary>Authorizes a connection again, without a person.</summary>
    Task<ConnectionDocument> ReauthorizeAsync(string connection, ReauthorizeDocument wanted, CancellationToken cancellationToken);

    /// <returns>How many stored secrets were encrypted with a new key.</returns>
    Task<int> RotateSecretsAsync(CancellationToken cancellationToken);

    Task<IReadOnlyList<CheckDocument>> TestAsync(string connection, CancellationToken cancellationToken);

    /// <summary>Checks steps of the setup guide.</summary>
    Task<IReadOnlyList<SetupFindingDocument>> CheckSetupAsync(SetupCheckDocument wanted, CancellationToken cancellationToken);

    /// <summary>Ends the web server flow with what came to the callback address.</summary>
    Task<ConnectionDocument> CompleteAsync(CallbackAnswer answer, SecretText browserSecret, CancellationToken cancellationToken);

    /// <summary>Asks an admin to authorize.</summary>
    Task<RequestDocument> AskAsync(AskDocument ask, CancellationToken cancellationToken);

    /// <param name="connection">Only of this one; null: all.</param>
    Task<IReadOnlyList<RequestDocument>> RequestsAsync(string? connection, CancellationToken cancellationToken);

    Task<RequestDocument> ResendAsync(string request, CancellationToken cancellationToken);

    Task<RequestDocument> WithdrawAsync(string request, CancellationToken cancellationToken);

    /// <exception cref="InvalidInputException">There is no such connection.</exception>
    Task<ConnectionDocument> GetAsync(string connection, CancellationToken cancellationToken);

    Task RemoveAsync(string connection, bool deleteReplica, CancellationToken cancellationToken);

    /// <summary>Chooses where the rows lie; the next sync loads there.</summary>
    Task<ConnectionDocument> PlaceAsync(string connection, PlaceDocument place, CancellationToken cancellationToken);

    /// <summary>What the connected user sees of conversations.</summary>
    Task<IReadOnlyList<ChannelCheckDocument>> CheckConversationsAsync(string connection, CancellationToken cancellationToken);

    Task<ConversationSetupDocument> SetConversationsAsync(string connection, ConversationSettingsDocument wanted, CancellationToken cancellationToken);

    /// <summary>Imports to the end.</summary>
    Task<ConversationImportDocument> ImportConversationsAsync(string connection, CancellationToken cancellationToken);

    /// <param name="connection">Null: all.</param>
    Task<IReadOnlyList<JobDocument>> JobsAsync(string? connection, CancellationToken cancellationToken);

    /// <param name="connection">Null: the job is the installation's.</param>
    Task<JobDocument> StopJobAsync(string? connection, string job, CancellationToken cancellationToken);

    /// <inheritdoc cref="StopJobAsync"/>
    Task<JobDocument> StartJobAsync(string? connection, string job, CancellationToken cancellationToken);

    Task<JobDocument> ScheduleJobAsync(string connection, string job, string frequency, CancellationToken cancellationToken);

    /// <summary>Jobs inside the org.</summary>
    /// <param name="again">Looks anew.</param>
    Task<OrgJobsDocument> OrgJobsAsync(string connection, bool again, CancellationToken cancellationToken);

    /// <param name="job">An Id.</param>
    Task<OrgJobChangeDocument> StopOrgJobAsync(string connection, string job, CancellationToken cancellationToken);

    /// <inheritdoc cref="StopOrgJobAsync"/>
    Task<OrgJobChangeDocument> StartOrgJobAsync(string connection, string job, CancellationToken cancellationToken);

    Task<RestartDocument> RestartJobsAsync(CancellationToken cancellationToken);

    Task<ResendDocument> SendConversationsAgainAsync(string connection, CancellationToken cancellationToken);

    Task<IReadOnlyList<CatalogObject>> TablesAsync(string connection, CancellationToken cancellationToken);

    Task<IReadOnlyList<FieldDocument>> FieldsAsync(string connection, string table, CancellationToken cancellationToken);

    Task<SelectionDocument> SelectAsync(string connection, IReadOnlyList<string> presets, IReadOnlyList<SelectedObject> tables, CancellationToken cancellationToken);

    Task<ForecastDocument> PlanAsync(string connection, CancellationToken cancellationToken);

    /// <summary>
    /// Runs a sync to its end, or joins the one that is under way. Cancelling stops a run that was started here behind the page it is committing; a run that was
    /// joined goes on.
    /// </summary>
    /// <param name="watch">Is given a way to look at the run, and a token that is cancelled when it has ended.</param>
    Task<RunDocument> SyncAsync(string connection, SyncWish wish, WatchRun watch, CancellationToken cancellationToken);
}

/// <summary>Shows a run while it goes on.</summary>
/// <param name="look">The run as it is now; null: nothing to see yet.</param>
/// <param name="ended">Cancelled when the run is over; the last state is shown then.</param>
internal delegate Task WatchRun(Func<ValueTask<RunDocument?>> look, CancellationToken ended);

using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Orgtap.Catalog;
using Orgtap.Connections;
using Orgtap.Conversations;
using Orgtap.Conversations.Importing;
using Orgtap.Primitives;
using Orgtap.Syncs;
using Quartz;

namespace Orgtap.Scheduling;

/// <summary>All scheduled jobs: how they are, and their stop, start and restart (product E1, E2). What is stopped is kept in the control store and holds in every process and after every restart.</summary>
public sealed partial class ScheduledJobs(
    ConnectionStore connections, SelectionStore selections, RunStore runs, SyncJobs syncs, ConversationStore conversations, ConversationImporter importer, ConversationJobs imports, JobStates states, RepeatingJobs repeating,
    JobRestarts restarts, ISchedulerFactory schedulers, TimeProvider time, ILogger<ScheduledJobs> logger)
{
    /// <summary>How long a stop is waited for; what takes longer is shown as stopping.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    /// <summary>By connection, in the order in which jobs restart; the installation's last. A handful of queries, however many connections there are.</summary>
    public async Task<IReadOnlyList<ScheduledJob>> ListAsync(CancellationToken cancellationToken)
    {
        var decisions = await states.AllAsync(cancellationToken);
        var (starts, newest) = (await runs.LastStartsAsync(cancellationToken), await runs.NewestByPurposeAsync(cancellationToken));
        var (chosen, imported) = (await selections.AllAsync(cancellationToken), await conversations.NewestImportsAsync(cancellationToken));
        var jobs = new List<ScheduledJob>();
        foreach (var connection in await connections.ListAsync(cancellationToken))
        {
            var tables = chosen.GetValueOrDefault(connection.Id)?.Count ?? 0;
            var past = starts.GetValueOrDefault(connection.Id) ?? RunStarts.None;
            foreach (var kind in (IReadOnlyList<JobKind>)[JobKind.Sync, JobKind.FormulaRefresh, JobKind.Deletes])
                jobs.Add(OfSync(kind, connection, tables, past, newest[connection.Id].Where(run => JobKinds.KindOf(run.Purpose) == kind).MaxBy(run => run.Id.Value), decisions));
            if (imported.TryGetValue(connection.Id, out var import)) jobs.Add(OfConversations(connection, import, decisions));
        }
        var looks = await repeating.LooksAsync(cancellationToken);
        jobs.AddRange(JobKinds.OfInstallation.Select(kind => OfInstallation(kind, looks.GetValueOrDefault(kind), decisions)));
        return jobs;
    }

    /// <summary>Stops a job: it finishes what it is committing and does not run again until it is started. Returns when it has ended, or after five seconds.</summary>
    public async Task StopAsync(Connection? connection, JobKind kind, string by, CancellationToken cancellationToken)
    {
        Check(connection, kind);
        await states.StopAsync(connection?.Id, kind, by, cancellationToken);
        if (connection is null || !await IsRunningAsync(connection.Id, kind, cancellationToken)) return;
        using var patience = new CancellationTokenSource(Patience, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, cancellationToken);
        try
        {
            await (kind == JobKind.Conversations ? imports.StopAsync(connection.Id, either.Token) : syncs.StopAsync(connection.Id, either.Token));
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            StopsLate(connection.Name, kind);
        }
    }

    /// <summary>Lets a stopped job run again. What was interrupted goes on at once, other work when its time comes.</summary>
    /// <param name="by">Who started it, as run history names them.</param>
    /// <param name="here">This process runs jobs; else the one that does goes on with it.</param>
    public async Task StartAsync(Connection? connection, JobKind kind, string by, bool here, CancellationToken cancellationToken)
    {
        Check(connection, kind);
        await states.StartAsync(connection?.Id, kind, cancellationToken);
        if (!here) return;
        if (connection is null)
        {
            var scheduler = await schedulers.GetScheduler(cancellationToken);
            if ((await repeating.LooksAsync(cancellationToken)).ContainsKey(kind)) await scheduler.TriggerJob(new JobKey(kind.Word(), "system"), cancellationToken: cancellationToken);
            return;
        }
        if (connection is { SyncEnabled: false } or { OrgId: null }) return;
        if (kind == JobKind.Conversations)
        {
            if (await conversations.ImportsAsync(connection.Id, 1, cancellationToken) is [{ Outcome: ImportOutcome.Stopped }]) Observe(imports.StartAsync(connection, by));
        }
        else if ((await runs.NewestByPurposeAsync(cancellationToken))[connection.Id].Where(run => JobKinds.KindOf(run.Purpose) == kind).MaxBy(run => run.Id.Value) is { Outcome: RunOutcome.Stopped, Problem: null } stopped
            && (await selections.GetAsync(connection.Id, cancellationToken)).Count > 0)
        {
            await syncs.StartAsync(connection.Id, new SyncWish(stopped.Purpose, []), by, cancellationToken);
        }
    }

    /// <exception cref="InvalidInputException">The job has no frequency of its own.</exception>
    public Task SetFrequencyAsync(Connection connection, JobKind kind, UpdateFrequency frequency, CancellationToken cancellationToken) => kind.HasFrequency()
        ? states.SetFrequencyAsync(connection.Id, kind, frequency, cancellationToken)
        : throw new InvalidInputException($"{kind.Name()} has no frequency of its own.", kind == JobKind.Sync ? "Set the connection's update frequency." : "It runs when it is needed.");

    /// <summary>A job of the connection is under way.</summary>
    public async Task<bool> IsRunningAsync(ConnectionId connection, CancellationToken cancellationToken) => imports.IsRunning(connection) || await syncs.IsRunningAsync(connection, cancellationToken);

    /// <summary>The jobs that run now, in list order, ready to be restarted.</summary>
    public async Task<IReadOnlyList<RestartableJob>> RunningAsync(ConnectionId? only, string by, CancellationToken cancellationToken)
    {
        var (running, syncing) = (new List<RestartableJob>(), await syncs.RunningAsync(cancellationToken));
        foreach (var connection in await connections.ListAsync(cancellationToken))
        {
            if (only is { } one && connection.Id != one) continue;
            if (syncing.Contains(connection.Id) && await runs.FindRunningAsync(connection.Id, cancellationToken) is { } run)
                running.Add(new RestartableJob($"{JobKinds.KindOf(run.Purpose).Name()} of {connection.Name}", stop => syncs.StopAsync(connection.Id, stop),
                    async start => await syncs.StartAsync(connection.Id, new SyncWish(run.Purpose, []), by, start)));
            if (imports.IsRunning(connection.Id))
                running.Add(new RestartableJob($"{JobKind.Conversations.Name()} of {connection.Name}", stop => imports.StopAsync(connection.Id, stop), _ =>
                {
                    Observe(imports.StartAsync(connection, by));
                    return Task.CompletedTask;
                }));
        }
        return running;
    }

    /// <summary>Restarts what runs now, one job at a time, in the background; <see cref="JobRestarts.ProgressOfAll"/> shows how far it is.</summary>
    /// <returns>How many jobs.</returns>
    /// <exception cref="InvalidInputException">A restart is under way.</exception>
    public async Task<int> RestartAsync(string by, CancellationToken cancellationToken)
    {
        if (restarts.ProgressOfAll.Any(step => step.State is RestartState.Waiting or RestartState.Stopping or RestartState.Paused))
            throw new InvalidInputException("Running jobs are being restarted already.", "Wait for the end of that, or end it.");
        var running = await RunningAsync(null, by, cancellationToken);
        // Whoever asked looks at once how far it is: it has begun when this returns.
        if (running.Count > 0) Observe(restarts.RunAllAsync(running, CancellationToken.None));
        return running.Count;
    }

    private async Task<bool> IsRunningAsync(ConnectionId connection, JobKind kind, CancellationToken cancellationToken) => kind == JobKind.Conversations ? imports.IsRunning(connection)
        // A stopped sync stops whatever syncs.
        : await syncs.IsRunningAsync(connection, cancellationToken) && (kind == JobKind.Sync || (await runs.FindRunningAsync(connection, cancellationToken) is { } run && JobKinds.KindOf(run.Purpose) == kind));

    private static ScheduledJob OfSync(JobKind kind, Connection connection, int tables, RunStarts past, Run? newest, JobDecisions decisions)
    {
        var (state, frequency) = (decisions.Of(connection.Id, kind), kind == JobKind.Sync ? connection.Frequency : decisions.FrequencyOf(connection.Id, kind));
        var runs = newest?.Outcome == RunOutcome.Running;
        var next = tables == 0 ? null : DueSyncs.NextAt(kind, connection, past, decisions);
        var held = state.StoppedAt is not null ? null
            : HeldOf(connection) ?? (tables == 0 ? "for tables to be chosen" : kind != JobKind.Sync && decisions.IsStopped(connection.Id, JobKind.Sync) ? "for Sync to be started" : kind != JobKind.Sync && past.Last is null ? "for the first sync" : null);
        return new ScheduledJob(
            connection, kind,
            kind switch
            {
                JobKind.FormulaRefresh => "Reads formulas and other values again that change without a stamp",
                JobKind.Deletes => "Compares all Ids, to find rows that were deleted for good",
                _ => tables == 1 ? "Reads what changed in 1 table" : FormattableString.Invariant($"Reads what changed in {tables:N0} tables"),
            },
            ActivityOf(runs, state, held), held, newest is null ? null : new LastJobRun(newest.StartedAt, newest.EndedAt, WordsOf(newest), newest.Id, runs ? null : newest.ApiCalls),
            runs || held is not null ? null : next, next is null && kind != JobKind.Sync && connection.Frequency.NextAfter(connection.CreatedAt, connection.Id) is null ? "only when asked" : frequency.Words, state.StoppedAt, state.StoppedBy)
        {
            Frequency = kind.HasFrequency() ? frequency : null,
        };
    }

    private ScheduledJob OfConversations(Connection connection, ConversationImportRun? newest, JobDecisions decisions)
    {
        var (state, held) = (decisions.Of(connection.Id, JobKind.Conversations), connection.SyncEnabled ? null : "for the connection to be resumed");
        // Where several processes import, the history says what the others do.
        var under = imports.IsRunning(connection.Id) || (runs.IsShared && newest?.Outcome == ImportOutcome.Running);
        if (state.StoppedAt is not null) held = null;
        var words = importer.ProgressOf(connection.Id) is { } progress && under ? FormattableString.Invariant($"So far {progress.Done:N0} of {progress.Total:N0}")
            : newest is null ? "" : newest.Problem?.Message ?? newest.Outcome switch { ImportOutcome.Partial => "Some wait for Salesforce’s hourly limit", ImportOutcome.Running => under ? "Runs" : "Broke off", var outcome => outcome.ToString() };
        return new ScheduledJob(connection, JobKind.Conversations, "Makes conversations of new chats, messages and cases, and sends them on", ActivityOf(under, state, held), held,
            newest is null ? null : new LastJobRun(newest.StartedAt, newest.EndedAt, words, null, null), newest?.ResumesAt, "after each sync", state.StoppedAt, state.StoppedBy);
    }

    private static ScheduledJob OfInstallation(JobKind kind, RepeatingJobLook? look, JobDecisions decisions)
    {
        var state = decisions.Of(null, kind);
        var held = state.StoppedAt is null && look is null ? "for orgtap serve to run" : null;
        return new ScheduledJob(
            null, kind,
            kind switch
            {
                JobKind.TokenCheck => "Looks whether each connection’s authorization still works, and uses it often enough to stay alive",
                JobKind.Notices => "Looks what is wrong, and tells people of it and of its mending",
                JobKind.Mail => "Sends the e-mails that wait, and tries again those that failed",
                JobKind.SchemaRefresh => "Looks whether tables and fields have changed in the orgs",
                JobKind.CleanUp => "Removes history that is older than it is to be kept",
                _ => "Ends access at Salesforce that was replaced or removed",
            },
            ActivityOf(look?.IsRunning == true, state, held), held, look?.LastStart is { } start ? new LastJobRun(start, look.LastEnd, look.Failure ?? (look.IsRunning ? "Runs" : "Done"), null, null) : null,
            look is { LastStart: { } last } && state.StoppedAt is null ? last + look.Period : null,
            look is null ? "" : look.Period >= TimeSpan.FromHours(1) ? FormattableString.Invariant($"every {(look.Period.TotalHours > 1 ? $"{look.Period.TotalHours:0} hours" : "hour")}") : look.Period >= TimeSpan.FromMinutes(1) ? FormattableString.Invariant($"every {(look.Period.TotalMinutes > 1 ? $"{look.Period.TotalMinutes:0} minutes" : "minute")}") : FormattableString.Invariant($"every {look.Period.TotalSeconds:0} seconds"),
            state.StoppedAt, state.StoppedBy);
    }

    private static JobActivity ActivityOf(bool runs, JobState state, string? held) =>
        runs ? state.StoppedAt is null ? JobActivity.Running : JobActivity.Stopping : state.StoppedAt is not null ? JobActivity.Stopped : held is not null ? JobActivity.Held : JobActivity.Waiting;

    private static string? HeldOf(Connection connection) => connection switch
    {
        { SyncEnabled: false } => "for the connection to be resumed",
        { OrgId: null } or { Problem.Kind: FailureKind.ReauthorizationRequired } => "for somebody to authorize the connection",
        { Problem: { Kind: FailureKind.QuotaExhausted, RetryAt: { } } } => "for the org’s API use to fall",
        _ => null,
    };

    private static string WordsOf(Run run) => run.Outcome switch
    {
        RunOutcome.Running => "Runs",
        RunOutcome.Stopped => run.Problem?.Message ?? "Stopped between two pages; goes on from there",
        RunOutcome.Completed => run.Verdict?.ToString() ?? "Complete",
        _ => run.Problem?.Message ?? run.Outcome.ToString(),
    };

    private static void Check(Connection? connection, JobKind kind)
    {
        if (kind.IsOfConnections() == connection is null)
            throw new InvalidInputException(connection is null ? $"{kind.Name()} belongs to a connection." : $"{kind.Name()} belongs to the installation, not to {connection.Name}.", connection is null ? "Name the connection." : "Name no connection.");
    }

    // What goes wrong in the background is logged and shown where it belongs.
    private static void Observe(Task work) => _ = work.ContinueWith(static ended => _ = ended.Exception, CancellationToken.None, TaskContinuationOptions.OnlyOnFaulted, TaskScheduler.Default);

    [LoggerMessage(7201, LogLevel.Information, "{Kind} of {Connection} takes longer than five seconds to stop")]
    private partial void StopsLate(string connection, JobKind kind);
}

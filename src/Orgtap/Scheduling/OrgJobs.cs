using System.Collections.Concurrent;
using Orgtap.Connections;
using Orgtap.Primitives;
using Orgtap.Salesforce;
using Orgtap.Salesforce.Jobs;
using Orgtap.Salesforce.OAuth;

namespace Orgtap.Scheduling;

/// <summary>What stopping or starting an org job came to.</summary>
/// <param name="Name">The job's, for people.</param>
/// <param name="Changed">False: it was so already, and nothing was sent.</param>
/// <param name="Schedule">After a start, the job as the org has it now, under its new Id.</param>
public sealed record OrgJobChange(string Id, string Name, bool Changed, OrgSchedule? Schedule = null);

/// <summary>A change of an org job was sent, and neither an answer came nor could the org be asked what became of it.</summary>
public sealed class OrgJobNotKnownException(OrgtapException failure) : OrgtapException(
    FailureKind.Transient, "The org did not answer, so whether the job was changed is not known.", $"Look again when the org answers, before you press again. {failure.Message}", failure.Detail, failure);

/// <summary>
/// Jobs inside the orgs. The org is asked only when somebody looks, stops or starts; the last look is kept in memory, with its age. One change of a connection's jobs at a time, and each begins
/// with a fresh look at the job, so pressing twice is harmless. A change that was sent is waited for, whoever leaves meanwhile.
/// </summary>
public sealed class OrgJobs(OrgClients clients, StoppedOrgJobs kept, TimeProvider time)
{
    /// <value>A look younger than this is given to everybody who wants a new one, so that a second press costs nothing. Default 5 seconds.</value>
    public TimeSpan Fresh { get; init; } = TimeSpan.FromSeconds(5);

    private readonly ConcurrentDictionary<ConnectionId, OrgJobsSeen> _seen = new();
    private readonly ConcurrentDictionary<ConnectionId, SemaphoreSlim> _gates = new();

    /// <summary>As it was seen last, with what was stopped from here since.</summary>
    /// <returns>Null: nobody has looked since this process began.</returns>
    public async Task<OrgJobList?> LastAsync(Connection connection, CancellationToken cancellationToken) =>
        _seen.TryGetValue(connection.Id, out var seen) ? OrgJobList.Of(seen, await kept.ListAsync(connection.Id, cancellationToken), connection.Username) : null;

    /// <summary>Looks anew: two API calls.</summary>
    /// <exception cref="OrgtapException">Permission: the user may not see jobs. Else what kept the org from answering, or that no call is left.</exception>
    public async Task<OrgJobList> LookAsync(Connection connection, CancellationToken cancellationToken)
    {
        using (await EnterAsync(connection.Id, cancellationToken))
        {
            if (!_seen.TryGetValue(connection.Id, out var seen) || time.GetUtcNow() - seen.SeenAt >= Fresh)
                _seen[connection.Id] = seen = await AskedAsync(() => Open(connection).ReadAsync(time.GetUtcNow(), cancellationToken));
            return OrgJobList.Of(seen, await kept.ListAsync(connection.Id, cancellationToken), connection.Username);
        }
    }

    /// <summary>Takes scheduled Apex off the org's schedule, keeping all it takes to schedule it again; or ends a run. Two API calls; three when no clear answer came.</summary>
    /// <exception cref="InvalidInputException">The job is gone, has ended, or is none that can be started again.</exception>
    /// <exception cref="OrgtapException">The org, or its package, refused or did not answer. Nothing was changed, unless the message says that it is not known.</exception>
    public async Task<OrgJobChange> StopAsync(Connection connection, string job, string by, CancellationToken cancellationToken)
    {
        var id = IdOf(job);
        using (await EnterAsync(connection.Id, cancellationToken))
        {
            var org = Open(connection);
            return await AskedAsync(() => id.StartsWith("707", StringComparison.Ordinal) ? EndRunAsync(org, connection, id, cancellationToken) : StopScheduleAsync(org, connection, id, by, cancellationToken));
        }
    }

    /// <summary>Schedules again what was stopped from here, as the connected user. Two API calls; three when no clear answer came.</summary>
    /// <param name="job">The Id it had when it was stopped.</param>
    /// <exception cref="InvalidInputException">It was not stopped from here, its name is taken, or its class is gone.</exception>
    /// <exception cref="OrgtapException">As with <see cref="StopAsync"/>.</exception>
    public async Task<OrgJobChange> StartAsync(Connection connection, string job, CancellationToken cancellationToken)
    {
        var id = IdOf(job);
        using (await EnterAsync(connection.Id, cancellationToken))
        {
            var org = Open(connection);
            return await AskedAsync(() => StartScheduleAsync(org, connection, id, cancellationToken));
        }
    }

    private async Task<OrgJobChange> StartScheduleAsync(OrgJobsApi org, Connection connection, string id, CancellationToken cancellationToken)
    {
        if (await kept.FindAsync(connection.Id, id, cancellationToken) is not { } stopped) throw await WhyNotStartedAsync(org, id, cancellationToken) ?? NotStoppedHere(connection);
        if (stopped.StartedAs is { } before) return new OrgJobChange(before, stopped.Name, Changed: false, await LookBackAsync(org, before, cancellationToken));
        var (now, changed) = await ScheduleAsync(org, stopped, cancellationToken);
        await kept.StartedAsync(connection.Id, id, now, CancellationToken.None);
        // What the list lacks now is seen with the next look.
        _seen.TryRemove(connection.Id, out _);
        return new OrgJobChange(now, stopped.Name, changed, await LookBackAsync(org, now, cancellationToken));
    }

    private async Task<OrgJobChange> StopScheduleAsync(OrgJobsApi org, Connection connection, string id, string by, CancellationToken cancellationToken)
    {
        var found = await org.FindScheduleAsync(id, cancellationToken);
        if (found is null)
        {
            Drop(connection.Id, id);
            return await kept.FindAsync(connection.Id, id, cancellationToken) is { StartedAs: null } stopped ? new OrgJobChange(id, stopped.Name, Changed: false) : throw Gone();
        }
        // Whether the package lets it is the org's to say; that it can come back is ours.
        if (OrgJobRules.WhyNot(found, AnyPackage) is { } why) throw new InvalidInputException($"{found.Name} cannot be stopped from here. {why}", "Nothing was changed.");
        await kept.KeepAsync(connection.Id, found, by, cancellationToken);
        try
        {
            await org.AbortAsync(id, CancellationToken.None);
        }
        catch (OrgtapException failure)
        {
            if (await IsThereAsync(async () => await org.FindScheduleAsync(id, cancellationToken) is not null, failure))
            {
                await kept.ForgetAsync(connection.Id, id, CancellationToken.None);
                throw;
            }
        }
        Drop(connection.Id, id);
        return new OrgJobChange(id, found.Name, Changed: true);
    }

    private async Task<OrgJobChange> EndRunAsync(OrgJobsApi org, Connection connection, string id, CancellationToken cancellationToken)
    {
        if (await org.FindRunAsync(id, cancellationToken) is not { } run)
        {
            Drop(connection.Id, id);
            throw Gone();
        }
        var name = OrgJobRules.Of(run, AnyPackage).Name;
        if (run.Status == "Aborted") return new OrgJobChange(id, name, Changed: false);
        if (OrgJobRules.WhyNot(run, AnyPackage) is { } why) throw new InvalidInputException($"{name} cannot be stopped. {why}", "Nothing was changed. Look again.");
        try
        {
            await org.AbortAsync(id, CancellationToken.None);
        }
        catch (OrgtapException failure)
        {
            if (await IsThereAsync(async () => await org.FindRunAsync(id, cancellationToken) is { HasEnded: false }, failure)) throw;
        }
        Drop(connection.Id, id);
        return new OrgJobChange(id, name, Changed: true);
    }

    private static async Task<(string Id, bool Changed)> ScheduleAsync(OrgJobsApi org, StoppedOrgJob stopped, CancellationToken cancellationToken)
    {
        try
        {
            return (await org.ScheduleAsync(stopped.Name, stopped.Cron, stopped.ClassName, CancellationToken.None), true);
        }
        catch (OrgtapException failure) when (failure is not QuotaStopException)
        {
            // The answer of a start that worked may have been lost, or somebody scheduled it in Setup: the name says so, because the org takes it only once.
            OrgSchedule? there;
            try
            {
                there = await org.FindScheduleByNameAsync(stopped.Name, cancellationToken);
            }
            catch (OrgtapException)
            {
                throw failure.Kind == FailureKind.Transient ? NotKnown(failure) : failure;
            }
            if (there is null || !OrgJobList.IsSame(there, stopped)) throw;
            return (there.Id, failure.Kind == FailureKind.Transient);
        }
    }

    /// <summary>Asks after a failure, whose answer may have been lost behind work that was done.</summary>
    private static async Task<bool> IsThereAsync(Func<Task<bool>> look, OrgtapException failure)
    {
        // Denied by our own guard: nothing was sent.
        if (failure is QuotaStopException) return true;
        try
        {
            return await look();
        }
        catch (OrgtapException)
        {
            throw failure.Kind == FailureKind.Transient ? NotKnown(failure) : failure;
        }
    }

    private static async Task<OrgSchedule?> LookBackAsync(OrgJobsApi org, string id, CancellationToken cancellationToken)
    {
        try
        {
            return await org.FindScheduleAsync(id, cancellationToken);
        }
        catch (OrgtapException)
        {
            // It was started; how it looks now is seen with the next look.
            return null;
        }
    }

    /// <summary>A person waits and decides; what the HTTP pipeline says of trying again is over by then.</summary>
    private static async Task<T> AskedAsync<T>(Func<Task<T>> work)
    {
        try
        {
            return await work();
        }
        catch (SalesforceException failure) when (failure.Kind == FailureKind.Transient)
        {
            throw new SalesforceException(failure.Kind, failure.Message, "Nothing was changed. Try again in a few minutes; if it goes on, look at https://status.salesforce.com and at this machine's network.", failure.StatusCode, failure.ErrorCode, failure.Detail, failure);
        }
    }

    private static async Task<OrgtapException?> WhyNotStartedAsync(OrgJobsApi org, string id, CancellationToken cancellationToken) =>
        id.StartsWith("707", StringComparison.Ordinal) ? new InvalidInputException("A run cannot be started again.", "Start it in the org, where it was started before.")
        : await org.FindScheduleAsync(id, cancellationToken) is { } live ? new InvalidInputException($"{live.Name} is not stopped: the org has it on its schedule.", "Nothing was changed.")
        : null;

    private static InvalidInputException NotStoppedHere(Connection connection) => new($"No job of {connection.Name} with this Id was stopped from here.", $"`orgtap jobs list --in-org {connection.Name}` lists those that can be started. What was removed in Setup is scheduled anew there.");

    private static InvalidInputException Gone() => new("The job is no longer in the org: it has ended, or somebody removed it in Setup.", "Nothing was changed. Look again.");

    private static OrgJobNotKnownException NotKnown(OrgtapException failure) => new(failure);

    private static readonly JobsPackage AnyPackage = new JobsPackage.Installed(new Dictionary<string, bool>());

    private static string IdOf(string job) => SalesforceId.To18(job.Trim()) is { } id && (id.StartsWith("08e", StringComparison.Ordinal) || id.StartsWith("707", StringComparison.Ordinal)) ? id
        : throw new InvalidInputException($"\"{job}\" is no Id of a job in an org.", "Give the Id from the list: it begins with 08e or 707.");

    private void Drop(ConnectionId connection, string id)
    {
        if (_seen.TryGetValue(connection, out var seen))
            _seen[connection] = seen with { Schedules = [.. seen.Schedules.Where(schedule => schedule.Id != id)], Runs = [.. seen.Runs.Where(run => run.Id != id)] };
    }

    private OrgJobsApi Open(Connection connection) => connection.InstanceUrl is { } address ? clients.Open(connection.Id, address, new CallCounter(CallPurpose.OrgJobs)).OrgJobs
        : throw new InvalidInputException($"{connection.Name} is not authorized yet.", "Authorize it first; then its org can be asked for its jobs.");

    private async Task<IDisposable> EnterAsync(ConnectionId connection, CancellationToken cancellationToken)
    {
        var gate = _gates.GetOrAdd(connection, _ => new SemaphoreSlim(1, 1));
        await gate.WaitAsync(cancellationToken);
        return new Turnstile(gate);
    }

    private sealed class Turnstile(SemaphoreSlim gate) : IDisposable
    {
        public void Dispose() => gate.Release();
    }
}

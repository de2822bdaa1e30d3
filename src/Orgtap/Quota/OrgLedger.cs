using Orgtap.Salesforce;

namespace Orgtap.Quota;

/// <summary>Keeps one org's <see cref="OrgUse"/> and changes it step by step, no two steps at once. Thread-safe.</summary>
internal abstract class OrgLedger(TimeProvider time)
{
    private readonly Lock _gate = new();
    private TaskCompletionSource? _nextAnswer;

    /// <summary>One process among those that share the ledger.</summary>
    private readonly string _process = Guid.NewGuid().ToString("N");

    /// <summary>What is known now.</summary>
    public abstract ValueTask<OrgUse> ReadAsync(CancellationToken cancellationToken);

    /// <exception cref="OperationCanceledException">Cancelled while waiting for another call's answer.</exception>
    public async ValueTask<ReservationResult> ReserveAsync(string connection, int thresholdPercent, CancellationToken cancellationToken)
    {
        while (true)
        {
            // Taken before asking, so that no answer is missed in between.
            var answer = NextAnswer();
            switch (await ChangeAsync(use => use.Reserve(_process, connection, thresholdPercent, time.GetUtcNow()), cancellationToken))
            {
                case QuotaDecision.Grant grant: return new ReservationResult.Granted(new Reservation(this, grant.StartedAfter));
                case QuotaDecision.Deny deny: return deny.Denied;
                default: await WaitAsync(answer, cancellationToken); break;
            }
        }
    }

    public ValueTask SettleAsync(Reservation reservation, ApiUseHeader? header) => EndAsync(use => use.Settle(_process, reservation.StartedAfter, header, time.GetUtcNow()));

    public ValueTask ReleaseAsync() => EndAsync(use => use.Release(_process, time.GetUtcNow()));

    public ValueTask ObserveAsync(ApiUseHeader header, CancellationToken cancellationToken) => DoAsync(use => use.Observe(header, time.GetUtcNow()), cancellationToken);

    /// <returns>When the next attempt makes sense, UTC.</returns>
    public async ValueTask<DateTimeOffset> LimitReachedAsync(CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        await DoAsync(use => use.LimitReached(now), cancellationToken);
        return now + OrgUse.LookAgain;
    }

    /// <summary>Puts the step's outcome in the place of what it was made from, or tries again with what is there by then.</summary>
    protected abstract ValueTask<T> ChangeAsync<T>(Func<OrgUse, (OrgUse Next, T Result)> step, CancellationToken cancellationToken);

    /// <summary>Waits until it makes sense to ask again.</summary>
    /// <param name="answer">The next answer that this process hears.</param>
    protected abstract Task WaitAsync(Task answer, CancellationToken cancellationToken);

    protected async ValueTask DoAsync(Func<OrgUse, OrgUse> step, CancellationToken cancellationToken) => await ChangeAsync(use => (step(use), true), cancellationToken);

    // A call that has ended is noted whoever gave up meanwhile.
    private async ValueTask EndAsync(Func<OrgUse, OrgUse> step)
    {
        try
        {
            await DoAsync(step, CancellationToken.None);
        }
        finally
        {
            TaskCompletionSource? waiting;
            lock (_gate) (waiting, _nextAnswer) = (_nextAnswer, null);
            waiting?.TrySetResult();
        }
    }

    private Task NextAnswer()
    {
        lock (_gate) return (_nextAnswer ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).Task;
    }
}

/// <summary>The ledger of a process that has its control store to itself: in memory; <see cref="ApiUseStore"/> writes behind.</summary>
internal sealed class OwnLedger(TimeProvider time) : OrgLedger(time)
{
    private readonly Lock _gate = new();
    private OrgUse _use = new();

    /// <summary>Whether what an earlier process learned was asked for.</summary>
    public bool IsRestored { get; private set; }

    public OrgUse Use
    {
        get
        {
            lock (_gate) return _use;
        }
    }

    public override ValueTask<OrgUse> ReadAsync(CancellationToken cancellationToken) => ValueTask.FromResult(Use);

    public void Restore(KnownUse? earlier, DateTimeOffset now)
    {
        lock (_gate)
        {
            if (earlier is { } known) _use = _use.Restored(known, now);
            IsRestored = true;
        }
    }

    protected override ValueTask<T> ChangeAsync<T>(Func<OrgUse, (OrgUse Next, T Result)> step, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            (_use, var result) = step(_use);
            return ValueTask.FromResult(result);
        }
    }

    protected override Task WaitAsync(Task answer, CancellationToken cancellationToken) => answer.WaitAsync(cancellationToken);
}

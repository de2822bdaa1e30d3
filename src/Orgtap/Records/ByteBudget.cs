namespace Orgtap.Records;

/// <summary>
/// The memory that pages in flight may hold, of all tables and parallel readers together. Keeps returned arrays for reuse. Thread-safe.
/// </summary>
/// <remarks>
/// Shares are served in the order they were opened, and the oldest open share never waits: a page larger than the whole budget still gets through, and
/// readers that each hold half a page cannot block one another. Held memory stays below the limit plus one page. Open shares in the order in which
/// pages are going to be committed, and dispose every one.
/// </remarks>
public sealed class ByteBudget
{
    private readonly Lock _gate = new();
    private readonly LinkedList<BudgetShare> _shares = new();
    private readonly LinkedList<Waiter> _waiters = new();
    private readonly Stack<byte[]> _idleBytes = new();
    private readonly Stack<int[]> _idleEnds = new();
    private long _held;

    /// <param name="limit">Bytes, at least one batch's worth (<see cref="RowBatch.StandardMemory"/>).</param>
    public ByteBudget(long limit)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(limit);
        Limit = limit;
    }

    public long Limit { get; }

    /// <summary>Bytes held now.</summary>
    public long Held
    {
        get { lock (_gate) return _held; }
    }

    /// <summary>Takes a place in the order of shares, for one page.</summary>
    public BudgetShare OpenShare()
    {
        lock (_gate)
        {
            var share = new BudgetShare(this);
            share.Place = _shares.AddLast(share);
            return share;
        }
    }

    internal ValueTask AcquireAsync(BudgetShare share, long bytes, CancellationToken cancellationToken)
    {
        if (cancellationToken.IsCancellationRequested) return ValueTask.FromCanceled(cancellationToken);
        Waiter waiter;
        lock (_gate)
        {
            if (MayHave(share, bytes) && (_waiters.Count == 0 || IsOldest(share)))
            {
                Grant(share, bytes);
                return ValueTask.CompletedTask;
            }
            waiter = new Waiter(share, bytes);
            waiter.Place = _waiters.AddLast(waiter);
        }
        return WaitAsync(waiter, cancellationToken);
    }

    internal void Draw(BudgetShare share, long bytes)
    {
        lock (_gate) Grant(share, bytes);
    }

    internal void Release(BudgetShare share, long bytes)
    {
        lock (_gate)
        {
            share.Held -= bytes;
            _held -= bytes;
            AfterRelease(share);
        }
    }

    internal void Close(BudgetShare share)
    {
        lock (_gate)
        {
            share.Closed = true;
            AfterRelease(share);
        }
    }

    internal byte[] RentBytes(int length)
    {
        lock (_gate)
            if (length == RowBatch.StandardBytes && _idleBytes.TryPop(out var idle)) return idle;
        return GC.AllocateUninitializedArray<byte>(length, pinned: true);
    }

    internal int[] RentEnds(int length)
    {
        lock (_gate)
            if (length == RowBatch.StandardEnds && _idleEnds.TryPop(out var idle)) return idle;
        return GC.AllocateUninitializedArray<int>(length, pinned: true);
    }

    internal void Return(byte[] bytes, int[] ends)
    {
        lock (_gate)
        {
            // What is larger than a standard batch was grown for one giant row; the collector takes it.
            var enough = Limit / RowBatch.StandardMemory + 1;
            if (bytes.Length == RowBatch.StandardBytes && _idleBytes.Count < enough) _idleBytes.Push(bytes);
            if (ends.Length == RowBatch.StandardEnds && _idleEnds.Count < enough) _idleEnds.Push(ends);
        }
    }

    private async ValueTask WaitAsync(Waiter waiter, CancellationToken cancellationToken)
    {
        await using var registration = cancellationToken.UnsafeRegister(static (state, token) => ((Waiter)state!).Source.TrySetCanceled(token), waiter);
        try
        {
            await waiter.Source.Task;
        }
        catch (OperationCanceledException)
        {
            lock (_gate)
            {
                if (waiter.Place is { } place) _waiters.Remove(place);
                waiter.Place = null;
                ServeWaiters();
            }
            throw;
        }
    }

    private bool IsOldest(BudgetShare share) => _shares.First?.Value == share;

    private bool MayHave(BudgetShare share, long bytes) => _held + bytes <= Limit || IsOldest(share);

    private void Grant(BudgetShare share, long bytes)
    {
        ObjectDisposedException.ThrowIf(share.Place is null, share);
        share.Held += bytes;
        _held += bytes;
    }

    private void AfterRelease(BudgetShare share)
    {
        if (share is { Closed: true, Held: 0, Place: { } place })
        {
            _shares.Remove(place);
            share.Place = null;
        }
        ServeWaiters();
    }

    private void ServeWaiters()
    {
        var blocked = false;
        for (var node = _waiters.First; node is not null;)
        {
            var (waiter, next) = (node.Value, node.Next);
            // Nobody overtakes the first in line, but for the oldest share, which frees memory by ending its page.
            if (IsOldest(waiter.Share) || (!blocked && MayHave(waiter.Share, waiter.Bytes)))
            {
                _waiters.Remove(node);
                waiter.Place = null;
                if (waiter.Source.TrySetResult()) Grant(waiter.Share, waiter.Bytes);
            }
            else
            {
                blocked = true;
            }
            node = next;
        }
    }

    private sealed class Waiter(BudgetShare share, long bytes)
    {
        public readonly TaskCompletionSource Source = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public BudgetShare Share => share;

        public long Bytes => bytes;

        public LinkedListNode<Waiter>? Place { get; set; }
    }
}

/// <summary>One page's part of a <see cref="ByteBudget"/>. Disposing says that no more will be acquired; what is held stays held until it is released.</summary>
public sealed class BudgetShare : IDisposable
{
    private readonly ByteBudget _budget;

    internal BudgetShare(ByteBudget budget) => _budget = budget;

    internal ByteBudget Budget => _budget;

    internal LinkedListNode<BudgetShare>? Place { get; set; }

    internal long Held { get; set; }

    internal bool Closed { get; set; }

    /// <summary>Waits until there is room for as many bytes; the oldest share never waits.</summary>
    public ValueTask AcquireAsync(long bytes, CancellationToken cancellationToken) => _budget.AcquireAsync(this, bytes, cancellationToken);

    /// <summary>Gives back what <see cref="AcquireAsync"/> or <see cref="Draw"/> gave.</summary>
    public void Release(long bytes) => _budget.Release(this, bytes);

    /// <summary>Takes bytes without waiting, beyond the limit if need be: for the rest of a row that has begun.</summary>
    public void Draw(long bytes) => _budget.Draw(this, bytes);

    public void Dispose() => _budget.Close(this);
}

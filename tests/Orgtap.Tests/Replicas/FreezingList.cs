using Orgtap.Records;

namespace Orgtap.Tests.Replicas;

/// <summary>Hands out its first batch, then lets its reader wait, as a process does that is stopped.</summary>
internal sealed class FreezingList(IReadOnlyList<RowBatch> batches) : IReadOnlyList<RowBatch>, IDisposable
{
    private readonly TaskCompletionSource _frozen = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly ManualResetEventSlim _awake = new();

    public Task Frozen => _frozen.Task;

    public int Count => batches.Count;

    public RowBatch this[int index]
    {
        get
        {
            if (index == 0) return batches[0];
            _frozen.TrySetResult();
            _awake.Wait();
            return batches[index];
        }
    }

    public void Wake() => _awake.Set();

    /// <summary>A test that fails meanwhile leaves no thread behind that waits for ever.</summary>
    public void Dispose()
    {
        _awake.Set();
        _awake.Dispose();
    }

    public IEnumerator<RowBatch> GetEnumerator() => batches.GetEnumerator();

    System.Collections.IEnumerator System.Collections.IEnumerable.GetEnumerator() => GetEnumerator();
}

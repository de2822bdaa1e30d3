using Orgtap.Primitives;

namespace Orgtap.Salesforce;

/// <summary>A response body that counts what is read and gives up when nothing arrives for too long: a stalled connection would otherwise hold a run for ever.</summary>
internal sealed class MeasuredStream(Stream inner, CallCounter counter, TimeSpan idleTimeout, TimeProvider time, string subject) : Stream
{
    private readonly CancellationTokenSource _idle = new(Timeout.InfiniteTimeSpan, time);
    private long _bytesRead;

    public long BytesRead => Interlocked.Read(ref _bytesRead);

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    /// <exception cref="SalesforceException">Nothing arrived for the idle time-out, or the connection was cut: transient.</exception>
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        // The read itself is cancelled and awaited, never abandoned: it writes into a buffer that the caller gives back to a pool.
        using var stop = cancellationToken.UnsafeRegister(static idle => ((CancellationTokenSource)idle!).Cancel(), _idle);
        _idle.CancelAfter(idleTimeout);
        try
        {
            var count = await inner.ReadAsync(buffer, _idle.Token);
            Interlocked.Add(ref _bytesRead, count);
            counter.AddBytes(count);
            return count;
        }
        catch (OperationCanceledException stalled) when (!cancellationToken.IsCancellationRequested)
        {
            throw ErrorClassifier.Cut(subject, $"nothing arrived for {idleTimeout.TotalSeconds:0} seconds", stalled);
        }
        catch (Exception cut) when (cut is IOException or HttpRequestException)
        {
            throw ErrorClassifier.Cut(subject, "the connection was cut in mid-answer", cut);
        }
        finally
        {
            _idle.CancelAfter(Timeout.InfiniteTimeSpan);
        }
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException("Bodies are read asynchronously.");

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            inner.Dispose();
            _idle.Dispose();
        }

        base.Dispose(disposing);
    }
}

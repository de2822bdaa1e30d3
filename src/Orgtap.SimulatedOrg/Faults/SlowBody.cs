namespace Orgtap.SimulatedOrg.Faults;

/// <summary>A response body that trickles: so many bytes, then a second of the org's clock, then so many more.</summary>
internal sealed class SlowBody(Stream inner, int bytesPerSecond, TimeProvider time) : Stream
{
    private int _sentThisSecond;

    public override bool CanRead => false;
    public override bool CanSeek => false;
    public override bool CanWrite => true;
    public override long Length => throw new NotSupportedException();
    public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        while (buffer.Length > 0)
        {
            if (_sentThisSecond == bytesPerSecond)
            {
                // What was let through must not wait in a buffer of ours.
                await inner.FlushAsync(cancellationToken);
                await Task.Delay(TimeSpan.FromSeconds(1), time, cancellationToken);
                _sentThisSecond = 0;
            }
            var part = buffer[..Math.Min(buffer.Length, bytesPerSecond - _sentThisSecond)];
            await inner.WriteAsync(part, cancellationToken);
            _sentThisSecond += part.Length;
            buffer = buffer[part.Length..];
        }
    }

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override Task FlushAsync(CancellationToken cancellationToken) => inner.FlushAsync(cancellationToken);

    // Nothing here writes synchronously; compression flushes this way, with nothing left to send.
    public override void Flush() { }
    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();
    public override void SetLength(long value) => throw new NotSupportedException();
}

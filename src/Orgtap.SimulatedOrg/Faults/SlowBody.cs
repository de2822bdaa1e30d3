namespace Orgtap.SimulatedOrg.Faults;

/// <summary>A response body that trickles: so many bytes, then a second of the org's clock, then so many more.</summary>
internal sealed class SlowBody(Stream inner, int bytesPerSecond, TimeProvider time) : WrittenBody(inner)
{
    private int _sentThisSecond;

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        while (buffer.Length > 0)
        {
            if (_sentThisSecond == bytesPerSecond)
            {
                // What was let through must not wait in a buffer of ours.
                await Inner.FlushAsync(cancellationToken);
                await Task.Delay(TimeSpan.FromSeconds(1), time, cancellationToken);
                _sentThisSecond = 0;
            }
            var part = buffer[..Math.Min(buffer.Length, bytesPerSecond - _sentThisSecond)];
            await Inner.WriteAsync(part, cancellationToken);
            _sentThisSecond += part.Length;
            buffer = buffer[part.Length..];
        }
    }
}

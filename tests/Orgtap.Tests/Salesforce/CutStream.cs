namespace Orgtap.Tests.Salesforce;

/// <summary>A body that begins and breaks off, or stalls until it is cancelled.</summary>
public sealed class CutStream(byte[] first, bool stalls = false) : MemoryStream(first)
{
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (Position < Length) return await base.ReadAsync(buffer, cancellationToken);
        if (!stalls) throw new IOException("The connection was reset.");
        var forever = new TaskCompletionSource<int>();
        await using var stop = cancellationToken.Register(() => forever.TrySetCanceled(cancellationToken));
        return await forever.Task;
    }

    public override Task CopyToAsync(Stream destination, int bufferSize, CancellationToken cancellationToken) => throw new IOException("The connection was reset.");
}

using System.Net.Sockets;
using Microsoft.AspNetCore.Connections.Features;

namespace Orgtap.SimulatedOrg.Faults;

/// <summary>A response body that lets a number of bytes through and then stalls for good or cuts the connection.</summary>
internal sealed class FaultyBody(HttpContext context, Stream inner, long letThrough, bool stall) : WrittenBody(inner)
{
    private long _left = letThrough;

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var part = buffer[..(int)Math.Min(buffer.Length, _left)];
        await Inner.WriteAsync(part, cancellationToken);
        _left -= part.Length;
        if (part.Length < buffer.Length) await BreakAsync(cancellationToken);
    }

    /// <summary>Carries the fault out where the whole body was shorter than what is let through, or empty.</summary>
    public Task BreakAtEndAsync(CancellationToken cancellationToken) => BreakAsync(cancellationToken);

    private async Task BreakAsync(CancellationToken cancellationToken)
    {
        await Inner.FlushAsync(cancellationToken);
        // Aborting now would reset the connection and take bytes back that the client has not read yet: say goodbye first, and wait for its own.
        if (!stall) context.Features.Get<IConnectionSocketFeature>()?.Socket.Shutdown(SocketShutdown.Send);
        var gone = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using (context.RequestAborted.Register(gone.SetResult)) await gone.Task;
        context.Abort();
        throw new OperationCanceledException("The fault plan ended this answer.");
    }
}

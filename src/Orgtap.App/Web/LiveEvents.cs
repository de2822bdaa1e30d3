using System.Net.ServerSentEvents;
using System.Runtime.CompilerServices;

namespace Orgtap.App.Web;

/// <summary>Server-sent events that carry fragments of a page. The script puts each element of a patch in the place of the one with its id.</summary>
internal static class LiveEvents
{
    public const string Patch = "patch";

    /// <summary>Says that the server listens; carries nothing.</summary>
    private const string Open = "open";

    /// <summary>Nothing will change any more; the script stops listening.</summary>
    public const string End = "end";

    /// <param name="watch">Yields until it has nothing more to say or is cancelled: when the browser leaves, or the server stops.</param>
    public static IResult Of(HttpContext context, IHostApplicationLifetime host, Func<CancellationToken, IAsyncEnumerable<SseItem<string>>> watch)
    {
        // A proxy that buffers would make it anything but live.
        context.Response.Headers["X-Accel-Buffering"] = "no";
        return TypedResults.ServerSentEvents(UntilStopped(watch, context.RequestAborted, host.ApplicationStopping));
    }

    private static async IAsyncEnumerable<SseItem<string>> UntilStopped(
        Func<CancellationToken, IAsyncEnumerable<SseItem<string>>> watch, CancellationToken left, CancellationToken stopping, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        using var any = CancellationTokenSource.CreateLinkedTokenSource(left, stopping, cancellationToken);
        // Headers go out with the first event, and there may be nothing to tell for long.
        yield return new SseItem<string>("", Open);
        await using var items = watch(any.Token).GetAsyncEnumerator(any.Token);
        while (true)
        {
            try
            {
                if (!await items.MoveNextAsync()) break;
            }
            catch (OperationCanceledException) when (any.IsCancellationRequested)
            {
                yield break;
            }
            yield return items.Current;
        }
        yield return new SseItem<string>("", End);
    }
}

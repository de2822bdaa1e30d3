using Orgtap.Connections;
using Orgtap.Primitives;
using Orgtap.Salesforce;

namespace Orgtap.Syncs;

/// <summary>What ends a whole run early: somebody's wish, or a failure that every further call would meet too. Thread-safe; the first reason wins.</summary>
internal sealed class RunStop(TimeProvider time, CancellationToken wish) : IDisposable
{
    private readonly CancellationTokenSource _source = CancellationTokenSource.CreateLinkedTokenSource(wish);
    private Problem? _problem;
    private bool _superseded;

    public CancellationToken Token => _source.Token;

    /// <summary>Null while it goes on, and where somebody stopped it.</summary>
    public Problem? Problem => Volatile.Read(ref _problem);

    /// <summary>Another process has taken over: nothing of what this one finds is stored any more.</summary>
    public bool IsSuperseded => Volatile.Read(ref _superseded);

    public bool IsStopped => _source.IsCancellationRequested;

    /// <returns>Whether the failure concerns the connection and not just one table; the run then stops.</returns>
    public bool Concerns(OrgtapException failure)
    {
        if (!IsOfConnection(failure)) return false;
        Interlocked.CompareExchange(ref _problem, Connections.Problem.From(failure, time.GetUtcNow()), null);
        _source.Cancel();
        return true;
    }

    /// <summary>Somebody wants it to stop, and said so to another process.</summary>
    public void Ask() => _source.Cancel();

    /// <summary>Ends it because another process goes on with it.</summary>
    public void Supersede()
    {
        Volatile.Write(ref _superseded, true);
        _source.Cancel();
    }

    /// <summary>A helper met what every further call would meet too.</summary>
    public void Adopt(Problem problem)
    {
        Interlocked.CompareExchange(ref _problem, problem, null);
        _source.Cancel();
    }

    public void Dispose() => _source.Dispose();

    private static bool IsOfConnection(OrgtapException failure) => failure.Kind switch
    {
        FailureKind.QuotaExhausted or FailureKind.ReauthorizationRequired or FailureKind.StaleToken => true,
        // These refuse the user the API as such; other permissions are about one table.
        FailureKind.Permission => failure is SalesforceException { ErrorCode: "INVALID_SESSION_ID" or "API_DISABLED_FOR_ORG" or "API_CURRENTLY_DISABLED" or "API_ACCESS_DENIED" },
        _ => false,
    };
}

using Orgtap.Connections;
using Orgtap.Primitives;
using Orgtap.Salesforce;

namespace Orgtap.Syncs;

/// <summary>What ends a whole run early: somebody's wish, or a failure that every further call would meet too. Thread-safe; the first reason wins.</summary>
internal sealed class RunStop(TimeProvider time, CancellationToken wish) : IDisposable
{
    private readonly CancellationTokenSource _source = CancellationTokenSource.CreateLinkedTokenSource(wish);
    private Problem? _problem;

    public CancellationToken Token => _source.Token;

    /// <summary>Null while it goes on, and where somebody stopped it.</summary>
    public Problem? Problem => Volatile.Read(ref _problem);

    public bool IsStopped => _source.IsCancellationRequested;

    /// <returns>Whether the failure concerns the connection and not just one table; the run then stops.</returns>
    public bool Concerns(OrgtapException failure)
    {
        if (!IsOfConnection(failure)) return false;
        Interlocked.CompareExchange(ref _problem, Connections.Problem.From(failure, time.GetUtcNow()), null);
        _source.Cancel();
        return true;
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

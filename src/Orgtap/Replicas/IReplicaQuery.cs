namespace Orgtap.Replicas;

/// <summary>One SQL query against a replica, opened so that nothing can be written.</summary>
public interface IReplicaQuery : IAsyncDisposable
{
    IReadOnlyList<string> Columns { get; }

    /// <summary>After reading: there were more rows than the limit let through.</summary>
    bool IsTruncated { get; }

    /// <summary>The rows, once; values are null, long, double, bool, string or byte[]. Cancelling stops the database in the middle of its work.</summary>
    /// <exception cref="InvalidOperationException">The rows were read before.</exception>
    IAsyncEnumerable<object?[]> ReadAsync(CancellationToken cancellationToken);
}

using System.Collections.Concurrent;
using Orgtap.Primitives;

namespace Orgtap.Salesforce;

/// <summary>Opens clients for orgs. One per process: pipelines are kept per connection, so that all tables of a connection share its token and its sockets.</summary>
/// <param name="pipeline">Authorization → retry → metering → <see cref="Transport"/>; called once per connection.</param>
public sealed class OrgClients(Func<ConnectionId, HttpMessageHandler> pipeline, AddressPolicy addresses, TimeProvider time) : IDisposable
{
    private readonly ConcurrentDictionary<ConnectionId, Lazy<OrgPipeline>> _pipelines = new();

    /// <summary>How long a read of a body may wait for the next bytes.</summary>
    public TimeSpan ReadIdleTimeout { get; init; } = TimeSpan.FromSeconds(60);

    /// <param name="instanceUrl">The host pinned when access was granted.</param>
    /// <param name="counter">Gets every call and byte of this client.</param>
    public SalesforceClient Open(ConnectionId id, Uri instanceUrl, CallCounter counter)
    {
        var shared = PipelineOf(id);
        return new SalesforceClient(new OrgHttp(shared.Http, instanceUrl, addresses, counter, ReadIdleTimeout, shared.Clock), shared.Version);
    }

    /// <summary>The clock of the connection's org.</summary>
    public TimeProvider ClockOf(ConnectionId id) => PipelineOf(id).Clock;

    /// <summary>Lets go of a removed connection's pipeline.</summary>
    public void Close(ConnectionId id)
    {
        if (_pipelines.TryRemove(id, out var shared) && shared.IsValueCreated) shared.Value.Http.Dispose();
    }

    public void Dispose()
    {
        foreach (var id in _pipelines.Keys) Close(id);
    }

    private OrgPipeline PipelineOf(ConnectionId id) => _pipelines.GetOrAdd(id, key => new Lazy<OrgPipeline>(
        () => new OrgPipeline(new HttpMessageInvoker(pipeline(key)), new VersionMemory(time), new OrgClock(time)))).Value;

    private sealed record OrgPipeline(HttpMessageInvoker Http, VersionMemory Version, OrgClock Clock);
}

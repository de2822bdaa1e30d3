using System.Collections.Concurrent;
using Orgtap.App.Overviews;
using Orgtap.Connections;
using Orgtap.Primitives;

namespace Orgtap.App.Web.DataSources;

/// <summary>
/// What all open pages of Data sources look at together: the connections are gathered at most once a second, and each row is rendered once, however many browsers watch. With
/// very many connections it looks less often, so that looking takes a tenth of one core at most.
/// </summary>
public sealed class SourcesBoard(OverviewReader overviews, IServiceScopeFactory scopes, TimeProvider time) : IDisposable
{
    private const int ShareOfTime = 10;

    private readonly SemaphoreSlim _looking = new(1, 1);
    private SourcesLook? _last;
    private long _lookedAt;
    private TimeSpan _took;

    /// <summary>How often it is looked, at most.</summary>
    public static TimeSpan Shortest { get; } = TimeSpan.FromSeconds(1);

    /// <summary>The connections as they were a moment ago.</summary>
    internal async Task<SourcesLook> LookAsync(CancellationToken cancellationToken)
    {
        await _looking.WaitAsync(cancellationToken);
        try
        {
            var pause = _took * ShareOfTime > Shortest ? _took * ShareOfTime : Shortest;
            if (_last is not null && time.GetElapsedTime(_lookedAt) < pause) return _last;
            var began = time.GetTimestamp();
            var look = new SourcesLook(await overviews.ListAsync(cancellationToken), _last, scopes, time);
            _took = time.GetElapsedTime(began);
            _lookedAt = time.GetTimestamp();
            return _last = look;
        }
        finally
        {
            _looking.Release();
        }
    }

    public void Dispose() => _looking.Dispose();
}

/// <summary>The connections at one moment, with the cells of those that somebody watches.</summary>
internal sealed class SourcesLook(IReadOnlyList<ConnectionOverview> all, SourcesLook? before, IServiceScopeFactory scopes, TimeProvider time)
{
    private readonly ConcurrentDictionary<ConnectionId, Lazy<Task<string>>> _cells = new();
    private readonly ConcurrentDictionary<ConnectionId, string> _known = before?._rendered ?? new();
    private readonly ConcurrentDictionary<ConnectionId, string> _rendered = new();
    private readonly Dictionary<ConnectionId, ConnectionOverview> _byId = all.ToDictionary(overview => overview.Connection.Id);

    public IReadOnlyList<ConnectionOverview> All => all;

    /// <returns>The cells' markup, the same object while they say the same; null: the connection is gone.</returns>
    public Task<string>? CellsAsync(ConnectionId id) => _byId.TryGetValue(id, out var overview)
        ? _cells.GetOrAdd(id, _ => new Lazy<Task<string>>(() => RenderAsync(overview))).Value
        : null;

    private async Task<string> RenderAsync(ConnectionOverview overview)
    {
        await using var scope = scopes.CreateAsyncScope();
        var html = await scope.ServiceProvider.GetRequiredService<LiveFragments>().RenderAsync<SourceCells>(new SourceModel(overview, time));
        var kept = _known.TryGetValue(overview.Connection.Id, out var known) && known == html ? known : html;
        return _rendered[overview.Connection.Id] = kept;
    }
}

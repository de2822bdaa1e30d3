using Orgtap.SimulatedOrg.Data;
using Orgtap.SimulatedOrg.Hosting;
using Orgtap.SimulatedOrg.Soql;

namespace Orgtap.SimulatedOrg.Rest;

/// <summary>A query that has more rows than its first page. It keeps the API version of its first call.</summary>
internal sealed record QueryCursor(string Id, QueryRows Rows, string VersionPath, int BatchSize, DateTimeOffset Opened);

/// <summary>Open cursors: at most ten per user, for two days on the org's clock; the oldest gives way. Thread-safe.</summary>
internal sealed class QueryCursors(TimeProvider time)
{
    private const int PerUser = 10;
    private static readonly TimeSpan Life = TimeSpan.FromDays(2);
    private readonly Lock _gate = new();
    private readonly Dictionary<string, (QueryCursor Cursor, string UserId)> _open = [];
    private long _last;

    public QueryCursor Open(QueryRows rows, string userId, string versionPath, int batchSize)
    {
        lock (_gate)
        {
            var held = _open.Values.Where(other => other.UserId == userId).OrderBy(other => other.Cursor.Opened).ToArray();
            foreach (var oldest in held.Take(held.Length - PerUser + 1)) _open.Remove(oldest.Cursor.Id);
            var cursor = new QueryCursor(SalesforceId.Text("01g", ++_last), rows, versionPath, batchSize, time.GetUtcNow());
            _open.Add(cursor.Id, (cursor, userId));
            return cursor;
        }
    }

    /// <exception cref="RestException">Unknown, closed or too old.</exception>
    public QueryCursor Find(string id)
    {
        lock (_gate)
            return _open.TryGetValue(id, out var held) && time.GetUtcNow() - held.Cursor.Opened < Life
                ? held.Cursor : throw new RestException(400, "INVALID_QUERY_LOCATOR", "invalid query locator");
    }

    /// <summary>Closes every cursor, as an expired one is.</summary>
    public void CloseAll() { lock (_gate) _open.Clear(); }
}

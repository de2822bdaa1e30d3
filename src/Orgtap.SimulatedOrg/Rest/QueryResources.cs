using System.Buffers;
using System.Collections.Concurrent;
using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using Orgtap.SimulatedOrg.Faults;
using Orgtap.SimulatedOrg.Schema;
using Orgtap.SimulatedOrg.Soql;

namespace Orgtap.SimulatedOrg.Rest;

/// <summary><c>/query</c> and <c>/queryAll</c>; the further pages of both are served under <c>/query/</c>.</summary>
internal sealed partial class QueryResources(SoqlEngine soql, QueryCursors cursors, OrgSchema schema)
{
    private const int LargestBatch = 2_000;
    private const int SmallestBatch = 200;

    /// <summary>A page of wide rows ends early, as the server's do; the client must go by the locator and not by a count.</summary>
    private const long PageBytes = 8 << 20;

    private readonly ConcurrentBag<ArrayBufferWriter<byte>> _buffers = [];

    public IEnumerable<RestResource> Resources =>
    [
        new("query", "GET", "query", call => Query(call, includeDeleted: false, call.VersionPath)),
        new("tooling.query", "GET", "tooling/query", call => Query(call, includeDeleted: false, call.VersionPath + "/tooling")),
        new("queryMore", "GET", "tooling/query/{locator}", More),
        new("queryAll", "GET", "queryAll", call => Query(call, includeDeleted: true, call.VersionPath)),
        new("queryMore", "GET", "query/{locator}", More),
        new("queryMore", "GET", "queryAll/{locator}", More),
    ];

    private RestReply Query(RestCall call, bool includeDeleted, string path)
    {
        var text = call.Parameter("q") ?? throw new RestException(400, "MALFORMED_QUERY", "A query string has to be specified");
        var query = soql.Prepare(text, includeDeleted);
        if (call.Parameter("columns") is "true") return RestReply.Of(writer => new QueryColumns(schema).Write(writer, query));
        var rows = query.Run();
        if (query.IsCountOnly) return RestReply.Of(writer => WriteCount(writer, rows.Count));
        var batch = BatchSize(call.Headers("Sforce-Query-Options"));
        return RestReply.Of(writer => WritePage(writer, call, rows, 0, batch, path, () => cursors.Open(rows, call.Session.UserId, path, batch).Id));
    }

    private RestReply More(RestCall call)
    {
        var locator = call["locator"];
        var dash = locator.LastIndexOf('-');
        if (dash < 0 || !long.TryParse(locator.AsSpan(dash + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var from))
            throw new RestException(400, "INVALID_QUERY_LOCATOR", "invalid query locator");
        var cursor = cursors.Find(locator[..dash]);
        if (from > cursor.Rows.Count) throw new RestException(400, "INVALID_QUERY_LOCATOR", "invalid query locator");
        var batch = call.Headers("Sforce-Query-Options") is { } options ? BatchSize(options) : cursor.BatchSize;
        return RestReply.Of(writer => WritePage(writer, call, cursor.Rows, from, batch, cursor.VersionPath, () => cursor.Id));
    }

    private static void WriteCount(Utf8JsonWriter writer, long count)
    {
        writer.WriteStartObject();
        writer.WriteNumber("totalSize", count);
        writer.WriteBoolean("done", true);
        writer.WriteStartArray("records");
        writer.WriteEndArray();
        writer.WriteEndObject();
    }

    private void WritePage(Utf8JsonWriter writer, RestCall call, QueryRows rows, long from, int batch, string versionPath, Func<string> cursor)
    {
        // Where the page ends is known only once its records are written, and the server says it before them.
        var records = _buffers.TryTake(out var used) ? used : new ArrayBufferWriter<byte>(1 << 16);
        var next = WriteRecords(records, call, rows, from, Math.Min(from + batch, rows.Count), versionPath);
        writer.WriteStartObject();
        writer.WriteNumber("totalSize", rows.Count);
        writer.WriteBoolean("done", next >= rows.Count);
        if (next < rows.Count) writer.WriteString("nextRecordsUrl", string.Create(CultureInfo.InvariantCulture, $"{versionPath}/query/{cursor()}-{next}"));
        writer.WritePropertyName("records");
        writer.WriteRawValue(records.WrittenSpan, skipInputValidation: true);
        writer.WriteEndObject();
        records.ResetWrittenCount();
        _buffers.Add(records);
    }

    /// <returns>The row after the page's last one.</returns>
    private static long WriteRecords(IBufferWriter<byte> output, RestCall call, QueryRows rows, long from, long end, string versionPath)
    {
        var hidden = call.Faults.Find<FaultEffect.DropRows>()?.Rows ?? 0;
        using var writer = new Utf8JsonWriter(output, RestFrontDoor.JsonOptions);
        using var reader = rows.Read(from);
        writer.WriteStartArray();
        var next = from;
        for (; next < end && writer.BytesCommitted + writer.BytesPending < PageBytes && reader.Read(); next++)
            if (next < end - hidden) reader.WriteJson(writer, versionPath);
        writer.WriteEndArray();
        return next;
    }

    private static int BatchSize(string? options) =>
        options is not null && BatchSizeOption.Match(options) is { Success: true } match
        && int.TryParse(match.Groups[1].ValueSpan, NumberStyles.None, CultureInfo.InvariantCulture, out var asked)
            ? Math.Clamp(asked, SmallestBatch, LargestBatch) : LargestBatch;

    [GeneratedRegex(@"batchSize\s*=\s*(\d{1,9})", RegexOptions.IgnoreCase)]
    private static partial Regex BatchSizeOption { get; }
}

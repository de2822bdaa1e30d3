using System.Runtime.InteropServices;
using System.Text.Json;
using Orgtap.Salesforce;
using Orgtap.Salesforce.Query;
using Orgtap.Salesforce.Soql;

namespace Orgtap.Extraction;

/// <summary>The rows of one part of a table's fields, in order of Id, walked along beside the first part.</summary>
internal sealed class PartCursor(SalesforceClient client, SoqlQuery query, CancellationToken cancellationToken) : IAsyncDisposable
{
    private readonly IAsyncEnumerator<QueryPage> _pages = client.QueryAsync(query.ToString(), includeDeleted: true, cancellationToken).GetAsyncEnumerator(cancellationToken);
    private QueryPage? _page;
    private JsonElement.ArrayEnumerator _records;
    private bool _hasRecord;
    private bool _ended;

    /// <summary>The record that was found.</summary>
    public JsonElement Current => _records.Current;

    /// <summary>Bytes of all answers so far.</summary>
    public long Bytes { get; private set; }

    /// <summary>Moves to the row with the same Id as a record of the first part. Called in order of Ids.</summary>
    /// <returns>False: this part lacks it.</returns>
    public async ValueTask<bool> FindAsync(JsonElement record)
    {
        while (!_ended)
        {
            var order = _hasRecord ? Compare(Current, record) : -1;
            if (order == 0) return true;
            if (order > 0) return false;
            await MoveAsync();
        }
        return false;
    }

    public async ValueTask DisposeAsync()
    {
        _page?.Dispose();
        await _pages.DisposeAsync();
    }

    /// <summary>The Id without the three characters that only repeat its case: what Salesforce sorts by.</summary>
    internal static ReadOnlySpan<byte> IdOf(JsonElement record)
    {
        const int length = 15;
        var id = RawOf(record, "Id"u8);
        return id.Length < length + 2 ? [] : id.Slice(1, length);
    }

    /// <summary>A field's value as Salesforce spelled it. The first fields of a record are found first.</summary>
    internal static ReadOnlySpan<byte> RawOf(JsonElement record, ReadOnlySpan<byte> field)
    {
        foreach (var property in record.EnumerateObject())
            if (property.NameEquals(field)) return JsonMarshal.GetRawUtf8Value(property.Value);
        return [];
    }

    private static int Compare(JsonElement one, JsonElement other) => IdOf(one).SequenceCompareTo(IdOf(other));

    private async ValueTask MoveAsync()
    {
        _hasRecord = _page is not null && _records.MoveNext();
        if (_hasRecord) return;
        if (!await _pages.MoveNextAsync())
        {
            _ended = true;
            return;
        }
        _page?.Dispose();
        _page = _pages.Current;
        Bytes += _page.Bytes;
        _records = _page.Records.EnumerateArray();
    }
}

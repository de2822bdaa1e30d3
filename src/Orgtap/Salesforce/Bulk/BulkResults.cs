namespace Orgtap.Salesforce.Bulk;

/// <summary>One page of a Bulk job's result: CSV, whose first line names the columns on every page. Read once, then disposed.</summary>
public sealed class BulkResults : IAsyncDisposable
{
    private readonly HttpResponseMessage _response;
    private readonly MeasuredStream _body;

    internal BulkResults(HttpResponseMessage response, MeasuredStream body, long? numberOfRecords, string? nextLocator)
    {
        _response = response;
        _body = body;
        NumberOfRecords = numberOfRecords;
        NextLocator = nextLocator;
    }

    /// <summary>UTF-8, decompressed. A read that waits too long fails with a transient <see cref="SalesforceException"/>, as does a cut connection.</summary>
    public Stream Body => _body;

    /// <summary>Rows Salesforce says this page has; null where the org does not tell.</summary>
    public long? NumberOfRecords { get; }

    /// <summary>Where the next page begins; null: this is the last.</summary>
    public string? NextLocator { get; }

    /// <summary>Bytes read so far, after decompression.</summary>
    public long BytesRead => _body.BytesRead;

    public async ValueTask DisposeAsync()
    {
        await _body.DisposeAsync();
        _response.Dispose();
    }
}

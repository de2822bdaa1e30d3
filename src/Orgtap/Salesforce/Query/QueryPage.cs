using System.Text.Json;

namespace Orgtap.Salesforce.Query;

/// <summary>One page of a REST query. Owned by the reader, who disposes it.</summary>
/// <param name="TotalSize">Rows of the whole query, as Salesforce says.</param>
/// <param name="Done">No page follows.</param>
/// <param name="Bytes">Of the body, decompressed.</param>
public sealed record QueryPage(long TotalSize, bool Done, JsonDocument Body, long Bytes) : IDisposable
{
    /// <summary>The rows; empty for <c>COUNT()</c>.</summary>
    public JsonElement Records => Body.RootElement.GetProperty("records");

    public void Dispose() => Body.Dispose();
}

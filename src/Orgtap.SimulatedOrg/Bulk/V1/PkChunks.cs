using System.Globalization;
using System.Text.RegularExpressions;
using Orgtap.SimulatedOrg.Data;
using Orgtap.SimulatedOrg.Soql;

namespace Orgtap.SimulatedOrg.Bulk.V1;

/// <summary>
/// <c>Sforce-Enable-PKChunking</c>: a query is cut into spans of Ids, one batch each
/// (https://developer.salesforce.com/docs/atlas.en-us.api_asynch.meta/api_asynch/async_api_headers_enable_pk_chunking.htm).
/// </summary>
internal static partial class PkChunks
{
    private const int Usual = 100_000;
    private const int Most = 250_000;

    /// <summary>Reads <c>true</c>, <c>chunkSize=50000</c>, <c>true; chunkSize=50000; parent=Account</c>.</summary>
    /// <returns>Rows of a chunk; null where it is off.</returns>
    /// <exception cref="AsyncRefusal">The size is no number from 1 to 250,000.</exception>
    public static int? SizeOf(string? header)
    {
        if (string.IsNullOrWhiteSpace(header) || header.Trim().StartsWith("false", StringComparison.OrdinalIgnoreCase)) return null;
        if (ChunkSize.Match(header) is not { Success: true } match) return Usual;
        return int.TryParse(match.Groups[1].ValueSpan, NumberStyles.None, CultureInfo.InvariantCulture, out var size) && size is > 0 and <= Most
            ? size : throw new AsyncRefusal("InvalidJob", $"PK chunking: chunkSize must be from 1 to {Most}, not {match.Groups[1].Value}");
    }

    /// <summary>The query once for each span of Ids.</summary>
    public static IEnumerable<string> Of(string soql, ObjectRows rows, int size)
    {
        for (var from = 0L; from < Math.Max(1, rows.OrdinalCount); from += size)
        {
            var until = from + size < rows.OrdinalCount ? $" AND Id < '{SalesforceId.Text(rows.KeyPrefix, from + size)}'" : "";
            yield return With(soql, $"Id >= '{SalesforceId.Text(rows.KeyPrefix, from)}'{until}");
        }
    }

    /// <summary>The query with one more condition.</summary>
    internal static string With(string soql, string condition)
    {
        var depth = 0;
        foreach (var token in Tokenizer.Read(soql))
        {
            depth += token.Is("(") ? 1 : token.Is(")") ? -1 : 0;
            if (depth == 0 && token.Is("WHERE")) return $"{soql[..(token.At + 5)]} ({soql[(token.At + 5)..].Trim()}) AND {condition}";
        }
        return $"{soql.TrimEnd()} WHERE {condition}";
    }

    [GeneratedRegex(@"chunkSize\s*=\s*([^;\s]+)", RegexOptions.IgnoreCase)]
    private static partial Regex ChunkSize { get; }
}

using Orgtap.Primitives;
using Orgtap.Salesforce.Describe;
using Orgtap.Salesforce.Query;
using Orgtap.Salesforce.Soql;

namespace Orgtap.Salesforce;

/// <summary>
/// Counts rows of many objects. First the org's own statistics (one call for all of them), then <c>COUNT()</c> five to a call, then one by one, as far as
/// the org offers each.
/// </summary>
internal sealed class RecordCounts(SalesforceClient client, OrgHttp http)
{
    // A request line and its headers may hold 16,384 bytes.
    private const int MaximumNames = 12_000;

    // Beyond this, counting what the statistics leave out would cost more calls than it is worth to an estimate.
    private const int MaximumCountedOneByOne = 50;

    public async Task<IReadOnlyDictionary<string, long>> CountAsync(IReadOnlyList<string> sobjects, CancellationToken cancellationToken)
    {
        var counts = new Dictionary<string, long>(StringComparer.OrdinalIgnoreCase);
        var names = sobjects.Select(SoqlName.Check).Distinct(StringComparer.OrdinalIgnoreCase).ToList();
        if (names.Count == 0) return counts;
        var hasStatistics = await FromStatisticsAsync(names, counts, cancellationToken);
        var missing = names.Where(name => !counts.ContainsKey(name)).ToList();
        if (hasStatistics && missing.Count > MaximumCountedOneByOne) return counts;
        if (!await FiveAtATimeAsync(missing, counts, cancellationToken))
            foreach (var name in missing) await OneAsync(name, counts, cancellationToken);
        return counts;
    }

    private async Task<bool> FromStatisticsAsync(List<string> names, Dictionary<string, long> counts, CancellationToken cancellationToken)
    {
        var path = $"{(await client.VersionAsync(cancellationToken)).Path}/limits/recordCount?sObjects=";
        for (var from = 0; from < names.Count;)
        {
            var to = from;
            for (var length = 0; to < names.Count && (to == from || length + names[to].Length + 1 <= MaximumNames); to++) length += names[to].Length + 1;
            try
            {
                var (document, _) = await http.GetJsonAsync(path + string.Join(',', names[from..to]), "the number of rows", cancellationToken);
                using (document)
                    foreach (var item in document.RootElement.Items("sObjects"))
                        if (item.Text("name") is { } name && item.Long("count") is { } count) counts[name] = count;
            }
            catch (SalesforceException refused) when (IsNotOffered(refused))
            {
                return false;
            }

            from = to;
        }

        return true;
    }

    private async Task<bool> FiveAtATimeAsync(List<string> names, Dictionary<string, long> counts, CancellationToken cancellationToken)
    {
        foreach (var some in names.Chunk(CompositeCall.MaximumQueries))
        {
            try
            {
                var calls = some.Select((name, index) => CompositeCall.Query($"count{index}", SoqlQuery.Count().From(name), false)).ToList();
                foreach (var answer in await client.CompositeAsync(calls, cancellationToken))
                {
                    var index = calls.FindIndex(call => call.ReferenceId == answer.ReferenceId);
                    if (index >= 0 && answer.Failure is null && answer.Body.Long("totalSize") is { } count) counts[some[index]] = count;
                }
            }
            catch (SalesforceException refused) when (IsNotOffered(refused))
            {
                return false;
            }
        }

        return true;
    }

    private async Task OneAsync(string name, Dictionary<string, long> counts, CancellationToken cancellationToken)
    {
        if (counts.ContainsKey(name)) return;
        try
        {
            await foreach (var page in client.QueryAsync(SoqlQuery.Count().From(name).ToString(), false, cancellationToken))
                using (page) counts[name] = page.TotalSize;
        }
        catch (SalesforceException refused) when (IsNotOffered(refused))
        {
            // It stays absent: an object that cannot be counted may still be read.
        }
    }

    private static bool IsNotOffered(SalesforceException failure) =>
        failure is { StatusCode: not null, Kind: FailureKind.Unsupported or FailureKind.Permission or FailureKind.SchemaChanged or FailureKind.Defect };
}

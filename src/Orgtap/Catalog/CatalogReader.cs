using Orgtap.Connections;
using Orgtap.Primitives;
using Orgtap.Salesforce;
using Orgtap.Salesforce.Describe;
using Orgtap.Salesforce.Query;
using Orgtap.Storage;

namespace Orgtap.Catalog;

/// <summary>What an org has to offer, as far as the connected user may see it.</summary>
public sealed class CatalogReader(OrgClients clients, ControlStore store, TimeProvider time)
{
    /// <summary>A describe younger than this is not asked for again while somebody browses.</summary>
    private static readonly TimeSpan BrowsingAge = TimeSpan.FromMinutes(1);

    private readonly DescribeCache _cache = new(store, time);
    private readonly SchemaChangeStore _changes = new(store, time);

    /// <summary>Every table the user can see, those that cannot be selected included, by label.</summary>
    public Task<IReadOnlyList<CatalogObject>> ObjectsAsync(Connection connection, CallCounter counter, CancellationToken cancellationToken) => ObjectsAsync(connection, BrowsingAge, counter, cancellationToken);

    private async Task<IReadOnlyList<CatalogObject>> ObjectsAsync(Connection connection, TimeSpan maxAge, CallCounter counter, CancellationToken cancellationToken)
    {
        var client = Open(connection, counter);
        var version = await client.VersionAsync(cancellationToken);
        var body = await _cache.GetAsync(connection.Id, $"v{version}/sobjects", maxAge, since => client.GlobalDescribeAsync(since, cancellationToken), null, cancellationToken);
        return [.. GlobalDescribe.Parse(body).Objects.Select(ObjectOf).OrderBy(item => item.Label, StringComparer.OrdinalIgnoreCase).ThenBy(item => item.Name, StringComparer.Ordinal)];
    }

    /// <summary>One table with its fields.</summary>
    /// <exception cref="OrgtapException">SchemaChanged if the org has no such table, or does not show it to the user.</exception>
    public Task<CatalogObjectDetail> ObjectAsync(Connection connection, string sobject, CallCounter counter, CancellationToken cancellationToken) =>
        ObjectAsync(connection, sobject, BrowsingAge, counter, cancellationToken);

    /// <summary>One table as it was described last, however long ago; costs no call.</summary>
    /// <returns>Null: it never was.</returns>
    public async Task<CatalogObjectDetail?> KnownAsync(Connection connection, string sobject, CallCounter counter, CancellationToken cancellationToken) =>
        await _cache.FindAsync(connection.Id, Resource(await Open(connection, counter).VersionAsync(cancellationToken), sobject), cancellationToken) is { } cached ? DetailOf(ObjectDescribe.Parse(cached.Body)) : null;

    /// <param name="maxAge">A cached describe younger than this costs no call; zero asks whether it changed.</param>
    public async Task<CatalogObjectDetail> ObjectAsync(Connection connection, string sobject, TimeSpan maxAge, CallCounter counter, CancellationToken cancellationToken)
    {
        var client = Open(connection, counter);
        var version = await client.VersionAsync(cancellationToken);
        string body;
        var answered = false;
        try
        {
            body = await _cache.GetAsync(connection.Id, Resource(version, sobject), maxAge, async since =>
                {
                    var answer = await client.DescribeAsync(sobject, since, cancellationToken);
                    answered = true;
                    return answer;
                },
                Changes, cancellationToken);
        }
        catch (SalesforceException gone) when (gone.StatusCode == System.Net.HttpStatusCode.NotFound)
        {
            // Of a table that was never seen there is nothing to tell.
            if (await _cache.FindAsync(connection.Id, Resource(version, sobject), cancellationToken) is null) throw;
            if (!await _changes.IsGoneAsync(connection.Id, sobject, cancellationToken))
                await _changes.AddAsync(connection.Id, [new SchemaChange(sobject, null, SchemaChangeKind.TableGone, null, null)], cancellationToken);
            throw new OrgtapException(FailureKind.Permission, $"{sobject} is no longer there, or no longer visible to {connection.Username ?? "the connected user"}. Its rows stay as they are.",
                $"Ask the Salesforce admin to give the user access to {sobject} again, or take it out of the data sync.", gone.Detail, gone);
        }
        if (answered && await _changes.IsGoneAsync(connection.Id, sobject, cancellationToken))
            await _changes.AddAsync(connection.Id, [new SchemaChange(sobject, null, SchemaChangeKind.TableBack, null, null)], cancellationToken);
        return DetailOf(ObjectDescribe.Parse(body));
    }

    /// <summary>A table that somebody named.</summary>
    /// <exception cref="InvalidInputException">The connected user sees no table of this name.</exception>
    public async Task<CatalogObjectDetail> NamedAsync(Connection connection, string sobject, CallCounter counter, CancellationToken cancellationToken)
    {
        try
        {
            return await ObjectAsync(connection, sobject, counter, cancellationToken);
        }
        catch (SalesforceException unknown) when (unknown.StatusCode == System.Net.HttpStatusCode.NotFound)
        {
            throw new InvalidInputException($"{connection.Name} has no table {sobject} that {connection.Username ?? "the connected user"} can see.",
                $"`orgtap tables {connection.Name}` lists those that are there, by their API names.", unknown);
        }
    }

    /// <summary>Fetches the describes that are not cached or older than that, up to 25 in one counted call, so that <see cref="ObjectAsync(Connection, string, CallCounter, CancellationToken)"/> finds them.
    /// Does nothing where the org has no <c>/composite</c>; what cannot be described is left for the single question to explain.</summary>
    public async Task WarmAsync(Connection connection, IReadOnlyList<string> sobjects, TimeSpan maxAge, CallCounter counter, CancellationToken cancellationToken)
    {
        var client = Open(connection, counter);
        var version = await client.VersionAsync(cancellationToken);
        var fetched = await _cache.FetchedAsync(connection.Id, cancellationToken);
        var missing = sobjects.Where(sobject => !fetched.TryGetValue(Resource(version, sobject), out var at) || time.GetUtcNow() - at >= maxAge).ToList();
        // One describe costs the same either way, and alone it brings its Last-Modified along.
        if (missing.Count < 2) return;
        try
        {
            foreach (var chunk in missing.Chunk(CompositeCall.MaximumCalls))
            {
                var answers = await client.CompositeAsync([.. chunk.Select((sobject, index) => CompositeCall.Describe($"d{index}", sobject))], cancellationToken);
                foreach (var answer in answers)
                    if (answer.Failure is null && int.TryParse(answer.ReferenceId.AsSpan(1), out var index) && index < chunk.Length)
                        await ReplaceAsync(connection, version, chunk[index], answer.Body.GetRawText(), cancellationToken);
            }
        }
        catch (OrgtapException refusal) when (refusal.Kind == FailureKind.Unsupported)
        {
        }
    }

    /// <summary>Looks whether the org's list of tables, and these tables, have changed; what did is kept, and told as a change of the schema. What cannot be seen any more is told so and is no failure.</summary>
    /// <param name="maxAge">What was looked at since costs no call.</param>
    public async Task RefreshAsync(Connection connection, IReadOnlyList<string> sobjects, TimeSpan maxAge, CallCounter counter, CancellationToken cancellationToken)
    {
        await ObjectsAsync(connection, maxAge, counter, cancellationToken);
        await WarmAsync(connection, sobjects, maxAge, counter, cancellationToken);
        foreach (var sobject in sobjects)
        {
            try
            {
                await ObjectAsync(connection, sobject, maxAge, counter, cancellationToken);
            }
            catch (OrgtapException gone) when (gone.Kind is FailureKind.Permission or FailureKind.SchemaChanged)
            {
            }
        }
    }

    private async Task ReplaceAsync(Connection connection, ApiVersion version, string sobject, string body, CancellationToken cancellationToken)
    {
        if (await _changes.IsGoneAsync(connection.Id, sobject, cancellationToken))
            await _changes.AddAsync(connection.Id, [new SchemaChange(sobject, null, SchemaChangeKind.TableBack, null, null)], cancellationToken);
        var before = await _cache.FindAsync(connection.Id, Resource(version, sobject), cancellationToken);
        await _cache.KeepAsync(connection.Id, Resource(version, sobject), null, body, before?.Body, Changes, cancellationToken);
    }

    private static IReadOnlyList<SchemaChange> Changes(string before, string now) => SchemaChange.Between(ObjectDescribe.Parse(before), ObjectDescribe.Parse(now));

    /// <summary>Every table as it was described last, by API name in any case; what is kept, however old. Asks nobody.</summary>
    public async Task<IReadOnlyDictionary<string, ObjectDescribe>> KnownAsync(ConnectionId connection, CancellationToken cancellationToken)
    {
        var known = new Dictionary<string, ObjectDescribe>(StringComparer.OrdinalIgnoreCase);
        foreach (var cached in await _cache.ListAsync(connection, "v%/sobjects/%", cancellationToken))
            if (ObjectDescribe.Parse(cached.Body) is var describe) known[describe.Summary.Name] = describe;
        return known;
    }

    /// <summary>Labels of tables by API name, in any case, as they were seen last. Asks nobody.</summary>
    public async Task<IReadOnlyDictionary<string, string>> KnownLabelsAsync(ConnectionId connection, CancellationToken cancellationToken)
    {
        var labels = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        foreach (var cached in await _cache.ListAsync(connection, "v%/sobjects", cancellationToken))
            foreach (var item in GlobalDescribe.Parse(cached.Body).Objects) labels[item.Name] = item.Label;
        return labels;
    }

    /// <summary>What a describe means for a selection. Pure.</summary>
    public static CatalogObjectDetail DetailOf(ObjectDescribe describe)
    {
        var fields = FieldRules.FieldsOf(describe);
        var summary = ObjectOf(describe.Summary);
        if (summary.Selectable && !fields.Any(field => field is { Name: "Id", Column: not null }))
            summary = summary with { Selectable = false, Reason = "Its rows have no Id." };
        return new CatalogObjectDetail(summary, fields, FieldRules.StampOf(describe));
    }

    private static CatalogObject ObjectOf(ObjectSummary summary)
    {
        var reason = ObjectRules.Refusal(summary);
        return new CatalogObject(summary.Name, summary.Label, summary.Custom, reason is null, reason, summary.Replicateable);
    }

    private static string Resource(ApiVersion version, string sobject) => $"v{version}/sobjects/{sobject}";

    private SalesforceClient Open(Connection connection, CallCounter counter) => clients.Open(connection.Id, connection.InstanceUrl
        ?? throw new InvalidInputException($"{connection.Name} is not authorized yet.", "Authorize it first."), counter);
}

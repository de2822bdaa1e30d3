using Orgtap.Catalog;
using Orgtap.Connections;
using Orgtap.Primitives;
using Orgtap.Salesforce;
using Orgtap.Salesforce.Describe;
using Orgtap.Salesforce.Query;

namespace Orgtap.Reauthorization;

/// <summary>What of a selection a user sees.</summary>
/// <param name="Tables">How many tables are selected.</param>
public sealed record AccessFound(int Tables, IReadOnlyList<MissingAccess> Missing);

/// <summary>Compares what is selected with what a user sees, before or after a grant of that user is used.</summary>
public sealed class SelectionAccess(SelectionStore selections, CatalogReader catalog)
{
    /// <param name="client">Speaks as the user. Two counted calls, and one more for each 25 tables.</param>
    public async Task<AccessFound> LookAsync(Connection connection, SalesforceClient client, CancellationToken cancellationToken)
    {
        var selection = await selections.GetAsync(connection.Id, cancellationToken);
        if (selection.Count == 0) return new AccessFound(0, []);
        var known = await catalog.KnownAsync(connection.Id, cancellationToken);
        var offered = GlobalDescribe.Parse((await client.GlobalDescribeAsync(null, cancellationToken)).Body ?? "{}").Objects
            .Where(item => item.Queryable).ToDictionary(item => item.Name, StringComparer.OrdinalIgnoreCase);
        var seen = await DescribeAsync(client, [.. selection.Select(selected => selected.SObject).Where(offered.ContainsKey)], cancellationToken);
        var missing = new List<MissingAccess>();
        foreach (var selected in selection)
        {
            var before = known.GetValueOrDefault(selected.SObject);
            var label = before?.Summary.Label ?? offered.GetValueOrDefault(selected.SObject)?.Label ?? selected.SObject;
            if (!seen.TryGetValue(selected.SObject, out var now)) missing.Add(new MissingAccess(selected.SObject, label, []));
            else if (MissingFields(selected, before, now) is { Count: > 0 } fields) missing.Add(new MissingAccess(selected.SObject, label, fields));
        }
        return new AccessFound(selection.Count, missing);
    }

    /// <summary>Fields that are copied and no longer shown. Pure.</summary>
    /// <param name="before">The table as it was described last; null: never.</param>
    internal static IReadOnlyList<string> MissingFields(SelectedObject selected, ObjectDescribe? before, ObjectDescribe now)
    {
        var labels = before is null ? [] : CatalogReader.DetailOf(before).Fields.Where(field => field.Selectable).ToDictionary(field => field.Name, field => field.Label, StringComparer.OrdinalIgnoreCase);
        var shown = now.Fields.Select(field => field.Name).ToHashSet(StringComparer.OrdinalIgnoreCase);
        return [.. (selected.Fields ?? [.. labels.Keys]).Where(field => !shown.Contains(field)).Select(field => labels.TryGetValue(field, out var label) ? $"{label} ({field})" : field)];
    }

    private static async Task<Dictionary<string, ObjectDescribe>> DescribeAsync(SalesforceClient client, IReadOnlyList<string> sobjects, CancellationToken cancellationToken)
    {
        var found = new Dictionary<string, ObjectDescribe>(StringComparer.OrdinalIgnoreCase);
        foreach (var chunk in sobjects.Chunk(CompositeCall.MaximumCalls))
        {
            try
            {
                var answers = await client.CompositeAsync([.. chunk.Select((sobject, index) => CompositeCall.Describe($"d{index}", sobject))], cancellationToken);
                for (var index = 0; index < chunk.Length; index++)
                    if (answers.FirstOrDefault(answer => answer.ReferenceId == $"d{index}") is { Failure: null } answer) found[chunk[index]] = ObjectDescribe.Parse(answer.Body.GetRawText());
            }
            catch (OrgtapException refusal) when (refusal.Kind == FailureKind.Unsupported)
            {
                // The org has no composite resource: one at a time then.
                foreach (var sobject in chunk)
                    if (await OneAsync(client, sobject, cancellationToken) is { } describe) found[sobject] = describe;
            }
        }
        return found;
    }

    private static async Task<ObjectDescribe?> OneAsync(SalesforceClient client, string sobject, CancellationToken cancellationToken)
    {
        try
        {
            return (await client.DescribeAsync(sobject, null, cancellationToken)).Body is { } body ? ObjectDescribe.Parse(body) : null;
        }
        catch (SalesforceException hidden) when (hidden.Kind is FailureKind.Permission or FailureKind.SchemaChanged or FailureKind.Unsupported)
        {
            return null;
        }
    }
}

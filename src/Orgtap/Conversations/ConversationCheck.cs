using System.Text.Json;
using Orgtap.Catalog;
using Orgtap.Connections;
using Orgtap.Conversations.Importing;
using Orgtap.Conversations.Parsing;
using Orgtap.Primitives;
using Orgtap.Records;
using Orgtap.Replicas;
using Orgtap.Salesforce;
using Orgtap.Salesforce.Soql;

namespace Orgtap.Conversations;

/// <summary>How a channel looks before an import.</summary>
public enum CheckState
{
    /// <summary>It can be imported.</summary>
    Ready,

    /// <summary>There are rows, but not what was said.</summary>
    Hidden,

    /// <summary>There is nothing to import.</summary>
    Nothing,
}

/// <summary>What the connected user sees of one channel.</summary>
/// <param name="Count">Rows that stand for conversations; null: they could not be counted.</param>
/// <param name="Sentence">For people: what there is, or what is missing.</param>
/// <param name="NextStep">What a Salesforce admin does about it; null: nothing is to be done.</param>
/// <param name="Sample">The newest one, as it would be imported, masked; null: there is none.</param>
public sealed record ChannelCheck(Channel Channel, CheckState State, long? Count, string Sentence, string? NextStep, Conversation? Sample);

/// <summary>Looks, before anything is imported, at what the connected user can see: which channels, how many, and one of each (product F4). Stores nothing.</summary>
public sealed class ConversationCheck(CatalogReader catalog, OrgClients clients, ConversationStore store, TimeProvider time)
{
    private const int MostParts = 50;

    /// <exception cref="OrgtapException">The org cannot be asked at all.</exception>
    public async Task<IReadOnlyList<ChannelCheck>> RunAsync(Connection connection, CancellationToken cancellationToken)
    {
        var counter = new CallCounter(CallPurpose.Conversations);
        var visible = (await catalog.ObjectsAsync(connection, counter, cancellationToken)).Where(item => item.Selectable).Select(item => item.Name).ToHashSet(StringComparer.OrdinalIgnoreCase);
        var client = clients.Open(connection.Id, connection.InstanceUrl!, counter);
        var tables = SourceTables.All.SelectMany(source => source.Tables).Where(visible.Contains).Distinct(StringComparer.OrdinalIgnoreCase).ToList();
        await catalog.WarmAsync(connection, tables, TimeSpan.FromMinutes(1), counter, cancellationToken);
        var counts = tables.Count == 0 ? new Dictionary<string, long>() : await client.CountAsync(tables, cancellationToken);
        var checks = new List<ChannelCheck>();
        foreach (var source in SourceTables.All) checks.Add(await CheckAsync(connection, source, visible, counts, client, counter, cancellationToken));
        return checks;
    }

    private async Task<ChannelCheck> CheckAsync(
        Connection connection, SourceTables source, HashSet<string> visible, IReadOnlyDictionary<string, long> counts, SalesforceClient client, CallCounter counter, CancellationToken cancellationToken)
    {
        if (!visible.Contains(source.Root))
            return new ChannelCheck(source.Channel, CheckState.Nothing, null, $"{source.Root} is not there: the org does not use it, or the user may not see it.", $"If the org uses it: Setup › Permission Sets, Object Settings, {source.Root}: Read and View All.", null);
        var count = counts.TryGetValue(source.Root, out var rows) ? rows : (long?)null;
        if (count == 0) return new ChannelCheck(source.Channel, CheckState.Nothing, 0, $"{source.Root} is visible and has no rows.", null, null);
        try
        {
            var missing = await MissingAsync(connection, source, visible, counter, cancellationToken);
            var sample = await SampleAsync(connection, source, visible, client, counter, cancellationToken);
            var said = string.Join(", ", source.Parts.Where(part => counts.ContainsKey(part.Table)).Select(part => FormattableString.Invariant($"{counts[part.Table]:N0} {part.Table}")));
            if (sample.Hidden) return new ChannelCheck(source.Channel, CheckState.Hidden, count, FormattableString.Invariant($"{count:N0} {source.Root}, but not what was said."), sample.Step, sample.Conversation);
            return missing.Count > 0
                ? new ChannelCheck(source.Channel, CheckState.Hidden, count, FormattableString.Invariant($"{count:N0} {source.Root}, but not what was said: {string.Join(", ", missing)} cannot be seen."), $"Setup › Permission Sets: give the user read access to {string.Join(", ", missing)}.", sample.Conversation)
                : new ChannelCheck(source.Channel, CheckState.Ready, count, FormattableString.Invariant($"{count:N0} {source.Root}{(said.Length > 0 ? $", {said}" : "")}"), null, sample.Conversation);
        }
        catch (SalesforceException refused) when (refused.Kind is FailureKind.Permission or FailureKind.Unsupported or FailureKind.SchemaChanged)
        {
            return new ChannelCheck(source.Channel, CheckState.Hidden, count, refused.Message, refused.NextStep, null);
        }
    }

    /// <summary>Fields that hold what was said and are not visible.</summary>
    private async Task<IReadOnlyList<string>> MissingAsync(Connection connection, SourceTables source, HashSet<string> visible, CallCounter counter, CancellationToken cancellationToken)
    {
        var needed = source.Channel switch
        {
            Channel.Chat => [("LiveChatTranscript", "Body")],
            Channel.Case => [("EmailMessage", "TextBody"), ("CaseComment", "CommentBody")],
            _ => Array.Empty<(string, string)>(),
        };
        var missing = new List<string>();
        foreach (var (table, field) in needed)
        {
            if (!visible.Contains(table)) missing.Add(table);
            else if ((await catalog.ObjectAsync(connection, table, counter, cancellationToken)).Fields.All(known => known.Name != field || known.Column is null)) missing.Add($"{table}.{field}");
        }
        return missing;
    }

    private async Task<(Conversation? Conversation, bool Hidden, string? Step)> SampleAsync(Connection connection, SourceTables source, HashSet<string> visible, SalesforceClient client, CallCounter counter, CancellationToken cancellationToken)
    {
        var newest = source.Channel == Channel.Chat ? SoqlCondition.Is("Status", "Completed") : source.Channel == Channel.Messaging ? SoqlCondition.IsNotNull("EndTime") : null;
        if ((await RowsAsync(connection, source.Root, newest, 1, client, counter, cancellationToken)).FirstOrDefault() is not { } row) return (null, false, null);
        var parts = new Dictionary<string, List<SourceRow>>();
        foreach (var part in source.Parts.Where(part => visible.Contains(part.Table)))
            parts[part.Table] = await RowsAsync(connection, part.Table, SoqlCondition.Is(part.ParentField, row.Id), MostParts, client, counter, cancellationToken);
        var files = new FileNames();
        foreach (var file in source.Files.Where(file => visible.Contains(file.Table)))
        {
            List<string> carriers = file.Carrier == source.Root ? [row.Id] : [.. parts.GetValueOrDefault(file.Carrier)?.Select(carrier => carrier.Id) ?? []];
            if (carriers.Count > 0) files.Add(file, await RowsAsync(connection, file.Table, SoqlCondition.In(file.ParentField, carriers), MostParts, client, counter, cancellationToken));
        }
        var (names, masker) = (await NamesAsync(connection, parts.Values.SelectMany(rows => rows).Append(row).SelectMany(each => Names.References.Select(reference => each[reference])), visible, client, counter, cancellationToken), connection.Masking.Masker);
        switch (source.Channel)
        {
            case Channel.Chat: return (ChatMaker.Of(row, parts.GetValueOrDefault("LiveChatTranscriptEvent") ?? [], files, names, masker), false, null);
            case Channel.Case: return (CaseMaker.Of(row, parts, files, names, masker), false, null);
        }
        var own = parts.GetValueOrDefault("ConversationEntry") ?? [];
        if (row["ConversationId"] is not { } conversation || own.Any(entry => entry["Message"] is not null)) return (SessionMaker.Of(source.Channel, row, null, own, null, names, masker), false, null);
        const string step = "Setup › Permission Sets: give the user “Access Conversation Entries”.";
        if (!visible.Contains("Conversation")) return (SessionMaker.Of(source.Channel, row, null, own, null, names, masker), true, step);
        var identifier = (await RowsAsync(connection, "Conversation", SoqlCondition.Is("Id", conversation), 1, client, counter, cancellationToken)).FirstOrDefault()?["ConversationIdentifier"];
        var entries = identifier is null ? null : await new EntryReader(client, store, connection, 1_000, time).ReadAsync(identifier, cancellationToken);
        if (entries is not null) names = await NamesAsync(connection, entries.Select(entry => entry.SpeakerId).Append(row["OwnerId"]), visible, client, counter, cancellationToken);
        return entries is null ? (SessionMaker.Of(source.Channel, row, null, own, null, names, masker), true, step)
            : (SessionMaker.Of(source.Channel, row, SessionMaker.Divide(entries, [row])[row.Id], [], null, names, masker), false, null);
    }

    /// <summary>Names of the users that a sample speaks of.</summary>
    private async Task<Names> NamesAsync(Connection connection, IEnumerable<string?> ids, HashSet<string> visible, SalesforceClient client, CallCounter counter, CancellationToken cancellationToken)
    {
        var names = new Names(SourceRows.None);
        var users = ids.Where(id => id?.StartsWith("005", StringComparison.Ordinal) == true).Select(id => id!).Distinct(StringComparer.Ordinal).Take(MostParts).ToList();
        if (users.Count == 0 || !visible.Contains("User")) return names;
        foreach (var user in await RowsAsync(connection, "User", SoqlCondition.In("Id", users), MostParts, client, counter, cancellationToken)) names.Know(user.Id, user["Name"]);
        return names;
    }

    private async Task<List<SourceRow>> RowsAsync(Connection connection, string table, SoqlCondition? condition, int atMost, SalesforceClient client, CallCounter counter, CancellationToken cancellationToken)
    {
        var schema = (await catalog.ObjectAsync(connection, table, counter, cancellationToken)).SchemaOf(null, out _);
        var source = new SourceTable(table, table, [.. schema.Columns.Select(column => new RowColumn(column.Name, column.Name, ColumnType.Text, true))]);
        var query = SoqlQuery.Select(schema.Columns.Select(column => column.Name)).From(table).Where(condition).OrderBy("Id", descending: atMost == 1).Limit(atMost);
        var rows = new List<SourceRow>();
        await foreach (var page in client.QueryAsync(query.ToString(), false, cancellationToken))
            using (page)
                foreach (var record in page.Records.EnumerateArray()) rows.Add(new SourceRow(source, [.. source.Columns.Select(column => record.TryGetProperty(column.Name, out var value) ? TextOf(value) : null)]));
        return rows;
    }

    private static object? TextOf(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.String => value.GetString(),
        JsonValueKind.Number => value.GetRawText(),
        JsonValueKind.True => "true",
        JsonValueKind.False => "false",
        _ => null,
    };
}

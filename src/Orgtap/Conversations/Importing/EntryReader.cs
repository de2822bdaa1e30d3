using System.Text.Json;
using Orgtap.Connections;
using Orgtap.Conversations.Parsing;
using Orgtap.Primitives;
using Orgtap.Salesforce;
using Orgtap.Salesforce.Query;

namespace Orgtap.Conversations.Importing;

/// <summary>Reads the entries of conversations from the Connect API, each call taken from the hour's budget before it is made.</summary>
internal sealed class EntryReader(SalesforceClient client, ConversationStore store, Connection connection, int callsPerHour, TimeProvider time)
{
    private string? _last;
    private QuotaStopException? _stop;
    private IReadOnlyList<Entry>? _lastEntries;

    /// <summary>All entries of a conversation; null: Salesforce no longer has it, or does not show it.</summary>
    /// <exception cref="QuotaStopException">The hour's calls are used up; says when the next is free.</exception>
    public async Task<IReadOnlyList<Entry>?> ReadAsync(string identifier, CancellationToken cancellationToken)
    {
        // Sessions of one conversation come one after the other.
        if (identifier == _last) return _lastEntries;
        // Asked again within one import, the answer would be the same.
        if (_stop is not null) throw new QuotaStopException(_stop.Message, _stop.Until);
        try
        {
            var entries = await ReadAllAsync(identifier, cancellationToken);
            (_last, _lastEntries) = (identifier, entries);
            return entries;
        }
        catch (QuotaStopException stop)
        {
            _stop = stop;
            throw;
        }
    }

    private async Task<IReadOnlyList<Entry>?> ReadAllAsync(string identifier, CancellationToken cancellationToken)
    {
        var (all, unnamed) = (new Dictionary<string, Entry>(), new List<Entry>());
        for (var from = 0L; ;)
        {
            if (await store.TakeCallAsync(connection.OrgId!.Value, callsPerHour, cancellationToken) is { } free)
                throw new QuotaStopException($"The calls of this hour for conversation entries are used up ({callsPerHour} of the 1,000 that Salesforce allows).", free);
            var page = await client.Entries.FromAsync(identifier, from, time.GetUtcNow().AddHours(1), cancellationToken);
            if (page is null) return null;
            var (before, newest) = (all.Count, from);
            foreach (var item in page)
            {
                var entry = Entry.Parse(item);
                if (entry.Identifier.Length > 0) all[entry.Identifier] = entry;
                else if (from == 0) unnamed.Add(entry);
                if (entry.ReceivedAt is { } at) newest = Math.Max(newest, at.ToUnixTimeMilliseconds());
            }
            if (page.Count < ConversationEntries.MostPerCall) return [.. all.Values, .. unnamed];
            // A full page of one millisecond would be asked for for ever; the next one then begins behind it.
            from = newest > from || all.Count > before ? Math.Max(newest, from + (newest == from ? 1 : 0)) : newest + 1;
        }
    }
}

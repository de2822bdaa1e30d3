using System.Text;

namespace Orgtap.SimulatedOrg.Data.Conversations;

/// <summary>One entry of a conversation as the Connect API tells it.</summary>
/// <param name="Identifier">A UUID.</param>
/// <param name="Turn">What was said, when it reached the server, and by whom; text is empty for events and for what was redacted.</param>
/// <param name="SentAt">The clock of the sender, which may differ.</param>
/// <param name="SubjectId">Who spoke: an Id or a bot's name.</param>
/// <param name="RecordId">The MessagingSession or VoiceCall it belongs to.</param>
public sealed record ConversationEntry(string Identifier, Turn Turn, DateTimeOffset SentAt, string SubjectId, string? RecordId);

/// <summary>What was said in the org's conversations: worked out from the seed, then continued, redacted or purged. Thread-safe.</summary>
public sealed class ConversationLog
{
    private readonly OrgStore _store;
    private readonly Lock _gate = new();
    private readonly Dictionary<long, List<ConversationEntry>> _added = [];
    private readonly Dictionary<string, string> _rewritten = [];
    private readonly HashSet<long> _purged = [];
    private ulong _last;

    internal ConversationLog(OrgStore store) => _store = store;

    /// <summary>All entries in the order the server received them.</summary>
    /// <returns>Null where there is no such conversation, nobody may see it, or it was purged.</returns>
    public IReadOnlyList<ConversationEntry>? Entries(string identifier)
    {
        if (Find(identifier) is not { } conversation) return null;
        lock (_gate)
        {
            if (_purged.Contains(conversation)) return null;
            var all = Base(conversation).Concat(_added.GetValueOrDefault(conversation) ?? []);
            return [.. all.Select(entry => _rewritten.TryGetValue(entry.Identifier, out var text) ? entry with { Turn = entry.Turn with { Text = text } } : entry).OrderBy(entry => entry.Turn.At)];
        }
    }

    /// <summary>Somebody says more; the session's stamps move.</summary>
    /// <param name="recordId">The MessagingSession or VoiceCall it belongs to.</param>
    /// <returns>The entry's identifier.</returns>
    /// <exception cref="KeyNotFoundException">There is no such conversation or session.</exception>
    public string Append(string identifier, string recordId, Turn turn)
    {
        var conversation = Find(identifier) ?? throw new KeyNotFoundException($"no conversation {identifier}");
        var rows = _store.RowsOfId(Encoding.ASCII.GetBytes(recordId)) ?? throw new KeyNotFoundException($"no record {recordId}");
        string entry;
        lock (_gate)
        {
            entry = ConversationIdentifier.Uuid(Hash.Mix((ulong)conversation), Hash.Mix(++_last));
            if (!_added.TryGetValue(conversation, out var added)) _added[conversation] = added = [];
            added.Add(new ConversationEntry(entry, turn, turn.At, turn.Role == SpeakerRole.Agent ? _store.FirstUserId : turn.Speaker, recordId));
        }
        _store.Update(rows.Name, recordId, new Dictionary<string, object?>());
        return entry;
    }

    /// <summary>The entry stays and gets another text, as when it is redacted: with part of it blotted out, or with none.</summary>
    /// <exception cref="KeyNotFoundException">There is no such entry.</exception>
    public void Rewrite(string identifier, string entry, string text)
    {
        if (Entries(identifier) is not { } entries || entries.All(other => other.Identifier != entry)) throw new KeyNotFoundException($"no entry {entry} in conversation {identifier}");
        lock (_gate) _rewritten[entry] = text;
    }

    /// <summary>The text is gone for good; the rows that point at it stay.</summary>
    /// <exception cref="KeyNotFoundException">There is no such conversation.</exception>
    public void Purge(string identifier)
    {
        var conversation = Find(identifier) ?? throw new KeyNotFoundException($"no conversation {identifier}");
        lock (_gate) _purged.Add(conversation);
    }

    /// <summary>What was said in a LiveChatTranscript before it became a body.</summary>
    /// <returns>Null where there is no such row, or its body was written by somebody.</returns>
    public IReadOnlyList<Turn>? Chat(string transcriptId)
    {
        var rows = _store.Rows("LiveChatTranscript");
        if (rows.Find(Encoding.ASCII.GetBytes(transcriptId)) is not { } ordinal || ordinal >= rows.BaseCount) return null;
        var row = rows.Row(ordinal);
        return row.Overlay?.Values.ContainsKey("Body") == true ? null : _store.Stories.Chats.Script(row).Turns;
    }

    /// <summary>What a base EmailMessage says that the mails before it did not.</summary>
    public string? Mail(string id)
    {
        var rows = _store.Rows("EmailMessage");
        return rows.Find(Encoding.ASCII.GetBytes(id)) is { } ordinal && ordinal < rows.BaseCount ? _store.Stories.Cases.Script(rows.Row(ordinal)).New : null;
    }

    private long? Find(string identifier)
    {
        var rows = _store.Rows("Conversation");
        return ConversationIdentifier.OrdinalOf(_store.ChanceSeed, identifier) is { } ordinal && ordinal < rows.OrdinalCount
            && ObjectRows.IsVisible(rows.Row(ordinal), includeDeleted: false) ? ordinal : null;
    }

    private IEnumerable<ConversationEntry> Base(long conversation)
    {
        foreach (var (rows, ordinal, script) in _store.Stories.Messaging.Scripts(conversation))
        {
            var record = SalesforceId.Text(rows.KeyPrefix, ordinal);
            var hash = rows.Row(ordinal).Hash;
            for (var i = 0; i < script.Turns.Count; i++)
            {
                var turn = script.IsRedacted(i) ? script.Turns[i] with { Text = "" } : script.Turns[i];
                var chance = Hash.Mix(hash + (ulong)i);
                // Phones send late and their clocks are wrong by up to a few seconds.
                yield return new ConversationEntry(ConversationIdentifier.Uuid(chance, Hash.Mix(chance)), turn, turn.At.AddMilliseconds(-Hash.Pick(chance, 2_500)), Subject(turn, script), record);
            }
        }
    }

    private static string Subject(Turn turn, SessionScript script) => turn.Role switch
    {
        SpeakerRole.Agent => (turn.Speaker == script.Owner ? script.OwnerId : script.ColleagueId) ?? turn.Speaker,
        _ => turn.Speaker,
    };
}

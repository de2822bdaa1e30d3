using System.Collections.Frozen;
using Orgtap.Masking;

namespace Orgtap.Conversations.Importing;

/// <summary>Gathers the turns of one conversation, whatever their source, and gives the finished shape: ordered, numbered, masked.</summary>
internal sealed class ConversationMaker(TextMasker? masker)
{
    private readonly List<ConversationTurn> _turns = [];
    private readonly Dictionary<(string, ParticipantRole), Participant> _participants = [];
    private readonly List<SourceRecord> _sources = [];

    public static readonly FrozenSet<string> Placed = new[]
    {
        "Id", "Body", "SupervisorTranscriptBody", "Status", "RequestTime", "StartTime", "EndTime", "EndedBy", "WaitTime", "CaseId", "ContactId", "AccountId", "LeadId", "OwnerId", "IsDeleted", "SystemModstamp", "Subject", "Description",
        "CaseNumber", "ConversationId",
        // They move when somebody touches or looks at the row, and say nothing of what was said.
        "LastModifiedDate", "LastModifiedById", "LastViewedDate", "LastReferencedDate",
    }.ToFrozenSet(StringComparer.OrdinalIgnoreCase);

    public int TurnCount => _turns.Count;

    public void Source(string table, string id) => _sources.Add(new SourceRecord(table, id));

    public void Participate(string? name, ParticipantRole role, string? id = null, string? address = null)
    {
        if (string.IsNullOrEmpty(name)) return;
        var known = _participants.GetValueOrDefault((name, role));
        _participants[(name, role)] = new Participant(name, role, known?.Id ?? id, known?.Address ?? address);
    }

    /// <summary>Adds a turn; its number comes later.</summary>
    public void Add(ConversationTurn turn, string? speakerId = null, string? address = null)
    {
        _turns.Add(turn);
        if (turn.Role is not ParticipantRole.System) Participate(turn.Speaker, turn.Role, speakerId, address);
    }

    /// <param name="conversation">Of the shape, without participants, turns and sources.</param>
    public Conversation Finish(Conversation conversation)
    {
        // Turns without a time stay behind the one they followed.
        var (ordered, last) = (new List<(DateTimeOffset At, int Place, ConversationTurn Turn)>(_turns.Count), DateTimeOffset.MinValue);
        for (var i = 0; i < _turns.Count; i++)
        {
            if (_turns[i].At is { } at) last = at;
            ordered.Add((last, i, _turns[i]));
        }
        var turns = ordered.OrderBy(item => item.At).ThenBy(item => item.Turn.Kind == TurnKind.Event ? 0 : 1).ThenBy(item => item.Place).Select((item, at) => item.Turn with { Number = at + 1 }).ToList();
        return Mask(conversation with
        {
            Turns = turns,
            Participants = [.. _participants.Values.OrderBy(participant => participant.Role)],
            Sources = _sources,
            NotUnderstood = turns.Count(turn => turn.Kind == TurnKind.Raw),
        });
    }

    private Conversation Mask(Conversation its)
    {
        if (masker is null) return its;
        var masked = its with
        {
            Origin = Text(its.Origin), Subject = Text(its.Subject), ContactName = Text(its.ContactName), AccountName = Text(its.AccountName), OwnerName = Text(its.OwnerName), Queue = Text(its.Queue),
            Participants = [.. its.Participants.Select(each => each with { Name = Text(each.Name)!, Address = Text(each.Address) })],
            Turns = [.. its.Turns.Select(turn => turn with
            {
                Speaker = Text(turn.Speaker), Text = Text(turn.Text)!, Quoted = Text(turn.Quoted), Subject = Text(turn.Subject), Attachments = turn.Attachments.Count == 0 ? turn.Attachments : [.. turn.Attachments.Select(name => Text(name)!)],
            })],
            Metadata = its.Metadata.ToDictionary(pair => pair.Key, pair => IsText(pair.Value) ? Text(pair.Value)! : pair.Value),
        };
        return masked with { Masked = CountOf(masked) };
    }

    /// <summary>What stands masked in the texts, wherever it was masked: on its way into the replica or here.</summary>
    private Dictionary<string, int> CountOf(Conversation its)
    {
        var counts = new Dictionary<string, int>();
        foreach (var key in masker!.Keys)
        {
            // A pattern's key goes on behind its name.
            var rule = key.Split(':', 2)[0];
            var mark = $"[{rule}]";
            var count = its.Turns.Sum(turn => Occurrences(turn.Text, mark) + Occurrences(turn.Quoted, mark));
            if (count > 0) counts[rule] = count;
        }
        return counts;
    }

    private static int Occurrences(string? text, string mark)
    {
        var count = 0;
        for (var at = text?.IndexOf(mark, StringComparison.Ordinal) ?? -1; at >= 0; at = text!.IndexOf(mark, at + mark.Length, StringComparison.Ordinal)) count++;
        return count;
    }

    // Times and Ids are no texts; a number of nine digits may be one.
    private static bool IsText(string value) => Times.Parse(value) is null || !value.EndsWith('Z');

    private string? Text(string? text) => text is null ? null : masker!.Mask(text).Text;
}

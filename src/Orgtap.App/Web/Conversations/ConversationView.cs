using System.Globalization;
using Orgtap.Conversations;
using Orgtap.Conversations.Importing;

namespace Orgtap.App.Web.Conversations;

/// <summary>What conversations are looked at, as the page's address says it.</summary>
/// <param name="From">Dates in the server's zone, both included.</param>
public sealed record ConversationView(string? Text, Channel? Channel, string? Agent, string? Status, DateOnly? From, DateOnly? Until, ConversationMark? After)
{
    public const int PerPage = 50;

    public bool IsNarrowed => Text is not null || Channel is not null || Agent is not null || Status is not null || From is not null || Until is not null;

    public static ConversationView Of(IQueryCollection query) => new(
        Word(query["q"]), Enum.TryParse<Channel>(query["channel"], out var channel) && Enum.IsDefined(channel) ? channel : null, Word(query["agent"]), Word(query["status"]), Day(query["from"]), Day(query["until"]), ConversationMark.Parse(query["after"]));

    public ConversationQuestion Question(TimeProvider time) => new(Text, Channel, At(From, time), At(Until?.AddDays(1), time), Agent, Status, After, PerPage);

    /// <summary>The address of the list, or of one conversation beside it.</summary>
    public string Address(string connection, string? id = null, ConversationMark? after = null)
    {
        var parts = new List<string>();
        foreach (var (name, value) in (IReadOnlyList<(string, string?)>)[("q", Text), ("channel", Channel?.ToString()), ("agent", Agent), ("status", Status), ("from", Iso(From)), ("until", Iso(Until)), ("after", (after ?? (id is null ? null : After))?.ToString())])
            if (value is not null) parts.Add($"{name}={Uri.EscapeDataString(value)}");
        return $"/connections/{connection}/conversations{(id is null ? "" : "/" + id)}{(parts.Count == 0 ? "" : "?" + string.Join('&', parts))}";
    }

    public static string? Iso(DateOnly? day) => day?.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);

    private static string? Word(string? text) => string.IsNullOrWhiteSpace(text) ? null : text.Trim();

    private static DateOnly? Day(string? text) => DateOnly.TryParseExact(text, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var day) ? day : null;

    private static DateTimeOffset? At(DateOnly? day, TimeProvider time)
    {
        if (day is not { } known) return null;
        var local = known.ToDateTime(TimeOnly.MinValue);
        return new DateTimeOffset(local, time.LocalTimeZone.GetUtcOffset(local));
    }
}

/// <summary>A piece of a turn's text.</summary>
public enum PieceKind
{
    Plain,

    /// <summary>A word that was searched for.</summary>
    Found,

    /// <summary>Stands where something was masked.</summary>
    Masked,
}

/// <summary>Cuts texts into pieces: what was searched for, and what was masked. Pure.</summary>
public static class TextPieces
{
    public static IEnumerable<(string Text, PieceKind Kind)> Of(string text, string? search, IEnumerable<string> masks)
    {
        var marks = masks.Select(mask => (Word: $"[{mask}]", Kind: PieceKind.Masked)).Concat((search ?? "").Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries).Select(word => (Word: word.Trim('"'), Kind: PieceKind.Found)))
            .Where(mark => mark.Word.Length > 0).ToList();
        var from = 0;
        while (from < text.Length)
        {
            var (at, length, kind) = (-1, 0, PieceKind.Plain);
            foreach (var (word, of) in marks)
            {
                var found = text.IndexOf(word, from, of == PieceKind.Masked ? StringComparison.Ordinal : StringComparison.OrdinalIgnoreCase);
                if (found >= 0 && (at < 0 || found < at || (found == at && word.Length > length))) (at, length, kind) = (found, word.Length, of);
            }
            if (at < 0) break;
            if (at > from) yield return (text[from..at], PieceKind.Plain);
            yield return (text.Substring(at, length), kind);
            from = at + length;
        }
        if (from < text.Length) yield return (text[from..], PieceKind.Plain);
    }
}

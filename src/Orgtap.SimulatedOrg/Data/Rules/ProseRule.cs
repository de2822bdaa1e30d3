using Orgtap.SimulatedOrg.Schema;

namespace Orgtap.SimulatedOrg.Data.Rules;

/// <summary>What a text field may hold beyond words.</summary>
internal enum ProseKind
{
    /// <summary>One line.</summary>
    Line,
    /// <summary>Lines, and very rarely a cell as long as the field allows.</summary>
    Long,
    /// <summary>As <see cref="Long"/>, and one cell in 500 holds a NUL.</summary>
    WithNul,
    /// <summary>HTML paragraphs, and very rarely a cell as long as the field allows.</summary>
    Html,
}

/// <summary>
/// Words with nasty pieces at known rates: 1 cell in 16 holds a nasty piece, 1 in 64 begins with a space, 1 in 64 ends with one,
/// in long texts 1 in 16 has LF and 1 in 32 CRLF, and 1 in 20,000 is as long as the field allows (up to 131,072).
/// </summary>
internal sealed class ProseRule(FieldType field, int nullPercent, ProseKind kind) : ValueRule
{
    private const int LongestEvery = 20_000;
    private readonly ulong _salt = Hash.Of(field.Name);
    private readonly ulong _nullBelow = (ulong)nullPercent * (ulong.MaxValue / 100);
    private readonly int _limit = field.Length == 0 ? 255 : field.Length;

    public override Cell Value(scoped in RowRef row, Scratch scratch)
    {
        var hash = Hash.Mix(row.Hash ^ _salt);
        if (hash < _nullBelow) return Cell.Null;
        hash = Hash.Mix(hash);
        if (kind != ProseKind.Line && hash % LongestEvery == 0) return Longest(hash, scratch);
        var room = scratch.Take(Math.Min(_limit, 1024));
        var text = new TextBuilder(room);
        Build(ref text, hash);
        scratch.Return(room.Length - text.Length);
        return Cell.OfText(text.Written);
    }

    private void Build(ref TextBuilder text, ulong hash)
    {
        var style = (int)(hash & 0x3FF);
        if (kind == ProseKind.Html) text.Add("<p>"u8);
        if ((style & 0x3F) == 1) text.Add(" "u8);
        var nasty = (style & 0xF) == 2 ? (int)((hash >> 10) & 3) : -1;
        var words = kind == ProseKind.Line ? 2 + (int)((hash >> 12) & 3) : 6 + (int)((hash >> 12) & 15);
        var newLine = kind == ProseKind.Line ? 0 : (style >> 4) & 0x1F;
        var chance = Hash.Mix(hash);
        for (var i = 0; i < words; i++)
        {
            if (i == nasty) text.Add(Vocabulary.Nasty, Hash.Mix(chance));
            else if (i != 2 && i + 1 < words) text.Add(Vocabulary.SpacedWords, chance);
            else text.Add(Vocabulary.Words, chance);
            if (i + 1 < words && (i == 2 || i == nasty)) text.Add(i == 2 ? Separator(newLine) : " "u8);
            chance = (chance * 6364136223846793005UL) + 1442695040888963407UL;
        }
        if (kind == ProseKind.WithNul && hash % 500 == 3) text.Add("\0end"u8);
        if ((style & 0x3F) == 5) text.Add(" "u8);
        if (kind == ProseKind.Html) text.Add("</p><br>\n<a href=\"https://x.example/?a=1&amp;b=2\">it&#39;s here</a>"u8);
    }

    private ReadOnlySpan<byte> Separator(int newLine) => (kind, newLine) switch
    {
        (ProseKind.Html, < 4) => "</p>\n<p>"u8,
        (_, 1 or 2) => "\n"u8,
        (_, 3) => "\r\n"u8,
        (_, 4) => ", "u8,
        (_, 5) => "\t"u8,
        _ => " "u8,
    };

    /// <summary>ASCII only, so that bytes, characters and the field's length are the same number.</summary>
    private Cell Longest(ulong hash, Scratch scratch)
    {
        var room = scratch.Take(_limit);
        for (var at = 0; at < room.Length;)
        {
            var word = Vocabulary.Words[Hash.Pick(hash, Vocabulary.Words.Length)];
            var taken = Math.Min(word.Length, room.Length - at);
            word.AsSpan(0, taken).CopyTo(room[at..]);
            at += taken;
            if (at < room.Length) room[at++] = (byte)((hash & 15) == 0 ? '\n' : ' ');
            hash = (hash * 6364136223846793005UL) + 1442695040888963407UL;
        }
        room[^1] = (byte)'.';
        return Cell.OfText(room);
    }
}

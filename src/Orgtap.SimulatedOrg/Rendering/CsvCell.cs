using System.Buffers.Text;
using Orgtap.SimulatedOrg.Data;

namespace Orgtap.SimulatedOrg.Rendering;

/// <summary>Writes values as Bulk API 2.0 CSV does: quoted, null as nothing, instants with Z.</summary>
internal static class CsvCell
{
    /// <summary>Most bytes a value without text can take.</summary>
    private const int Widest = 64;

    /// <param name="quoteAll">False leaves the quotes away where a reader does not need them.</param>
    /// <param name="shortIds">Ids without their check characters.</param>
    /// <param name="isInteger">The field's type is int or long.</param>
    public static void Write(LineBuffer output, Cell cell, byte delimiter, bool quoteAll, bool shortIds, bool isInteger)
    {
        switch (cell.Kind)
        {
            case CellKind.Text:
                WriteText(output, cell.Text, delimiter, quoteAll);
                return;
            case CellKind.Id:
                WritePlain(output, shortIds ? cell.Text[..15] : cell.Text, quoteAll);
                return;
            case CellKind.Null or CellKind.Compound or CellKind.Blob:
                WritePlain(output, default, quoteAll);
                return;
        }
        var span = output.GetSpan(Widest);
        var at = 0;
        if (quoteAll) span[at++] = (byte)'"';
        at += Value(cell, span[at..], isInteger);
        if (quoteAll) span[at++] = (byte)'"';
        output.Advance(at);
    }

    private static int Value(Cell cell, Span<byte> span, bool isInteger)
    {
        switch (cell.Kind)
        {
            case CellKind.Boolean:
                var word = cell.Bits != 0 ? "true"u8 : "false"u8;
                word.CopyTo(span);
                return word.Length;
            case CellKind.Date: return Instants.WriteDate(span, cell.Bits);
            case CellKind.DateTime: return Instants.WriteDateTime(span, cell.Bits, "Z"u8);
            case CellKind.Time: return Instants.WriteTime(span, cell.Bits, "Z"u8);
            default: return Numbers.Write(span, cell.Bits, cell.Scale, isInteger);
        }
    }

    private static void WritePlain(LineBuffer output, ReadOnlySpan<byte> text, bool quoteAll)
    {
        var span = output.GetSpan(text.Length + 2);
        var at = 0;
        if (quoteAll) span[at++] = (byte)'"';
        text.CopyTo(span[at..]);
        at += text.Length;
        if (quoteAll) span[at++] = (byte)'"';
        output.Advance(at);
    }

    private static void WriteText(LineBuffer output, ReadOnlySpan<byte> text, byte delimiter, bool quoteAll)
    {
        if (!quoteAll && text.IndexOfAny((byte)'"', (byte)'\n', (byte)'\r') < 0 && text.IndexOf(delimiter) < 0)
        {
            WritePlain(output, text, quoteAll: false);
            return;
        }
        var quote = text.IndexOf((byte)'"');
        if (quote < 0)
        {
            WritePlain(output, text, quoteAll: true);
            return;
        }
        var span = output.GetSpan((text.Length * 2) + 2);
        var at = 0;
        span[at++] = (byte)'"';
        while (quote >= 0)
        {
            text[..(quote + 1)].CopyTo(span[at..]);
            at += quote + 1;
            span[at++] = (byte)'"';
            text = text[(quote + 1)..];
            quote = text.IndexOf((byte)'"');
        }
        text.CopyTo(span[at..]);
        at += text.Length;
        span[at++] = (byte)'"';
        output.Advance(at);
    }
}

/// <summary>Numbers as Salesforce writes them.</summary>
internal static class Numbers
{
    /// <summary>
    /// Whole numbers of int fields plain (a scale of 1 asks for <c>0.0</c>); others with at least one decimal and no zeros behind it;
    /// a negative scale with an exponent, as very large doubles come.
    /// </summary>
    public static int Write(Span<byte> span, long unscaled, int scale, bool isInteger)
    {
        Span<byte> digits = stackalloc byte[24];
        Utf8Formatter.TryFormat(Math.Abs(unscaled), digits, out var length);
        var at = 0;
        if (unscaled < 0) span[at++] = (byte)'-';
        if (scale < 0)
        {
            while (length > 1 && digits[length - 1] == '0') { length--; scale--; }
            return at + Exponent(span[at..], digits[..length], length - 1 - scale);
        }
        while (scale > 1 && length > 0 && digits[length - 1] == '0') { length--; scale--; }
        var whole = length - scale;
        if (whole <= 0)
        {
            span[at++] = (byte)'0';
        }
        else
        {
            digits[..whole].CopyTo(span[at..]);
            at += whole;
        }
        if (scale == 0 && isInteger) return at;
        span[at++] = (byte)'.';
        if (scale == 0)
        {
            span[at++] = (byte)'0';
            return at;
        }
        for (var missing = whole; missing < 0; missing++) span[at++] = (byte)'0';
        var rest = digits[Math.Max(0, whole)..length];
        rest.CopyTo(span[at..]);
        return at + rest.Length;
    }

    private static int Exponent(Span<byte> span, ReadOnlySpan<byte> digits, int exponent)
    {
        var at = 0;
        span[at++] = digits[0];
        span[at++] = (byte)'.';
        if (digits.Length == 1) span[at++] = (byte)'0';
        digits[1..].CopyTo(span[at..]);
        at += digits.Length - 1;
        span[at++] = (byte)'E';
        Utf8Formatter.TryFormat(exponent, span[at..], out var written);
        return at + written;
    }
}

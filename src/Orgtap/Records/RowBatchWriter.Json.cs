using System.Text.Json;

namespace Orgtap.Records;

/// <summary>The entry points of the REST side. They end in the same canonical forms as CSV text does.</summary>
public sealed partial class RowBatchWriter
{
    private const int LargestScratch = 256;

    /// <summary>Appends the scalar the reader stands on.</summary>
    /// <returns>False if it is not a value of the column's type, or is an object or a list.</returns>
    public bool AppendJson(ref Utf8JsonReader reader)
    {
        switch (reader.TokenType)
        {
            case JsonTokenType.Null: return AppendNull();
            case JsonTokenType.True: return AppendBoolean(true);
            case JsonTokenType.False: return AppendBoolean(false);
            case JsonTokenType.String: return AppendText(ref reader);
            case JsonTokenType.Number when !reader.HasValueSequence: return Append(reader.ValueSpan);
            case JsonTokenType.Number: return Append(System.Buffers.BuffersExtensions.ToArray(reader.ValueSequence));
            default:
                LastReason = "is not a single value";
                return false;
        }
    }

    /// <summary>Appends the JSON string the reader stands on, its escapes resolved straight into the batch.</summary>
    public bool AppendText(ref Utf8JsonReader reader)
    {
        if (!reader.HasValueSequence && !reader.ValueIsEscaped) return Append(reader.ValueSpan);
        var longest = reader.HasValueSequence ? checked((int)reader.ValueSequence.Length) : reader.ValueSpan.Length;
        var type = NextType();
        try
        {
            if (type == ColumnType.Text)
            {
                if (_bytes.Length - _used < longest) Reserve(longest);
                var length = reader.CopyString(_bytes.AsSpan(_used));
                return length == 0 ? AppendNull() : EndText(length);
            }
            if (longest > LargestScratch) return Refuse(type);
            Span<byte> scratch = stackalloc byte[LargestScratch];
            return Append(scratch[..reader.CopyString(scratch)]);
        }
        catch (InvalidOperationException)
        {
            LastReason = "holds an escape that stands for no character";
            return false;
        }
    }

    /// <summary>Appends text that is already free of escapes.</summary>
    public bool AppendText(ReadOnlySpan<byte> utf8) => Append(utf8);

    public bool AppendBoolean(bool value)
    {
        var type = NextType();
        return type is ColumnType.Boolean or ColumnType.Text ? Append(value ? "true"u8 : "false"u8) : Refuse(type);
    }
}

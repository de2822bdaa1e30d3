using System.IO.Compression;
using System.Text;

namespace Orgtap.Catalog;

/// <summary>
/// A describe as the control store holds it: compressed, because an org's tables come to megabytes of text that repeats itself (an eighth is left). What was stored in clear by an earlier version is read as it is.
/// </summary>
internal static class DescribeText
{
    /// <summary>No JSON begins so.</summary>
    private const string Mark = "br:";

    public static string Pack(string text)
    {
        using var packed = new MemoryStream();
        using (var brotli = new BrotliStream(packed, CompressionLevel.Optimal)) brotli.Write(Encoding.UTF8.GetBytes(text));
        return Mark + Convert.ToBase64String(packed.ToArray());
    }

    public static string Unpack(string stored)
    {
        if (!stored.StartsWith(Mark, StringComparison.Ordinal)) return stored;
        using var brotli = new BrotliStream(new MemoryStream(Convert.FromBase64String(stored[Mark.Length..])), CompressionMode.Decompress);
        using var reader = new StreamReader(brotli, Encoding.UTF8);
        return reader.ReadToEnd();
    }
}

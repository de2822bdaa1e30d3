using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Orgtap.Primitives;

namespace Orgtap.Replicas.Postgres;

/// <summary>
/// Salesforce's names in PostgreSQL. A name is the API name in lower case, so that SQL needs no quotes. What is longer
/// than 63 bytes is cut to 54 and gets an underscore and 8 hexadecimal digits of the whole name's SHA-256 behind it, which keeps names that begin alike apart and is the same every time.
/// </summary>
internal static class PostgresNames
{
    /// <summary>PostgreSQL cuts longer names without a word (NAMEDATALEN).</summary>
    private const int LongestName = 63;

    private const int Kept = LongestName - 9;

    /// <summary>The name of a table or column.</summary>
    public static string Of(string apiName)
    {
        // Salesforce tells no two names apart by case, so neither do we.
        var name = Key(apiName);
        var bytes = Encoding.UTF8.GetBytes(name);
        if (bytes.Length <= LongestName && !name.StartsWith("_orgtap", StringComparison.Ordinal)) return name;
        var length = Math.Min(Kept, bytes.Length);
        // Not within a character.
        while (length > 0 && length < bytes.Length && (bytes[length] & 0xC0) == 0x80) length--;
        return string.Create(CultureInfo.InvariantCulture, $"{Encoding.UTF8.GetString(bytes, 0, length)}_{Convert.ToHexStringLower(SHA256.HashData(bytes))[..8]}");
    }

    /// <summary>What two spellings of one API name have in common.</summary>
    public static string Key(string apiName) => apiName.ToLowerInvariant();

    /// <summary>The schema of a connection that names none.</summary>
    public static string SchemaOf(string connectionName) => connectionName.ToLowerInvariant().Replace('-', '_').Replace('.', '_');

    /// <exception cref="InvalidInputException">It cannot be a schema of ours.</exception>
    public static void CheckSchema(string schema)
    {
        if (schema.Length is 0 or > LongestName || (!char.IsAsciiLetterLower(schema[0]) && schema[0] != '_') || schema.Any(letter => !char.IsAsciiLetterLower(letter) && !char.IsAsciiDigit(letter) && letter != '_'))
            throw new InvalidInputException($"\"{schema}\" cannot be the name of a replica's schema.", "Use 1 to 63 lower-case letters, digits and underscores, not beginning with a digit, e.g. acme; --schema names it.");
        if (schema is "public" or "information_schema" or Storage.PostgresControlDatabase.DefaultSchema || schema.StartsWith("pg_", StringComparison.Ordinal))
            throw new InvalidInputException($"The schema {schema} belongs to something else.", "Name another with --schema, e.g. salesforce_acme.");
    }
}

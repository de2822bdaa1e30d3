using System.Xml;
using System.Xml.Linq;
using Dapper;
using Microsoft.Data.Sqlite;
using Orgtap.Backups;
using Orgtap.Storage;

namespace Orgtap.App.Composition;

/// <summary>Which keys of the ring a backup may hold, and which stored secrets it opens with them.</summary>
internal static class BackedUpKeys
{
    /// <summary>A key that a key from outside wraps, or what is no key, may be in a backup; a key in clear would open every secret beside it.</summary>
    /// <param name="file">A file of the key ring.</param>
    public static bool Takes(string file)
    {
        try
        {
            return XDocument.Load(file).Root is { } element && (element.Name.LocalName == "revocation" || KeyRing.IsWrapped(element));
        }
        catch (XmlException)
        {
            return false;
        }
    }

    /// <summary>How many stored secrets a backup holds whose keys it does not hold.</summary>
    /// <param name="backup">A whole backup.</param>
    public static async Task<long> SecretsWithoutAsync(string backup, BackupManifest manifest, CancellationToken cancellationToken)
    {
        if (!manifest.HasControlStore) return 0;
        var held = manifest.Files.Select(file => Path.GetFileNameWithoutExtension(file.Path)).Where(name => name.StartsWith("key-", StringComparison.Ordinal)).Select(name => name[4..]).ToHashSet(StringComparer.OrdinalIgnoreCase);
        await using var db = SqliteLibrary.Connection(new SqliteConnectionStringBuilder { DataSource = Path.Combine(backup, BackupManifest.ControlStore), Mode = SqliteOpenMode.ReadOnly, Pooling = false });
        await db.OpenAsync(cancellationToken);
        var without = 0L;
        foreach (var (table, _, column, _) in SecretRotation.All)
        {
            // A control store that an older Orgtap left has fewer of them.
            if (await db.ExecuteScalarAsync<long>("SELECT COUNT(*) FROM pragma_table_info(@table) WHERE name = @column", new { table, column }) == 0) continue;
            without += (await db.QueryAsync<string>($"SELECT {column} FROM {table} WHERE {column} IS NOT NULL")).Count(text => !held.Contains(SecretRotation.KeyOf(text).ToString()));
        }
        return without;
    }
}

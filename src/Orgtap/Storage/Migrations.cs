using System.Data.Common;
using System.Reflection;
using System.Security.Cryptography;
using System.Text;
using Dapper;
using Orgtap.Primitives;

namespace Orgtap.Storage;

/// <summary>Applies the numbered scripts in <c>Migrations/</c>, forward only, one transaction each. A script that changed after it ran refuses to start.</summary>
internal static class Migrations
{
    private const string Prefix = "Orgtap.Storage.Migrations.";

    public static async Task ApplyAsync(DbConnection db, TimeProvider time, CancellationToken cancellationToken)
    {
        await db.ExecuteAsync("CREATE TABLE IF NOT EXISTS schema_migrations (name TEXT PRIMARY KEY, checksum TEXT NOT NULL, applied_at BIGINT NOT NULL)");
        var applied = (await db.QueryAsync<(string Name, string Checksum)>("SELECT name, checksum FROM schema_migrations")).ToDictionary(row => row.Name, row => row.Checksum);
        var scripts = Scripts().ToList();

        if (applied.Keys.Except(scripts.Select(script => script.Name)).Order().FirstOrDefault() is { } unknown)
            throw new InvalidInputException($"The control database was written by a newer Orgtap (it has the change {unknown}).", "Start the newer version, or restore a backup made with this one.");

        foreach (var (name, sql) in scripts)
        {
            var checksum = Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(sql)));
            if (applied.TryGetValue(name, out var known))
            {
                if (known != checksum)
                    throw new InvalidInputException($"The control database was made with another form of {name}.", "Use the Orgtap version that made it, or start with an empty data directory.");
                continue;
            }

            await using var transaction = await db.BeginTransactionAsync(cancellationToken);
            await db.ExecuteAsync(new CommandDefinition(sql, transaction: transaction, cancellationToken: cancellationToken));
            await db.ExecuteAsync(new CommandDefinition("INSERT INTO schema_migrations (name, checksum, applied_at) VALUES (@name, @checksum, @at)",
                new { name, checksum, at = time.GetUtcNow().ToUnixTimeMilliseconds() }, transaction, cancellationToken: cancellationToken));
            await transaction.CommitAsync(CancellationToken.None);
        }
    }

    private static IEnumerable<(string Name, string Sql)> Scripts()
    {
        var assembly = Assembly.GetExecutingAssembly();
        foreach (var resource in assembly.GetManifestResourceNames().Where(name => name.StartsWith(Prefix, StringComparison.Ordinal)).Order(StringComparer.Ordinal))
        {
            using var reader = new StreamReader(assembly.GetManifestResourceStream(resource)!);
            yield return (resource[Prefix.Length..], reader.ReadToEnd().ReplaceLineEndings("\n"));
        }
    }
}

using System.Reflection;
using System.Security.Cryptography;
using System.Text;
using Dapper;
using Orgtap.Primitives;

namespace Orgtap.Storage;

/// <summary>
/// Applies the numbered scripts in <c>Migrations/</c>, forward only, one transaction each. A script that changed after it ran refuses to start. Each
/// transaction shuts out other writers and looks anew, so that processes that start at once apply a script once.
/// </summary>
internal static class Migrations
{
    private const string Prefix = "Orgtap.Storage.Migrations.";

    /// <summary>Every change that this program knows, in order.</summary>
    public static IReadOnlyList<string> Names { get; } = [.. Scripts().Select(script => script.Name)];

    /// <returns>The names of the scripts applied now.</returns>
    public static async Task<IReadOnlyList<string>> ApplyAsync(ControlStore store, TimeProvider time, CancellationToken cancellationToken)
    {
        var scripts = Scripts().ToList();
        var known = await store.WriteAsync(async transaction =>
        {
            await transaction.Connection!.ExecuteAsync(
                "CREATE TABLE IF NOT EXISTS schema_migrations (name TEXT PRIMARY KEY, checksum TEXT NOT NULL, applied_at BIGINT NOT NULL)", transaction: transaction);
            return (await transaction.Connection!.QueryAsync<(string Name, string Checksum)>("SELECT name, checksum FROM schema_migrations", transaction: transaction))
                .ToDictionary(row => row.Name, row => row.Checksum);
        }, cancellationToken);
        if (known.Keys.Except(scripts.Select(script => script.Name)).Order(StringComparer.Ordinal).FirstOrDefault() is { } unknown)
            throw new InvalidInputException($"The control database was written by a newer Orgtap (it has the change {unknown}).", "Start the newer version, or restore a backup made with this one.");

        var applied = new List<string>();
        foreach (var (name, sql) in scripts)
        {
            var checksum = Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(sql)));
            if (known.TryGetValue(name, out var before) && before != checksum) throw OtherForm(name);
            if (before is null && await ApplyAsync(store, name, sql, checksum, time, cancellationToken)) applied.Add(name);
        }
        return applied;
    }

    private static Task<bool> ApplyAsync(ControlStore store, string name, string sql, string checksum, TimeProvider time, CancellationToken cancellationToken) =>
        store.WriteAsync(async transaction =>
        {
            var db = transaction.Connection!;
            if (await db.QuerySingleOrDefaultAsync<string?>("SELECT checksum FROM schema_migrations WHERE name = @name", new { name }, transaction) is { } meanwhile)
                return meanwhile == checksum ? false : throw OtherForm(name);
            await db.ExecuteAsync(new CommandDefinition(sql, transaction: transaction, cancellationToken: cancellationToken));
            await db.ExecuteAsync(new CommandDefinition("INSERT INTO schema_migrations (name, checksum, applied_at) VALUES (@name, @checksum, @at)",
                new { name, checksum, at = time.GetUtcNow().ToUnixTimeMilliseconds() }, transaction, cancellationToken: cancellationToken));
            return true;
        }, cancellationToken);

    private static InvalidInputException OtherForm(string name) =>
        new($"The control database was made with another form of {name}.", "Use the Orgtap version that made it, or start with an empty data directory.");

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

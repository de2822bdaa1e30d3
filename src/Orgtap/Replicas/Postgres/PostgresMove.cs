using Dapper;
using Orgtap.Primitives;
using static Orgtap.Replicas.Postgres.PostgresNames;
using static Orgtap.Replicas.SqlName;

namespace Orgtap.Replicas.Postgres;

/// <summary>What a move of rows from elsewhere needs beyond loads: a mark that it is under way, and metadata taken over as it is.</summary>
internal static class PostgresMove
{
    /// <summary>Marks the replica, and empties what a move that broke off left in it.</summary>
    /// <exception cref="InvalidInputException">There are rows that no move brought.</exception>
    public static Task BeginAsync(PostgresSource source, CancellationToken cancellationToken) => source.RunAsync(async db =>
    {
        await PostgresLayout.EnsureAsync(db, source.Schema, cancellationToken);
        await using var transaction = await db.BeginTransactionAsync(cancellationToken);
        var moving = await db.ExecuteScalarAsync<bool>("SELECT moving FROM _orgtap_layout FOR UPDATE", transaction: transaction);
        var tables = (await db.QueryAsync<(long Id, string Name)>("SELECT id, table_name FROM _orgtap_tables", transaction: transaction)).ToList();
        if (!moving && tables.Count > 0)
            throw new InvalidInputException($"The schema {source.Schema} holds rows already.", "Name another with --schema, drop it, or go on with what it holds: --anew.");
        foreach (var (id, name) in tables)
        {
            var parts = await TableParts.TablesAsync(db, name, id);
            if (parts.Count > 1) await db.ExecuteAsync($"DROP VIEW {Quote(name)}", transaction: transaction);
            await db.ExecuteAsync($"DROP TABLE {string.Join(", ", parts.Select(Quote))}", transaction: transaction);
        }
        await db.ExecuteAsync("DELETE FROM _orgtap_seen; DELETE FROM _orgtap_missing; DELETE FROM _orgtap_columns; DELETE FROM _orgtap_tables; UPDATE _orgtap_layout SET moving = true", transaction: transaction);
        await transaction.CommitAsync(CancellationToken.None);
        return true;
    }, cancellationToken);

    public static Task EndAsync(PostgresSource source, CancellationToken cancellationToken) =>
        source.RunAsync(async db => await db.ExecuteAsync("UPDATE _orgtap_layout SET moving = false"), cancellationToken);

    /// <summary>Gives a table, all of whose rows have arrived, the checkpoint it had elsewhere and what belongs to it.</summary>
    /// <param name="updated">Per column, by API name.</param>
    public static Task AdoptAsync(
        PostgresSource source, ReplicaTable from, IReadOnlyDictionary<string, long> updated, IReadOnlyList<string> seen, IReadOnlyList<string> missing, CancellationToken cancellationToken) => source.RunAsync(async db =>
    {
        await using var transaction = await db.BeginTransactionAsync(cancellationToken);
        var id = await db.ExecuteScalarAsync<long>("UPDATE _orgtap_tables SET checkpoint = @checkpoint, last_complete = @complete WHERE sobject_key = @key RETURNING id",
            new { key = Key(from.SObject), checkpoint = from.Checkpoint?.ToJson(), complete = from.LastComplete?.UtcDateTime }, transaction);
        await db.ExecuteAsync("""
            UPDATE _orgtap_columns c SET updated = u.updated FROM unnest(@keys, @values) AS u (key, updated) WHERE c.table_id = @id AND c.name_key = u.key;
            INSERT INTO _orgtap_seen (table_id, id) SELECT @id, unnest(@seen);
            INSERT INTO _orgtap_missing (table_id, id) SELECT @id, unnest(@missing)
            """, new { id, keys = updated.Keys.Select(Key).ToArray(), values = updated.Values.ToArray(), seen = seen.ToArray(), missing = missing.ToArray() }, transaction);
        await transaction.CommitAsync(CancellationToken.None);
        return true;
    }, cancellationToken);
}

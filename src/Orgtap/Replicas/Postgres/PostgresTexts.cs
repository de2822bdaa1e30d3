using Dapper;
using Npgsql;
using Orgtap.Masking;
using Orgtap.Records;
using static Orgtap.Replicas.Postgres.PostgresNames;
using static Orgtap.Replicas.SqlName;

namespace Orgtap.Replicas.Postgres;

/// <summary>Masks texts that lie in a schema already.</summary>
internal static class PostgresTexts
{
    private const int RowsAtOnce = 2_000;

    /// <summary>Goes through a table in order of Id, a transaction a piece, and gives the space of the originals free.</summary>
    public static Task<MaskCounts> MaskAsync(PostgresSource source, ReplicaTable table, TextMasker masker, CancellationToken cancellationToken) => source.RunAsync(async db =>
    {
        var tableId = await db.ExecuteScalarAsync<long>("SELECT id FROM _orgtap_tables WHERE sobject_key = @key", new { key = Key(table.SObject) });
        var stored = (await PostgresShape.StoredColumnsAsync(db, tableId)).Values;
        var (parts, counts) = (TableParts.CountOf(stored), new long[masker.RuleCount]);
        foreach (var part in stored.Where(column => column.Column.Type == ColumnType.Text).GroupBy(column => column.Part))
        {
            var (name, columns) = (TableParts.NameOf(table.TableName, tableId, parts, part.Key), part.Select(column => Quote(column.Name)).ToList());
            for (var after = ""; after is not null;)
            {
                cancellationToken.ThrowIfCancellationRequested();
                after = await MaskPieceAsync(db, name, columns, masker, counts, after);
            }
            // Rows that were replaced stay in the table's pages until they are cleared away.
            await db.ExecuteAsync($"VACUUM {Quote(name)}");
        }
        return masker.CountsOf(counts);
    }, cancellationToken);

    /// <returns>The last Id of the piece; null: there are no more rows.</returns>
    private static async Task<string?> MaskPieceAsync(NpgsqlConnection db, string table, List<string> columns, TextMasker masker, long[] counts, string after)
    {
        var id = Quote(Of("Id"));
        var (ids, texts) = (new List<string>(), columns.ConvertAll(_ => new List<string?>()));
        string? last = null;
        await using var transaction = await db.BeginTransactionAsync(CancellationToken.None);
        await using (var rows = await db.ExecuteReaderAsync($"SELECT {id}, {string.Join(", ", columns)} FROM {Quote(table)} WHERE {id} > @after ORDER BY {id} LIMIT {RowsAtOnce} FOR UPDATE", new { after }))
        {
            while (await rows.ReadAsync(CancellationToken.None))
            {
                last = rows.GetString(0);
                var (row, changed) = (new string?[columns.Count], false);
                for (var i = 0; i < row.Length; i++)
                {
                    var text = await rows.IsDBNullAsync(i + 1, CancellationToken.None) ? null : rows.GetString(i + 1);
                    var masked = text is null ? null : masker.Mask(text, counts);
                    changed |= masked is not null;
                    row[i] = masked ?? text;
                }
                if (!changed) continue;
                ids.Add(last);
                for (var i = 0; i < row.Length; i++) texts[i].Add(row[i]);
            }
        }
        if (ids.Count > 0)
        {
            await using var update = new NpgsqlCommand($"""
                UPDATE {Quote(table)} t SET {string.Join(", ", columns.Select((column, i) => $"{column} = m.c{i}"))}
                FROM unnest($1, {string.Join(", ", columns.Select((_, i) => $"${i + 2}"))}) AS m (id, {string.Join(", ", columns.Select((_, i) => $"c{i}"))}) WHERE t.{id} = m.id
                """, db, transaction);
            update.Parameters.Add(new NpgsqlParameter<string[]> { TypedValue = [.. ids] });
            foreach (var column in texts) update.Parameters.Add(new NpgsqlParameter<string?[]> { TypedValue = [.. column] });
            await update.ExecuteNonQueryAsync(CancellationToken.None);
        }
        await transaction.CommitAsync(CancellationToken.None);
        return last;
    }
}

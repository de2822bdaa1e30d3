using Dapper;
using Npgsql;
using static Orgtap.Replicas.Postgres.PostgresNames;

namespace Orgtap.Replicas.Postgres;

/// <summary>A table's row of metadata as a transaction finds it.</summary>
internal sealed record TableState(long Id, string TableName, long Fence, string? Checkpoint, DateTime? LastComplete)
{
    private const string Columns = "id, table_name AS TableName, fence, checkpoint, last_complete AS LastComplete";

    public static Task<TableState?> ReadAsync(NpgsqlConnection db, string sobject, bool forUpdate) => db.QuerySingleOrDefaultAsync<TableState?>(
        $"SELECT {Columns} FROM _orgtap_tables WHERE sobject_key = @key{(forUpdate ? " FOR UPDATE" : "")}", new { key = Key(sobject) });

    /// <summary>Takes a new fence; notes the table first if it is not known.</summary>
    public static async Task<TableState> FenceAsync(NpgsqlConnection db, string sobject)
    {
        if (await NextFenceAsync(db, sobject) is { } known) return known;
        await db.ExecuteAsync("INSERT INTO _orgtap_tables (sobject, sobject_key, table_name) VALUES (@sobject, @key, @table) ON CONFLICT (sobject_key) DO NOTHING",
            new { sobject, key = Key(sobject), table = Of(sobject) });
        return (await NextFenceAsync(db, sobject))!;
    }

    private static Task<TableState?> NextFenceAsync(NpgsqlConnection db, string sobject) => db.QuerySingleOrDefaultAsync<TableState?>(
        $"UPDATE _orgtap_tables SET fence = fence + 1 WHERE sobject_key = @key RETURNING {Columns}", new { key = Key(sobject) });
}

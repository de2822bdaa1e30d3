using System.Data.Common;
using System.Globalization;
using Dapper;
using Npgsql;
using Orgtap.Records;
using static Orgtap.Replicas.Postgres.PostgresNames;
using static Orgtap.Replicas.SqlName;

namespace Orgtap.Replicas.Postgres;

/// <summary>A table's part as one load writes it.</summary>
/// <param name="Columns">The load's columns that lie in it, behind Id, which every part has.</param>
internal sealed record TablePart(int Number, string Table, IReadOnlyList<StoredColumn> Columns);

/// <summary>
/// A table with more columns than are sure to fit a row of PostgreSQL is several tables with the same Ids, its parts, behind a view of the table's name (decision 0094). A column stays in the part it was first given.
/// </summary>
internal static class TableParts
{
    /// <summary>
    /// A value of up to 24 bytes stays in its row whatever happens, of a longer one at least a pointer of 18 (https://www.postgresql.org/docs/current/storage-toast.html), and shorter types pad to 16: with its head
    /// of 64 bytes a row of so many columns takes 7,744 of the 8,160 that there are.
    /// </summary>
    public const int MostColumns = 320;

    /// <summary>What a row is recognised, dated and marked by is read and written without the other parts.</summary>
    private static readonly string[] Pinned = ["IsDeleted", "SystemModstamp", "LastModifiedDate", "CreatedDate", "LoginTime"];

    /// <summary>The part's own table, where there are several.</summary>
    public static string NameOf(string tableName, long tableId, int count, int part) => count == 1 ? tableName : string.Create(CultureInfo.InvariantCulture, $"_orgtap_row_part_{tableId}_{part}");

    public static int CountOf(IEnumerable<StoredColumn> columns) => columns.Aggregate(1, (most, column) => Math.Max(most, column.Part + 1));

    /// <summary>Gives columns that are not stored yet a part: the last one, as long as there is room, else a new one.</summary>
    /// <param name="mostColumns">Of a part, besides Id.</param>
    public static IReadOnlyList<StoredColumn> Place(IReadOnlyCollection<StoredColumn> stored, IEnumerable<Column> added, int mostColumns)
    {
        var taken = stored.Where(column => column.Column.Name != "Id").GroupBy(column => column.Part).ToDictionary(part => part.Key, part => part.Count());
        var (last, placed) = (CountOf(stored) - 1, new List<StoredColumn>());
        foreach (var column in added.OrderBy(column => column.Name != "Id").ThenBy(column => !IsPinned(column)))
        {
            if (column.Name == "Id" || IsPinned(column))
            {
                placed.Add(new StoredColumn(column, PostgresNames.Of(column.Name), 0));
                if (column.Name != "Id") taken[0] = taken.GetValueOrDefault(0) + 1;
                continue;
            }
            if (taken.GetValueOrDefault(last) >= mostColumns) last++;
            taken[last] = taken.GetValueOrDefault(last) + 1;
            placed.Add(new StoredColumn(column, PostgresNames.Of(column.Name), last));
        }
        return placed;
    }

    /// <summary>The parts that hold these columns, and in any case the first, which says which rows there are.</summary>
    /// <param name="stored">All columns of the table.</param>
    public static IReadOnlyList<TablePart> Of(string tableName, long tableId, IReadOnlyCollection<StoredColumn> stored, IReadOnlyList<StoredColumn> columns)
    {
        var count = CountOf(stored);
        return [.. Enumerable.Range(0, count).Select(part => new TablePart(part, NameOf(tableName, tableId, count, part), [columns[0], .. columns.Skip(1).Where(column => column.Part == part)]))
            .Where(part => part.Number == 0 || part.Columns.Count > 1)];
    }

    /// <summary>The names of all tables behind a table's name.</summary>
    public static async Task<IReadOnlyList<string>> TablesAsync(NpgsqlConnection db, string tableName, long tableId)
    {
        var count = (int)await db.ExecuteScalarAsync<long>("SELECT COALESCE(MAX(part), 0) + 1 FROM _orgtap_columns WHERE table_id = @tableId", new { tableId });
        return [.. Enumerable.Range(0, count).Select(part => NameOf(tableName, tableId, count, part))];
    }

    /// <summary>The table that holds a column, for whoever wants an index on it: a view has none.</summary>
    public static async Task<string> HolderOfAsync(DbConnection db, DbTransaction? transaction, string tableName, string columnName)
    {
        var (id, part, last) = await db.QuerySingleAsync<(long, long, long)>("""
            SELECT t.id, c.part, (SELECT MAX(part) FROM _orgtap_columns WHERE table_id = t.id) FROM _orgtap_columns c JOIN _orgtap_tables t ON t.id = c.table_id WHERE t.table_name = @tableName AND c.column_name = @columnName
            """, new { tableName, columnName }, transaction);
        return NameOf(tableName, id, (int)last + 1, (int)part);
    }

    /// <summary>Makes or grows the view. Columns that it has keep their places, so that it need not be dropped.</summary>
    public static async Task ShowAsync(NpgsqlConnection db, string tableName, long tableId, IReadOnlyCollection<StoredColumn> columns)
    {
        var count = CountOf(columns);
        var shown = (await db.QueryAsync<string>("SELECT attname FROM pg_attribute WHERE attrelid = to_regclass(@name) AND attnum > 0 AND NOT attisdropped ORDER BY attnum", new { name = Quote(tableName) })).ToList();
        var parts = columns.ToDictionary(column => column.Name, column => column.Part, StringComparer.Ordinal);
        var names = shown.Concat(columns.OrderBy(column => column.Part).Select(column => column.Name).Except(shown, StringComparer.Ordinal));
        var id = Quote(PostgresNames.Of("Id"));
        // Every part has every row; a left join lets the planner leave out those that a query reads nothing of.
        await db.ExecuteAsync(string.Create(CultureInfo.InvariantCulture, $"""
            CREATE OR REPLACE VIEW {Quote(tableName)} AS SELECT {string.Join(", ", names.Select(name => string.Create(CultureInfo.InvariantCulture, $"p{parts[name]}.{Quote(name)}")))} FROM {Quote(NameOf(tableName, tableId, count, 0))} p0
            {string.Join(" ", Enumerable.Range(1, count - 1).Select(part => string.Create(CultureInfo.InvariantCulture, $"LEFT JOIN {Quote(NameOf(tableName, tableId, count, part))} p{part} ON p{part}.{id} = p0.{id}")))}
            """));
    }

    /// <summary>Who may read the table or view, as statements that give the same on what will have its name.</summary>
    public static async Task<IReadOnlyList<string>> ReadersAsync(NpgsqlConnection db, string tableName) => [.. await db.QueryAsync<string>("""
        SELECT format('GRANT SELECT ON %s TO %s', to_regclass(@name), CASE a.grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(a.grantee)) END) || CASE WHEN a.is_grantable THEN ' WITH GRANT OPTION' ELSE '' END
        FROM pg_class c, aclexplode(c.relacl) a WHERE c.oid = to_regclass(@name) AND a.privilege_type = 'SELECT' AND a.grantee <> c.relowner
        """, new { name = Quote(tableName) })];

    private static bool IsPinned(Column column) => Pinned.Contains(column.Name, StringComparer.OrdinalIgnoreCase);
}

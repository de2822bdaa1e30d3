using Dapper;
using Npgsql;
using Orgtap.SimulatedOrg.Data;

namespace Orgtap.IntegrationTests.FirstLoads;

/// <summary>Compares a replica in PostgreSQL with the org's own store, value by value, as <see cref="TruthComparison"/> does with a file: neither is read with code that wrote it.</summary>
internal static class PostgresTruth
{
    /// <param name="differences">What differs, as sentences.</param>
    /// <returns>Rows and values that were compared. Rows that the org no longer has at all may be there, marked deleted.</returns>
    public static async Task<(long Rows, long Values)> CompareAsync(OrgStore store, NpgsqlConnection db, string schema, string sobject, List<string> differences)
    {
        var columns = (await db.QueryAsync<(string Name, string Stored, string Type)>(
            $"SELECT c.name, c.column_name, c.type FROM {schema}._orgtap_columns c JOIN {schema}._orgtap_tables t ON t.id = c.table_id WHERE t.sobject = @sobject AND c.updated = 1", new { sobject }))
            .Where(column => store.Schema.Find(sobject)!.Field(column.Name) is not null).ToList();
        var cells = string.Join(", ", columns.Select(column => Canonical($"\"{column.Stored}\"", column.Type)));
        var (id, isDeleted) = (columns.FindIndex(column => column.Name == "Id"), columns.FindIndex(column => column.Name == "IsDeleted"));
        var held = (await db.QueryAsync<string[]>($"SELECT ARRAY[{cells}] FROM {schema}.\"{sobject.ToLowerInvariant()}\"")).ToDictionary(row => row[id]);
        var (rows, values) = (0L, 0L);
        foreach (var truth in store.Truth(sobject, [.. columns.Select(column => column.Name)], includeDeleted: isDeleted >= 0))
        {
            rows++;
            if (!held.Remove(truth.Id, out var row)) differences.Add($"{schema}: {sobject} {truth.Id} is missing");
            else
                for (var i = 0; i < columns.Count; i++, values++)
                    // PostgreSQL stores no NUL, Salesforce no empty text.
                    if (row[i] != (truth.Values[i]?.Replace("\0", "", StringComparison.Ordinal) is { Length: > 0 } value ? value : null)) differences.Add($"{schema}: {sobject} {truth.Id} {columns[i].Name}: {row[i]} instead of {truth.Values[i]}");
        }
        differences.AddRange(held.Values.Where(row => isDeleted < 0 || row[isDeleted] != "true").Select(row => $"{schema}: {sobject} {row[id]} is not in the org"));
        return (rows, values);
    }

    /// <summary>docs/types.md read backwards.</summary>
    private static string Canonical(string column, string type) => type switch
    {
        "Date" => $"to_char({column}, 'YYYY-MM-DD')",
        "DateTime" => $"to_char({column} AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.MS\"Z\"')",
        "Time" => $"to_char({column}, 'HH24:MI:SS.MS')",
        _ => $"{column}::text",
    };
}

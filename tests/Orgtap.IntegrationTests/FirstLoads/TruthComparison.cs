using System.Globalization;
using Microsoft.Data.Sqlite;
using Orgtap.SimulatedOrg.Data;
using Orgtap.Storage;

namespace Orgtap.IntegrationTests.FirstLoads;

/// <summary>
/// Compares a replica with the org's own store, value by value. Reads the file with SQLite and the store with its truth export, so neither the engine's nor
/// the simulated org's reading and writing code can hide a mistake of its own.
/// </summary>
internal static class TruthComparison
{
    /// <param name="differences">The first few, as sentences.</param>
    /// <param name="ignoreVanished">Rows that the org no longer has at all may be there, marked deleted.</param>
    /// <returns>Rows and values that were compared.</returns>
    public static (long Rows, long Values) Compare(OrgStore store, string replicaPath, string sobject, List<string> differences, bool ignoreVanished = false)
    {
        using var db = SqliteLibrary.Connection(new SqliteConnectionStringBuilder { DataSource = replicaPath, Mode = SqliteOpenMode.ReadOnly, Pooling = false });
        db.Open();
        // What the org took away keeps its column.
        var columns = ColumnsOf(db, sobject).Where(column => store.Schema.Find(sobject)!.Field(column) is not null).ToList();
        var booleans = columns.Select(column => store.Schema.Find(sobject)!.Field(column)!.Type == "boolean").ToArray();
        var hasIsDeleted = columns.Contains("IsDeleted");
        using var lookup = db.CreateCommand();
        lookup.CommandText = $"SELECT {string.Join(", ", columns.Select(column => $"\"{column}\""))} FROM \"{sobject}\" WHERE Id = @id";
        var id = lookup.Parameters.Add("@id", SqliteType.Text);
        lookup.Prepare();

        var (rows, values) = (0L, 0L);
        var seen = new HashSet<string>();
        foreach (var truth in store.Truth(sobject, columns, includeDeleted: hasIsDeleted))
        {
            rows++;
            if (ignoreVanished) seen.Add(truth.Id);
            id.Value = truth.Id;
            using var reader = lookup.ExecuteReader();
            if (!reader.Read())
            {
                Note(differences, $"{sobject} {truth.Id} is missing");
                continue;
            }

            for (var i = 0; i < columns.Count; i++)
            {
                values++;
                var ours = reader.IsDBNull(i) ? null : Canonical(reader, i, booleans[i]);
                if (!string.Equals(ours, truth.Values[i], StringComparison.Ordinal))
                    Note(differences, $"{sobject} {truth.Id} {columns[i]}: replica {Show(ours)}, org {Show(truth.Values[i])}");
            }
        }

        using var count = db.CreateCommand();
        count.CommandText = $"SELECT COUNT(*) FROM \"{sobject}\"";
        var held = (long)count.ExecuteScalar()!;
        if (ignoreVanished) held -= Vanished(db, sobject, seen);
        if (held != rows) Note(differences, $"{sobject} has {held} rows in the replica and {rows} in the org");
        return (rows, values);
    }

    public static IReadOnlyList<string> TablesOf(string replicaPath)
    {
        using var db = SqliteLibrary.Connection(new SqliteConnectionStringBuilder { DataSource = replicaPath, Mode = SqliteOpenMode.ReadOnly, Pooling = false });
        db.Open();
        using var command = db.CreateCommand();
        command.CommandText = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE '\\_orgtap%' ESCAPE '\\' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY name";
        using var reader = command.ExecuteReader();
        var names = new List<string>();
        while (reader.Read()) names.Add(reader.GetString(0));
        return names;
    }

    private static long Vanished(SqliteConnection db, string sobject, HashSet<string> there)
    {
        using var command = db.CreateCommand();
        command.CommandText = $"SELECT Id FROM \"{sobject}\" WHERE IsDeleted = 1";
        using var reader = command.ExecuteReader();
        var vanished = 0L;
        while (reader.Read())
            if (!there.Contains(reader.GetString(0))) vanished++;
        return vanished;
    }

    private static List<string> ColumnsOf(SqliteConnection db, string table)
    {
        using var command = db.CreateCommand();
        command.CommandText = $"PRAGMA table_info(\"{table}\")";
        using var reader = command.ExecuteReader();
        var columns = new List<string>();
        while (reader.Read()) columns.Add(reader.GetString(1));
        return columns;
    }

    /// <summary>docs/types.md read backwards: from what SQLite holds to the canonical text.</summary>
    private static string Canonical(SqliteDataReader reader, int column, bool boolean) => reader.GetValue(column) switch
    {
        double number => ((decimal)number).ToString(CultureInfo.InvariantCulture) is var text && text.Contains('.', StringComparison.Ordinal) ? text.TrimEnd('0').TrimEnd('.') : text,
        long number when boolean => number == 1 ? "true" : number == 0 ? "false" : number.ToString(CultureInfo.InvariantCulture),
        long number => number.ToString(CultureInfo.InvariantCulture),
        string text => text,
        var other => throw new InvalidOperationException($"SQLite holds a {other.GetType().Name}."),
    };

    private static string Show(string? value) => value is null ? "NULL" : value.Length > 60 ? $"\"{value[..60]}…\" ({value.Length} characters)" : $"\"{value}\"";

    private static void Note(List<string> differences, string sentence)
    {
        if (differences.Count < 20) differences.Add(sentence);
    }
}

using System.Collections.Frozen;
using System.Globalization;
using Orgtap.Connections;
using Orgtap.Replicas;
using Orgtap.Syncs;

namespace Orgtap.Conversations.Importing;

/// <summary>A table of the replica as conversations read it.</summary>
internal sealed record SourceTable(string SObject, string TableName, IReadOnlyList<RowColumn> Columns)
{
    private readonly FrozenDictionary<string, int> _places = Columns.Select((column, at) => (column.Name, at)).ToFrozenDictionary(pair => pair.Name, pair => pair.at, StringComparer.OrdinalIgnoreCase);

    public int PlaceOf(string column) => _places.GetValueOrDefault(column, -1);

    public RowColumn? Find(string column) => PlaceOf(column) is var at and >= 0 ? Columns[at] : null;

    /// <summary>The column that moves when a row is changed.</summary>
    public RowColumn? Stamp => Find("SystemModstamp") ?? Find("LastModifiedDate") ?? Find("CreatedDate");
}

/// <summary>One row, values in canonical form.</summary>
internal sealed class SourceRow(SourceTable table, object?[] values)
{
    public string Table => table.SObject;

    public string Id => this["Id"]!;

    /// <summary>Null where it is empty or the replica has no such column.</summary>
    public string? this[string column] => table.PlaceOf(column) is var at and >= 0 && values[at] is { } value ? ReplicaRows.TextOf(value, table.Columns[at].Type) : null;

    public bool Flag(string column) => this[column] == "true";

    public long? Number(string column) => decimal.TryParse(this[column], NumberStyles.Number, CultureInfo.InvariantCulture, out var number) && number is > long.MinValue and < long.MaxValue ? (long)number : null;

    public DateTimeOffset? Time(string column) => Times.Parse(this[column]);

    /// <summary>What is not empty, but for what has its own place.</summary>
    public Dictionary<string, string> Rest(FrozenSet<string> placed)
    {
        var rest = new Dictionary<string, string>();
        foreach (var column in table.Columns)
            if (!placed.Contains(column.Name) && this[column.Name] is { Length: > 0 } value) rest[column.Name] = value;
        return rest;
    }
}

/// <summary>Reads the rows that conversations are made of from the replica.</summary>
internal sealed class SourceRows
{
    /// <summary>No tables at all.</summary>
    public static readonly SourceRows None = new(null!, null!, []);

    private readonly ReplicaFiles _replicas;
    private readonly Connection _connection;
    private readonly Dictionary<string, SourceTable> _tables;

    private SourceRows(ReplicaFiles replicas, Connection connection, Dictionary<string, SourceTable> tables) => (_replicas, _connection, _tables) = (replicas, connection, tables);

    public static async Task<SourceRows> OpenAsync(ReplicaFiles replicas, ReplicaRows rows, Connection connection, IEnumerable<string> tables, CancellationToken cancellationToken)
    {
        var held = (await replicas.TablesAsync(connection, cancellationToken)).ToDictionary(table => table.SObject, StringComparer.OrdinalIgnoreCase);
        var known = new Dictionary<string, SourceTable>(StringComparer.OrdinalIgnoreCase);
        foreach (var name in tables.Distinct(StringComparer.OrdinalIgnoreCase))
        {
            if (!held.TryGetValue(name, out var table) || table.TableName.Length == 0) continue;
            var (_, columns) = await rows.ColumnsAsync(connection, name, cancellationToken);
            known[name] = new SourceTable(table.SObject, table.TableName, columns);
        }
        return new SourceRows(replicas, connection, known);
    }

    public SourceTable? Find(string table) => _tables.GetValueOrDefault(table);

    /// <summary>Rows that are not marked deleted, by the values of one column.</summary>
    /// <param name="columns">Null: all.</param>
    public async Task<List<SourceRow>> ReadAsync(string table, string by, IReadOnlyCollection<string> values, bool deletedToo, CancellationToken cancellationToken, params string[] columns)
    {
        if (Find(table) is not { } source || source.Find(by) is not { } key || values.Count == 0) return [];
        var shown = columns.Length == 0 ? source : new SourceTable(source.SObject, source.TableName, [.. source.Columns.Where(column => columns.Contains(column.Name, StringComparer.OrdinalIgnoreCase))]);
        var live = !deletedToo && source.Find("IsDeleted") is { } deleted ? $" AND {SqlName.Quote(deleted.StoredName)} IS NOT {(_connection.Replica is null ? "1" : "TRUE")}" : "";
        var sql = $"SELECT {string.Join(", ", shown.Columns.Select(column => SqlName.Quote(column.StoredName)))} FROM {SqlName.Quote(source.TableName)} WHERE {SqlName.Quote(key.StoredName)} IN ({string.Join(", ", values.Select(RowSql.Text))}){live}";
        await using var query = await _replicas.QueryAsync(_connection, sql, long.MaxValue - 1, trusted: true, cancellationToken);
        var rows = new List<SourceRow>();
        await foreach (var row in query.ReadAsync(cancellationToken)) rows.Add(new SourceRow(shown, row));
        return rows;
    }
}

using System.Runtime.CompilerServices;
using Orgtap.Connections;
using Orgtap.Primitives;
using Orgtap.Records;
using Orgtap.Replicas;

namespace Orgtap.Syncs;

/// <summary>A row with all its values, in the order of the table's columns.</summary>
public sealed record FoundRow(string SObject, string Id, IReadOnlyList<RowColumn> Columns, IReadOnlyList<object?> Values)
{
    /// <summary>A value as text; null where it is empty or the column is not there.</summary>
    public string? this[string column] => Columns.Select((each, at) => (each, at)).FirstOrDefault(pair => string.Equals(pair.each.Name, column, StringComparison.OrdinalIgnoreCase)) is ({ } found, var index)
        && Values[index] is { } value ? ReplicaRows.TextOf(value, found.Type) : null;
}

/// <summary>Reads rows of replicas, whether they lie in a file or in PostgreSQL: by the page, and one by its Id.</summary>
public sealed class ReplicaRows(ReplicaFiles replicas, TimeProvider time)
{
    /// <summary>Rows on one page, at most.</summary>
    public const int MostRows = 1_000;

    /// <summary>How long a page may take; what takes longer belongs on the replica itself.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    // SQLite allows 500 parts of a compound query.
    private const int TablesAtOnce = 200;

    /// <summary>Columns of a table, in its order.</summary>
    /// <exception cref="InvalidInputException">The replica has no such table.</exception>
    public async Task<(string SObject, IReadOnlyList<RowColumn> Columns)> ColumnsAsync(Connection connection, string sobject, CancellationToken cancellationToken)
    {
        var (name, _, columns) = await ShapeAsync(connection, sobject, cancellationToken);
        return (name, columns);
    }

    /// <exception cref="InvalidInputException">An unknown table or column, a value that does not fit, or it took too long.</exception>
    public async Task<RowPage> PageAsync(Connection connection, string sobject, RowQuestion question, CancellationToken cancellationToken)
    {
        if (question.Limit is < 1 or > MostRows) throw new InvalidInputException($"{question.Limit} rows on a page are not possible.", $"Give 1 to {MostRows}.");
        using var patience = new CancellationTokenSource(Patience, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, cancellationToken);
        try
        {
            var (_, table, columns) = await ShapeAsync(connection, sobject, either.Token);
            var sql = new RowSql(SqlName.Quote(table), columns, connection.Replica is not null).Of(question, out var shown);
            await using var query = await replicas.QueryAsync(connection, sql, question.Limit + 1, trusted: true, either.Token);
            var rows = new List<object?[]>();
            object?[]? last = null;
            await foreach (var row in query.ReadAsync(either.Token))
            {
                if (rows.Count == question.Limit) return new RowPage(shown, rows, RowSql.Mark(last![^2], (string)last[^1]!));
                rows.Add(row[..^2]);
                last = row;
            }
            return new RowPage(shown, rows, null);
        }
        catch (OperationCanceledException) when (patience.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            throw new InvalidInputException($"Finding these rows took longer than {Patience.TotalSeconds:0} seconds.", "Sort by Id, or filter by less; for more, ask the replica in SQL.");
        }
    }

    /// <summary>Every row that matches, page after page; what is written meanwhile may or may not be among them, nothing comes twice.</summary>
    public async IAsyncEnumerable<object?[]> AllAsync(Connection connection, string sobject, RowQuestion question, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var after = question.After;
        do
        {
            var page = await PageAsync(connection, sobject, question with { After = after, Limit = MostRows }, cancellationToken);
            foreach (var row in page.Rows) yield return row;
            after = page.Next;
        }
        while (after is not null);
    }

    /// <returns>Null: the table has no such row.</returns>
    public async Task<FoundRow?> RowAsync(Connection connection, string sobject, string id, CancellationToken cancellationToken)
    {
        var (name, table, columns) = await ShapeAsync(connection, sobject, cancellationToken);
        if (To18(id) is not { } full) return null;
        await using var query = await replicas.QueryAsync(connection, new RowSql(SqlName.Quote(table), columns, connection.Replica is not null).Of(full), 1, trusted: true, cancellationToken);
        await foreach (var row in query.ReadAsync(cancellationToken)) return new FoundRow(name, full, columns, row);
        return null;
    }

    /// <summary>The table that holds a row, looked for in all of the replica.</summary>
    /// <param name="id">15 or 18 characters.</param>
    /// <returns>Null: none does.</returns>
    /// <exception cref="InvalidInputException">It is no Id.</exception>
    public async Task<string?> FindAsync(Connection connection, string id, CancellationToken cancellationToken)
    {
        var full = To18(id) ?? throw new InvalidInputException($"\"{id}\" is not the Id of a Salesforce record.", "An Id has 15 or 18 letters and digits, e.g. 001xx000003DGbYAAW.");
        var tables = (await replicas.TablesAsync(connection, cancellationToken)).Where(table => table.TableName.Length > 0).ToList();
        foreach (var some in tables.Chunk(TablesAtOnce))
        {
            var sql = string.Join(" UNION ALL ", some.Select(table => $"SELECT {RowSql.Text(table.SObject)} AS found WHERE EXISTS (SELECT 1 FROM {SqlName.Quote(table.TableName)} WHERE {SqlName.Quote(IdOf(connection))} = {RowSql.Text(full)})"));
            await using var query = await replicas.QueryAsync(connection, sql, 1, trusted: true, cancellationToken);
            await foreach (var row in query.ReadAsync(cancellationToken)) return (string)row[0]!;
        }
        return null;
    }

    /// <summary>A value as people and programs read it, in canonical form.</summary>
    public static string? TextOf(object? value, ColumnType type) => value is bool yes ? yes ? "true" : "false" : Replicas.Sqlite.StoredForm.ToCanonical(value, type);

    private async Task<(string SObject, string Table, IReadOnlyList<RowColumn> Columns)> ShapeAsync(Connection connection, string sobject, CancellationToken cancellationToken)
    {
        var postgres = connection.Replica is not null;
        var sql = postgres
            ? $"SELECT t.sobject, t.table_name, c.name, c.column_name, c.type, c.updated FROM _orgtap_columns c JOIN _orgtap_tables t ON t.id = c.table_id WHERE t.sobject_key = {RowSql.Text(sobject.ToLowerInvariant())}"
            : $"SELECT t.sobject, t.table_name, c.name, c.name, c.type, c.updated FROM _orgtap_columns c JOIN _orgtap_tables t ON t.id = c.table_id WHERE t.sobject = {RowSql.Text(sobject)}";
        var (name, table, known) = ("", "", new Dictionary<string, RowColumn>(StringComparer.OrdinalIgnoreCase));
        await using (var query = await replicas.QueryAsync(connection, sql, 10_000, trusted: true, cancellationToken))
            await foreach (var row in query.ReadAsync(cancellationToken))
            {
                (name, table) = ((string)row[0]!, (string)row[1]!);
                known[(string)row[3]!] = new RowColumn((string)row[2]!, (string)row[3]!, Enum.Parse<ColumnType>((string)row[4]!), Convert.ToInt64(row[5], System.Globalization.CultureInfo.InvariantCulture) == 1);
            }
        if (known.Count == 0)
            throw new InvalidInputException($"The replica of {connection.Name} has no table {sobject}.", "Select it in Edit data sync and sync it first.");
        await using var head = await replicas.QueryAsync(connection, $"SELECT * FROM {SqlName.Quote(table)}", 1, trusted: true, cancellationToken);
        return (name, table, [.. head.Columns.Where(known.ContainsKey).Select(column => known[column])]);
    }

    private static string IdOf(Connection connection) => connection.Replica is null ? "Id" : "id";

    private static string? To18(string id) => Salesforce.OAuth.SalesforceId.To18(id.Trim());
}

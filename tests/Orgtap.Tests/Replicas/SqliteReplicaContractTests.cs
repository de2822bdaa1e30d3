using Orgtap.Records;
using Orgtap.Replicas;
using Orgtap.Replicas.Sqlite;

namespace Orgtap.Tests.Replicas;

public sealed class SqliteReplicaContractTests : ReplicaContract, IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private string File => _folder.File("acme.db");

    public void Dispose() => _folder.Dispose();

    protected override async Task<IReplica> OpenAsync() => await SqliteReplica.OpenAsync(File, TimeProvider.System, Never);

    protected override async Task<IReadOnlyList<string?[]>> ReadAsync(ObjectSchema schema)
    {
        var names = string.Join(", ", schema.Columns.Select(column => Quote(column.Name)));
        await using var query = await ReplicaQuery.OpenAsync(File, $"SELECT {names} FROM {Quote(await TableAsync(schema))} ORDER BY Id", long.MaxValue, Never);
        var rows = new List<string?[]>();
        await foreach (var row in query.ReadAsync(Never)) rows.Add([.. row.Select((value, i) => StoredForm.ToCanonical(value, schema.Columns[i].Type))]);
        return rows;
    }

    protected override Task MakeRowFailAsync(ObjectSchema schema, string id)
    {
        using var connection = RawSqlite.Open(File);
        connection.Execute($"CREATE TRIGGER refuse BEFORE INSERT ON {Quote(schema.SObject)} WHEN new.Id = '{id}' BEGIN SELECT RAISE(ABORT, 'refused'); END");
        return Task.CompletedTask;
    }

    // As a data consumer finds it.
    private async Task<string> TableAsync(ObjectSchema schema)
    {
        await using var replica = await OpenAsync();
        return (await replica.TablesAsync(Never)).Single(table => table.SObject == schema.SObject).TableName;
    }

    private static string Quote(string name) => $"\"{name.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";
}

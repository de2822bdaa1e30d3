using Dapper;
using Npgsql;
using Orgtap.Connections;
using Orgtap.Primitives;
using Orgtap.Records;
using Orgtap.Replicas;
using Orgtap.Replicas.Postgres;
using Orgtap.Tests.Storage;

namespace Orgtap.Tests.Replicas;

public class PostgresReplicaContractTests : ReplicaContract, IAsyncDisposable
{
    internal PostgresTestSchema Schema { get; } = new();

    public ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        return Schema.DisposeAsync();
    }

    /// <summary>Of one part of a table.</summary>
    protected virtual int MostColumns => TableParts.MostColumns;

    protected override bool KeepsNuls => false;

    protected override async Task<IReplica> OpenAsync() => await PostgresReplica.OpenAsync(Schema.Source, TimeProvider.System, MostColumns, Never);

    protected override async Task<IReadOnlyList<string?[]>> ReadAsync(ObjectSchema schema)
    {
        await using var db = await Schema.ConnectAsync();
        var cells = schema.Columns.Select(column => PostgresTypes.Canonical(SqlName.Quote(PostgresNames.Of(column.Name)), column.Type));
        await using var command = new NpgsqlCommand($"SELECT {string.Join(", ", schema.Columns.Select(column => SqlName.Quote(PostgresNames.Of(column.Name))))} FROM {SqlName.Quote(PostgresNames.Of(schema.SObject))} LIMIT 0", db);
        // Widened columns are stored as something else than the schema says.
        string[] types;
        await using (var described = await command.ExecuteReaderAsync()) types = [.. Enumerable.Range(0, described.FieldCount).Select(described.GetDataTypeName)];
        command.CommandText = $"SELECT {string.Join(", ", cells.Select((cell, i) => types[i] is "text" ? SqlName.Quote(PostgresNames.Of(schema.Columns[i].Name)) : cell))} FROM {SqlName.Quote(PostgresNames.Of(schema.SObject))} ORDER BY id";
        var rows = new List<string?[]>();
        await using var reader = await command.ExecuteReaderAsync();
        while (await reader.ReadAsync()) rows.Add([.. Enumerable.Range(0, reader.FieldCount).Select(i => reader.IsDBNull(i) ? null : reader.GetString(i))]);
        return rows;
    }

    protected override async Task MakeRowFailAsync(ObjectSchema schema, string id)
    {
        await using var db = await Schema.ConnectAsync();
        // The last table that a row goes into.
        var number = await db.ExecuteScalarAsync<long>("SELECT id FROM _orgtap_tables WHERE sobject = @SObject", new { schema.SObject });
        var table = (await TableParts.TablesAsync(db, PostgresNames.Of(schema.SObject), number))[^1];
        await db.ExecuteAsync($"""
            CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF NEW.id = '{id}' THEN RAISE 'refused'; END IF; RETURN NEW; END $$;
            CREATE TRIGGER refuse BEFORE INSERT ON {SqlName.Quote(table)} FOR EACH ROW EXECUTE FUNCTION refuse();
            """);
    }
}

/// <summary>The same promises where every column lies in a table of its own behind a view.</summary>
public sealed class PostgresPartsContractTests : PostgresReplicaContractTests
{
    private int _mostColumns = 1;

    protected override int MostColumns => _mostColumns;

    [Fact]
    public override Task Names_with_quotes_and_dots_and_eight_hundred_fields_are_only_names()
    {
        // 800 parts would be nobody's.
        _mostColumns = 300;
        return base.Names_with_quotes_and_dots_and_eight_hundred_fields_are_only_names();
    }

    [Fact]
    public async Task Every_column_lies_in_a_part_of_its_own()
    {
        await using (var replica = await OpenAsync()) await replica.OpenAsync(Pages.Account, Never);
        await using var db = await Schema.ConnectAsync();
        Assert.Equal(["Employees 2", "Id 0", "IsDeleted 0", "Name 1"], await db.QueryAsync<string>("SELECT name || ' ' || part FROM _orgtap_columns ORDER BY name"));
    }
}

/// <summary>A schema of its own for one test, gone with it.</summary>
internal sealed class PostgresTestSchema : IAsyncDisposable
{
    private PostgresSource? _source;

    public string Name { get; } = $"replica_{Guid.NewGuid():N}";

    /// <summary>Skips the test where there is no server.</summary>
    public PostgresSource Source => _source ??= new PostgresSource(TestPostgres.Address, Name);

    /// <summary>The schema as a connection names it. Skips the test where there is no server.</summary>
    public PostgresPlace Place
    {
        get
        {
            _ = Source;
            return new PostgresPlace(new SecretText(TestPostgres.Address.With(parts => parts.ApplicationName = Name).ConnectionString), Name);
        }
    }

    /// <summary>Another program that looks at the schema.</summary>
    public async Task<NpgsqlConnection> ConnectAsync()
    {
        var db = new NpgsqlConnection(TestPostgres.Address.With(parts => (parts.SearchPath, parts.Options) = (Name, "-c timezone=UTC")).ConnectionString);
        await db.OpenAsync();
        return db;
    }

    public async ValueTask DisposeAsync()
    {
        if (_source is null) return;
        await _source.DisposeAsync();
        await using var db = await ConnectAsync();
        await db.ExecuteAsync($"DROP SCHEMA IF EXISTS {Name} CASCADE");
    }
}

using Dapper;
using Npgsql;
using Orgtap.Connections;
using Orgtap.Primitives;
using Orgtap.Replicas.Postgres;
using Orgtap.Syncs;
using Orgtap.Tests.Storage;

namespace Orgtap.Tests.Replicas;

/// <summary>Replicas of one database share their sessions.</summary>
public sealed class PostgresPoolTests : IAsyncDisposable
{
    private readonly List<PostgresTestSchema> _schemas = [.. Enumerable.Range(0, 12).Select(_ => new PostgresTestSchema())];

    public async ValueTask DisposeAsync()
    {
        foreach (var schema in _schemas) await schema.DisposeAsync();
    }

    [Fact]
    public async Task Connections_that_are_written_one_after_the_other_need_no_more_sessions_than_one()
    {
        var name = $"orgtap {Guid.NewGuid():N}";
        using var folder = new TemporaryFolder();
        await using var files = new ReplicaFiles(folder.Path, TimeProvider.System);
        foreach (var (schema, number) in _schemas.Select((schema, number) => (schema, number)))
        {
            _ = schema.Source;
            var place = new PostgresPlace(new SecretText(TestPostgres.Address.With(parts => parts.ApplicationName = name).ConnectionString), schema.Name);
            await using var replica = await PostgresReplica.OpenAsync(files.SourceOf(place), TimeProvider.System, CancellationToken.None);
            var table = await replica.OpenAsync(Pages.Account, CancellationToken.None);
            using var page = Pages.Of(Pages.Account, Pages.Backfill(Pages.Account), [[Pages.Id(number), $"of {schema.Name}", "1", "false"]]);
            await replica.CommitAsync(table, page, CancellationToken.None);
        }

        foreach (var schema in _schemas)
        {
            await using var own = await schema.ConnectAsync();
            Assert.Equal($"of {schema.Name}", await own.QuerySingleAsync<string>("SELECT name FROM account"));
        }
        await using var db = new NpgsqlConnection(TestPostgres.Address.ConnectionString);
        Assert.InRange(await db.ExecuteScalarAsync<long>("SELECT count(*) FROM pg_stat_activity WHERE application_name = @name", new { name }), 1, 3);
    }
}

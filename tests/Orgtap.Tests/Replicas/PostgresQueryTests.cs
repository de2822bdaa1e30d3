using Dapper;
using Orgtap.Primitives;
using Orgtap.Records;
using Orgtap.Replicas.Postgres;

namespace Orgtap.Tests.Replicas;

public sealed class PostgresQueryTests : IAsyncDisposable
{
    private readonly PostgresTestSchema _schema = new();

    private static CancellationToken Never => CancellationToken.None;

    public ValueTask DisposeAsync() => _schema.DisposeAsync();

    [Fact]
    public async Task Values_come_as_from_a_file()
    {
        var schema = new ObjectSchema("T__c", [new("Id", ColumnType.Id), new("B__c", ColumnType.Boolean), new("I__c", ColumnType.Integer), new("R__c", ColumnType.Decimal, 10, 2),
            new("D__c", ColumnType.Decimal, 18, 2), new("S__c", ColumnType.DateTime), new("Day__c", ColumnType.Date), new("Hour__c", ColumnType.Time)]);
        await FillAsync(schema, [Pages.Id(1), "true", "12", "1.50", "12345678901234567890.120", "2026-01-02T03:04:05.000+0000", "2026-01-02", "03:04:05.6Z"], [Pages.Id(2), null, null, null, null, null, null, null]);
        var (columns, rows, truncated) = await AskAsync("SELECT B__c, I__c, R__c, D__c, S__c, Day__c, Hour__c FROM T__c ORDER BY Id", 10);
        Assert.Equal(["b__c", "i__c", "r__c", "d__c", "s__c", "day__c", "hour__c"], columns);
        Assert.Equal([true, 12L, 1.5, "12345678901234567890.12", "2026-01-02T03:04:05.000Z", "2026-01-02", "03:04:05.600"], rows[0]);
        Assert.All(rows[1], Assert.Null);
        Assert.False(truncated);
    }

    [Theory]
    [InlineData(1, true)]
    [InlineData(299, true)]
    [InlineData(300, false)]
    [InlineData(301, false)]
    [InlineData(long.MaxValue, false)]
    public async Task A_limit_is_held_and_told(long limit, bool truncated)
    {
        await FillAsync(Pages.CaseStatus, [.. Enumerable.Range(0, 300).Select(i => new string?[] { Pages.Id(i), "x" })]);
        var answer = await AskAsync("SELECT id FROM casestatus ORDER BY id", limit);
        Assert.Equal((Math.Min(limit, 300), truncated), (answer.Rows.Count, answer.Truncated));
    }

    [Theory]
    [InlineData("DELETE FROM casestatus")]
    [InlineData("WITH gone AS (DELETE FROM casestatus RETURNING id) SELECT * FROM gone")]
    [InlineData("SELECT 1; DELETE FROM casestatus")]
    [InlineData("SELECT 1; COMMIT; DELETE FROM casestatus")]
    [InlineData("SELECT set_config('transaction_read_only', 'off', false); DELETE FROM casestatus")]
    [InlineData("SELECT nextval('_orgtap_tables_id_seq')")]
    [InlineData("DROP TABLE casestatus")]
    [InlineData("COPY casestatus TO STDOUT")]
    [InlineData("SELECT nonsense FROM casestatus")]
    [InlineData("SELEC")]
    public async Task What_is_no_query_is_refused_and_changes_nothing(string sql)
    {
        await FillAsync(Pages.CaseStatus, [Pages.Id(1), "New"]);
        var refusal = await Assert.ThrowsAnyAsync<OrgtapException>(() => AskAsync(sql, 10));
        Assert.Equal(FailureKind.InvalidInput, refusal.Kind);
        Assert.Equal(1, (long)(await AskAsync("SELECT count(*) FROM casestatus", 10)).Rows[0][0]!);
    }

    [Fact]
    public async Task Beside_a_control_store_only_those_who_could_read_it_anyway_may_ask()
    {
        await FillAsync(Pages.CaseStatus, [Pages.Id(1), "New"]);
        await using var db = await _schema.ConnectAsync();
        await db.ExecuteAsync("CREATE TABLE key_ring (name text)");
        Assert.Contains("psql", (await Assert.ThrowsAsync<InvalidInputException>(() => AskAsync("SELECT 1", 1, trusted: false))).NextStep, StringComparison.Ordinal);
        Assert.Single((await AskAsync("SELECT 1", 1)).Rows);
    }

    [Fact]
    public async Task A_schema_without_a_replica_is_named()
    {
        var refusal = await Assert.ThrowsAsync<InvalidInputException>(() => AskAsync("SELECT 1", 1));
        Assert.Contains(_schema.Name, refusal.Message, StringComparison.Ordinal);
    }

    private async Task FillAsync(ObjectSchema schema, params string?[][] rows)
    {
        await using var replica = await PostgresReplica.OpenAsync(_schema.Source, TimeProvider.System, Never);
        var table = await replica.OpenAsync(schema, Never);
        using var page = Pages.Of(schema, rows);
        await replica.CommitAsync(table, page, Never);
    }

    private async Task<(IReadOnlyList<string> Columns, List<object?[]> Rows, bool Truncated)> AskAsync(string sql, long limit, bool trusted = true)
    {
        await using var query = await PostgresQuery.OpenAsync(_schema.Source, sql, limit, trusted, Never);
        var rows = new List<object?[]>();
        await foreach (var row in query.ReadAsync(Never)) rows.Add(row);
        return (query.Columns, rows, query.IsTruncated);
    }
}

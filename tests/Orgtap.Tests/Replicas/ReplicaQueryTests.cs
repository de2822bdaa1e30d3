using Orgtap.Primitives;
using Orgtap.Replicas.Sqlite;

namespace Orgtap.Tests.Replicas;

public sealed class ReplicaQueryTests : IAsyncLifetime
{
    private readonly TemporaryFolder _folder = new();

    private static CancellationToken Never => CancellationToken.None;

    private string FilePath => _folder.File("acme.db");

    public async ValueTask InitializeAsync()
    {
        await using var replica = await SqliteReplica.OpenAsync(FilePath, TimeProvider.System, Never);
        var table = await replica.OpenAsync(Pages.Account, Never);
        using var page = Pages.Of(Pages.Account, Pages.Backfill(Pages.Account), Enumerable.Range(0, 1000).Select(i => new[] { Pages.Id(i), $"Name {i}", "2", "false" }));
        await replica.CommitAsync(table, page, Never);
    }

    public ValueTask DisposeAsync()
    {
        _folder.Dispose();
        return ValueTask.CompletedTask;
    }

    [Fact]
    public async Task Gives_column_names_and_rows()
    {
        await using var query = await OpenAsync("SELECT count(*) AS accounts, sum(Employees) AS people, NULL AS none FROM Account -- all of them\n;");
        Assert.Equal(["accounts", "people", "none"], query.Columns);
        Assert.Equal([1000L, 2000L, null], Assert.Single(await RowsAsync(query)));
        Assert.False(query.IsTruncated);
    }

    [Theory]
    [InlineData(1, true)]
    [InlineData(256, true)]
    [InlineData(257, true)]
    [InlineData(999, true)]
    [InlineData(1000, false)]
    [InlineData(5000, false)]
    public async Task Ends_at_the_row_limit_and_says_so(int limit, bool truncated)
    {
        await using var query = await OpenAsync("SELECT Id FROM Account ORDER BY Id", limit);
        var rows = await RowsAsync(query);
        Assert.Equal(Enumerable.Range(0, Math.Min(limit, 1000)).Select(Pages.Id), rows.Select(row => row[0]));
        Assert.Equal(truncated, query.IsTruncated);
    }

    [Theory]
    [InlineData("DELETE FROM Account")]
    [InlineData("UPDATE Account SET Name = 'x' RETURNING Id")]
    [InlineData("CREATE TABLE t (x)")]
    [InlineData("DROP TABLE Account")]
    [InlineData("ATTACH '/tmp/other.db' AS other")]
    [InlineData("VACUUM INTO '/tmp/copy.db'")]
    [InlineData("PRAGMA query_only=off")]
    [InlineData("PRAGMA journal_mode=delete")]
    [InlineData("BEGIN")]
    [InlineData("SELECT load_extension('/tmp/x.so')")]
    [InlineData("")]
    [InlineData("-- nothing")]
    public async Task Refuses_what_is_not_a_query(string sql)
    {
        var thrown = await Assert.ThrowsAnyAsync<OrgtapException>(() => OpenAsync(sql));
        Assert.Equal(FailureKind.InvalidInput, thrown.Kind);
        Assert.Contains("not a query", thrown.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Refuses_a_second_statement()
    {
        var thrown = await Assert.ThrowsAsync<InvalidInputException>(() => OpenAsync("SELECT 1; SELECT 2"));
        Assert.Contains("more than one", thrown.Message, StringComparison.Ordinal);
        Assert.Contains("more than one", (await Assert.ThrowsAsync<InvalidInputException>(() => OpenAsync("SELECT 1; DELETE FROM Account"))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Says_what_is_wrong_with_the_SQL()
    {
        var thrown = await Assert.ThrowsAsync<InvalidInputException>(() => OpenAsync("SELECT Nmae FROM Account"));
        Assert.Contains("no such column: Nmae", thrown.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Reads_with_expressions_recursion_and_the_columns_of_a_table()
    {
        await using var query = await OpenAsync("WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n WHERE x < 3) SELECT x, (SELECT count(*) FROM pragma_table_info('Account')) FROM n");
        Assert.Equal([[1L, 4L], [2L, 4L], [3L, 4L]], await RowsAsync(query));
    }

    [Fact]
    public async Task Cancelling_stops_a_query_that_would_never_end()
    {
        await using var query = await OpenAsync("WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT count(*) FROM n");
        using var stop = new CancellationTokenSource();
        var reading = RowsAsync(query, stop.Token);
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => reading);
    }

    private Task<ReplicaQuery> OpenAsync(string sql, long limit = 10_000) => ReplicaQuery.OpenAsync(FilePath, sql, limit, Never);

    private static async Task<List<object?[]>> RowsAsync(ReplicaQuery query, CancellationToken cancellationToken = default)
    {
        var rows = new List<object?[]>();
        await foreach (var row in query.ReadAsync(cancellationToken)) rows.Add(row);
        return rows;
    }
}

using Dapper;
using Orgtap.Connections;
using Orgtap.Primitives;
using Orgtap.Records;
using Orgtap.Syncs;
using Orgtap.Tests.Replicas;
using Orgtap.Tests.Storage;

namespace Orgtap.Tests.Syncs;

/// <summary>Whole syncs of the simulated org into PostgreSQL.</summary>
public sealed class PostgresSyncTests : IAsyncDisposable
{
    private readonly PostgresTestSchema _schema = new();

    public ValueTask DisposeAsync() => _schema.DisposeAsync();

    [Fact]
    public async Task First_and_next_loads_are_exact()
    {
        await using var org = await StartAsync();
        await org.SelectAsync("Account", "Contact", "Opportunity", "User", "CaseStatus");
        var first = await org.SyncAsync();
        Assert.Equal((RunOutcome.Completed, Verdict.Complete), (first.Outcome, first.Verdict));
        await org.AssertExactAsync("Account", "Contact", "Opportunity", "User", "CaseStatus");

        var second = await org.SyncAsync();
        Assert.Equal(RunOutcome.Completed, second.Outcome);
        Assert.All(second.Tables, table => Assert.Equal(0, table.Receipt!.Tally.Inserted));
        await org.AssertExactAsync("Account", "Contact", "Opportunity", "User", "CaseStatus");
    }

    [Fact]
    public async Task A_run_that_is_killed_between_pages_goes_on_from_the_last_one()
    {
        await using var org = await StartAsync();
        await org.SelectAsync("Account");
        var pages = 0;
        org.Wrap = replica => new DyingReplica(replica, () => ++pages == 4);
        await org.OpenAsync();
        Assert.NotEqual(RunOutcome.Completed, (await org.SyncAsync()).Outcome);
        org.Wrap = replica => replica;
        await org.OpenAsync();
        Assert.InRange((await org.Files.TablesAsync(org.Connection, SyncedOrg.Cancel))[0].Rows, 1, 2_599);
        Assert.Equal(RunOutcome.Completed, (await org.SyncAsync()).Outcome);
        await org.AssertExactAsync("Account");
    }

    [Fact]
    public async Task Sessions_that_the_server_kills_all_the_time_cost_retries_and_nothing_else()
    {
        await using var org = await StartAsync();
        await org.SelectAsync("Account", "Contact", "Opportunity", "User");
        var (killed, ended) = (0L, false);
        var killing = Task.Run(async () =>
        {
            await using var db = await _schema.ConnectAsync();
            while (!Volatile.Read(ref ended))
                Interlocked.Add(ref killed, await db.ExecuteScalarAsync<long>("SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE application_name = @Name AND pid <> pg_backend_pid() AND random() < 0.2", new { _schema.Name }));
        });
        for (var run = 0; run < 3 || (Volatile.Read(ref killed) < 5 && run < 40); run++) await org.SyncAsync();
        Volatile.Write(ref ended, true);
        await killing;
        TestContext.Current.SendDiagnosticMessage($"{killed} sessions killed");
        Assert.True(killed > 0, "No session was killed: the test proves nothing.");

        Assert.Equal(RunOutcome.Completed, (await org.SyncAsync()).Outcome);
        await org.AssertExactAsync("Account", "Contact", "Opportunity", "User");
        var held = await org.Files.TablesAsync(org.Connection, SyncedOrg.Cancel);
        await using var counting = await _schema.ConnectAsync();
        foreach (var table in held)
            Assert.Equal(await counting.ExecuteScalarAsync<long>($"SELECT count(*) FROM {table.TableName}{(table.SObject is "User" ? "" : " WHERE NOT isdeleted")}".Replace("FROM user", "FROM \"user\"", StringComparison.Ordinal)), table.Rows);
    }

    [Fact]
    public async Task Analysts_find_typed_columns_under_plain_names()
    {
        await using var org = await StartAsync();
        await org.SelectAsync("Account", "Opportunity");
        await org.SyncAsync();
        await using var db = await _schema.ConnectAsync();
        var types = (await db.QueryAsync<(string Name, string Type)>(
            "SELECT column_name, data_type FROM information_schema.columns WHERE table_schema = current_schema() AND table_name = 'opportunity'")).ToDictionary(row => row.Name, row => row.Type);
        Assert.Equal(("text", "numeric", "date", "timestamp with time zone", "boolean"), (types["stagename"], types["amount"], types["closedate"], types["systemmodstamp"], types["isclosed"]));
        // As somebody would write it, without a quote.
        Assert.Equal(org.Host.Store.Truth("Opportunity", ["Amount"], includeDeleted: true).Sum(row => decimal.Parse(row.Values[0] is null or "" ? "0" : row.Values[0]!, System.Globalization.CultureInfo.InvariantCulture)),
            await db.ExecuteScalarAsync<decimal>("SELECT sum(Amount) FROM Opportunity"));
        Assert.True(await db.ExecuteScalarAsync<long>("SELECT count(*) FROM Opportunity o JOIN Account a ON a.Id = o.AccountId WHERE o.CreatedDate > '2000-01-01'") > 0);
    }

    private async Task<SyncedOrg> StartAsync()
    {
        var org = await SyncedOrg.StartAsync();
        org.Place = _schema.Place;
        await org.OpenAsync();
        return org;
    }

    /// <summary>Stops working in the middle, as a process does that is killed.</summary>
    private sealed class DyingReplica(Orgtap.Replicas.IReplica inner, Func<bool> dies) : Orgtap.Replicas.IReplica
    {
        public Task<Orgtap.Replicas.OpenTable> OpenAsync(ObjectSchema schema, CancellationToken cancellationToken) => inner.OpenAsync(schema, cancellationToken);

        public Task<Orgtap.Replicas.Commit> CommitAsync(Orgtap.Replicas.OpenTable table, Page page, CancellationToken cancellationToken) =>
            dies() ? throw new InvalidOperationException("killed") : inner.CommitAsync(table, page, cancellationToken);

        public Task<IReadOnlyList<string>> MissingAsync(Orgtap.Replicas.OpenTable table, string? after, int atMost, CancellationToken cancellationToken) => inner.MissingAsync(table, after, atMost, cancellationToken);

        public Task<Orgtap.Masking.MaskCounts> MaskAsync(Orgtap.Masking.MaskingRules rules, CancellationToken cancellationToken) => inner.MaskAsync(rules, cancellationToken);

        public Task<IReadOnlyList<Orgtap.Replicas.ReplicaTable>> TablesAsync(CancellationToken cancellationToken) => inner.TablesAsync(cancellationToken);

        public ValueTask DisposeAsync() => inner.DisposeAsync();
    }
}

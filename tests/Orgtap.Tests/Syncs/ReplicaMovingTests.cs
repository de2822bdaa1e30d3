using Orgtap.Connections;
using Orgtap.Primitives;
using Orgtap.Records;
using Orgtap.Replicas.Postgres;
using Orgtap.Syncs;
using Orgtap.Tests.Replicas;
using Orgtap.Tests.Storage;

namespace Orgtap.Tests.Syncs;

/// <summary>From a file to PostgreSQL without a new first sync.</summary>
public sealed class ReplicaMovingTests : IAsyncDisposable
{
    private readonly PostgresTestSchema _schema = new();

    public ValueTask DisposeAsync() => _schema.DisposeAsync();

    [Fact]
    public async Task Rows_and_checkpoints_arrive_exactly_and_the_next_sync_goes_on_from_them()
    {
        await using var org = await StartAsync();
        await org.SelectAsync("Account", "Contact", "CaseStatus");
        await org.SyncAsync();
        var before = await org.Files.TablesAsync(org.Connection, SyncedOrg.Cancel);
        var asked = org.Host.Requests.Entries.Count;

        var run = await MoveAsync(org);

        Assert.Equal((RunOutcome.Completed, 4_104L), (run.Outcome, run.Tables.Sum(table => table.RowsWritten)));
        Assert.Equal(asked, org.Host.Requests.Entries.Count);
        await ReopenAsync(org);
        var after = await org.Files.TablesAsync(org.Connection, SyncedOrg.Cancel);
        Assert.Equal(before.Select(table => (table.SObject, table.Rows, table.LastComplete, table.Checkpoint!.ToJson())), after.Select(table => (table.SObject, table.Rows, table.LastComplete, table.Checkpoint!.ToJson())));
        await org.AssertExactAsync("Account", "Contact", "CaseStatus");

        var next = await org.SyncAsync();
        Assert.Equal(RunOutcome.Completed, next.Outcome);
        Assert.Equal(LoadMode.Incremental, next.Tables.Single(table => table.SObject == "Account").Receipt!.Mode);
        Assert.Equal(0, next.Tables.Sum(table => table.Receipt!.Tally.Inserted));
        await org.AssertExactAsync("Account", "Contact", "CaseStatus");
    }

    [Fact]
    public async Task A_move_that_breaks_off_leaves_the_file_in_use_and_is_begun_anew()
    {
        await using var org = await StartAsync();
        await org.SelectAsync("Account", "Contact");
        await org.SyncAsync();
        await PostgresMove.BeginAsync(_schema.Source, SyncedOrg.Cancel);
        // What a killed move leaves: half of a table, and a row that is not in the file.
        await using (var replica = await PostgresReplica.OpenAsync(_schema.Source, TimeProvider.System, SyncedOrg.Cancel))
        {
            var table = await replica.OpenAsync(Pages.Account, SyncedOrg.Cancel);
            using var page = Pages.Of(Pages.Account, [Pages.Id(1), "Left over", "1", "false"]);
            await replica.CommitAsync(table, page, SyncedOrg.Cancel);
        }
        Assert.Null((await org.Connections.GetAsync("acme", SyncedOrg.Cancel)).Replica);
        Assert.Equal(RunOutcome.Completed, (await MoveAsync(org)).Outcome);
        await ReopenAsync(org);
        await org.AssertExactAsync("Account", "Contact");
    }

    [Fact]
    public async Task Rows_that_no_move_brought_are_not_overwritten()
    {
        await using var org = await StartAsync();
        await org.SelectAsync("CaseStatus");
        await org.SyncAsync();
        await using (var replica = await PostgresReplica.OpenAsync(_schema.Source, TimeProvider.System, SyncedOrg.Cancel)) await replica.OpenAsync(Pages.Account, SyncedOrg.Cancel);
        var refusal = await Assert.ThrowsAsync<InvalidInputException>(() => MoveAsync(org));
        Assert.Contains("holds rows already", refusal.Message, StringComparison.Ordinal);
        Assert.Null((await org.Connections.GetAsync("acme", SyncedOrg.Cancel)).Replica);
        Assert.Equal(RunOutcome.Failed, (await org.Runs.ListAsync(null, 1, SyncedOrg.Cancel))[0].Outcome);
    }

    private PostgresPlace Place => new(new SecretText(TestPostgres.Address.ConnectionString), _schema.Name);

    private Task<Run> MoveAsync(SyncedOrg org) =>
        new ReplicaMoving(org.Files, org.Runs, org.Connections, new RowMemory(org.Budget, org.Budget), TimeProvider.System).MoveAsync(org.Connection, Place, "test", SyncedOrg.Cancel);

    private async Task ReopenAsync(SyncedOrg org)
    {
        org.Place = Place;
        await org.OpenAsync();
        Assert.Equal(_schema.Name, org.Connection.Replica!.Schema);
    }

    private async Task<SyncedOrg> StartAsync()
    {
        _ = _schema.Source;
        var org = await SyncedOrg.StartAsync();
        await org.OpenAsync();
        return org;
    }
}

using Orgtap.Extraction;
using Orgtap.Records;
using Orgtap.Syncs;
using Orgtap.Tests.Replicas;

namespace Orgtap.Tests.Syncs;

/// <summary>Errors are planted into a replica behind Orgtap's back, at random; verifying must find every one and leave the replica as the org is.</summary>
public sealed class VerifyTests
{
    private const string Ghost = "001000000000000";

    [Theory]
    [InlineData(2_000_000)]
    [InlineData(100)]
    public async Task Verifying_finds_and_mends_lost_ghost_stale_and_wrongly_marked_rows_whatever_interface_reads_them(int bulkAbove)
    {
        await using var org = await LoadedAsync(bulkAbove);
        var path = org.Files.PathOf(org.Connection);
        for (var seed = 0; seed < 8; seed++)
        {
            var random = new Random(seed);
            var ids = org.Host.Store.Truth("Account", ["Name"], includeDeleted: false).Select(row => row.Id).ToArray();
            random.Shuffle(ids);
            // One kind of error alone must be found as well as all together.
            var (lost, stale, marked, ghosts) = seed < 4
                ? (seed == 0 ? 1 : 0, seed == 1 ? 1 : 0, seed == 2 ? 1 : 0, seed == 3 ? 1 : 0)
                : (random.Next(40), random.Next(40), random.Next(40), random.Next(5));
            var planting = new List<string>();
            foreach (var id in ids[..lost]) planting.Add($"DELETE FROM Account WHERE Id = '{id}'");
            // As if the last change, maybe of the last millisecond, had never come.
            foreach (var id in ids[lost..(lost + stale)])
                planting.Add($"UPDATE Account SET Name = 'planted', SystemModstamp = strftime('%Y-%m-%dT%H:%M:%fZ', SystemModstamp, '-0.00{random.Next(1, 10)} seconds') WHERE Id = '{id}'");
            foreach (var id in ids[(lost + stale)..(lost + stale + marked)]) planting.Add($"UPDATE Account SET IsDeleted = 1 WHERE Id = '{id}'");
            for (var i = 0; i < ghosts; i++) planting.Add($"INSERT INTO Account (Id, Name, IsDeleted) VALUES ('{Ghost}{(char)('A' + i)}AA', 'Ghost', 0)");
            RawSqlite.Execute(path, $"BEGIN;{string.Join(';', planting)};COMMIT");

            var receipt = await VerifyAsync(org, RunPurpose.Verify);

            var loads = (IReadOnlyList<Receipt>)[receipt, .. receipt.More ?? []];
            Assert.Equal(ghosts, loads.Single(load => load.Mode == LoadMode.Reconcile).Tally.Swept);
            Assert.Equal(lost + stale + marked, loads.SingleOrDefault(load => load.Mode == LoadMode.Mend)?.Tally.Parsed ?? 0);
            Assert.Equal(ghosts.ToString(System.Globalization.CultureInfo.InvariantCulture), RawSqlite.Scalar(path, $"SELECT count(*) FROM Account WHERE Id LIKE '{Ghost}%' AND IsDeleted = 1"));
            RawSqlite.Execute(path, $"DELETE FROM Account WHERE Id LIKE '{Ghost}%'");
            await org.AssertExactAsync("Account");
        }
    }

    [Fact]
    public async Task Verifying_deeply_finds_and_mends_any_changed_value()
    {
        await using var org = await LoadedAsync(100);
        var path = org.Files.PathOf(org.Connection);
        var columns = RawSqlite.Scalar(path, "SELECT group_concat(name) FROM pragma_table_info('Account') WHERE name NOT IN ('Id', 'IsDeleted', 'SystemModstamp')")!.Split(',');
        for (var seed = 0; seed < 4; seed++)
        {
            var random = new Random(seed);
            var ids = org.Host.Store.Truth("Account", ["Name"], includeDeleted: false).Select(row => row.Id).ToArray();
            random.Shuffle(ids);
            // The first two rounds go through every column, a row each; then rows and columns by chance.
            var planted = seed < 2 ? columns : [.. columns.Where(_ => random.Next(2) == 0)];
            var planting = new List<string>();
            for (var i = 0; i < planted.Length; i++)
            {
                var name = $"\"{planted[i]}\"";
                planting.Add($"UPDATE Account SET {name} = CASE WHEN {name} IS NULL OR {seed % 2} THEN CASE typeof({name}) WHEN 'integer' THEN {name} + 1 WHEN 'real' THEN {name} + 0.5 ELSE 'planted' END END WHERE Id = '{ids[i]}'");
            }
            RawSqlite.Execute(path, $"BEGIN;{string.Join(';', planting)};COMMIT");

            var receipt = await VerifyAsync(org, RunPurpose.VerifyDeep);

            var again = ((IReadOnlyList<Receipt>)[receipt, .. receipt.More ?? []]).Single(load => load.Mode == LoadMode.Refresh);
            Assert.Equal(planted.Length, again.Tally.Changed);
            await org.AssertExactAsync("Account");
        }
    }

    [Fact]
    public async Task A_replica_that_agrees_is_left_alone_and_the_cost_is_a_call_for_each_page_of_Ids()
    {
        await using var org = await LoadedAsync(2_000_000, 2_600);
        var calls = org.Host.Usage.Used;

        var receipt = await VerifyAsync(org, RunPurpose.Verify);

        var compared = ((IReadOnlyList<Receipt>)[receipt, .. receipt.More ?? []]).Single(load => load.Mode == LoadMode.Reconcile);
        Assert.Equal((Verdict.Complete, 2_600L, 0L), (compared.Verdict, compared.Tally.Parsed, compared.Tally.Swept));
        Assert.DoesNotContain(receipt.More ?? [], load => load.Mode == LoadMode.Mend);
        // 2,600 rows are two REST pages; beside them the count, the describe, what changed, and the list of deleted records.
        Assert.InRange(org.Host.Usage.Used - calls, 2, 8);
    }

    [Fact]
    public async Task A_row_that_changes_while_it_is_being_verified_is_no_error_and_ends_as_the_org_has_it()
    {
        await using var org = await LoadedAsync(2_000_000);
        var id = org.Host.Store.Truth("Account", ["Name"], includeDeleted: false).First().Id;
        var changed = false;
        org.Wrap = replica => new ObservedReplica(replica, page =>
        {
            if (page.Covers.Mode != LoadMode.Incremental || !page.Covers.Finished || changed) return;
            changed = true;
            org.Host.Clock.Advance(TimeSpan.FromMinutes(1));
            org.Host.Store.Update("Account", id, new Dictionary<string, object?> { ["Name"] = "Changed meanwhile" });
        });
        await org.OpenAsync();

        var receipt = await VerifyAsync(org, RunPurpose.Verify);

        Assert.True(changed);
        Assert.True(receipt.Verdict == Verdict.Complete, receipt.Sentence);
        await org.AssertExactAsync("Account");
    }

    [Theory]
    [InlineData(RunPurpose.Reconcile, LoadMode.Reconcile, RunPurpose.Verify, "UPDATE Account SET SystemModstamp = '2020-01-01T00:00:00.000Z' WHERE Id = '{0}'")]
    [InlineData(RunPurpose.Refresh, LoadMode.Refresh, RunPurpose.VerifyDeep, "UPDATE Account SET Name = 'planted' WHERE Id = '{0}'")]
    public async Task Verifying_does_not_go_on_with_an_interrupted_load_that_looked_at_less(RunPurpose lesser, LoadMode mode, RunPurpose verify, string plant)
    {
        await using var org = await LoadedAsync(2_000_000, 2_600);
        var pages = 0;
        org.Wrap = replica => new ObservedReplica(replica, page =>
        {
            if (page.Covers.Mode == mode && ++pages > 1) throw new InvalidOperationException("The process ends behind the first page.");
        });
        await org.OpenAsync();
        org.Host.Clock.Advance(TimeSpan.FromHours(1));
        await org.RunAsync(lesser);
        org.Wrap = replica => replica;
        await org.OpenAsync();
        Assert.Equal((mode, false), Assert.Single(await org.Files.TablesAsync(org.Connection, SyncedOrg.Cancel)).Checkpoint is var left ? (left!.Mode, left.Finished) : default);
        // On the page that is behind it.
        var id = org.Host.Store.Truth("Account", ["Name"], includeDeleted: false).First().Id;
        RawSqlite.Execute(org.Files.PathOf(org.Connection), string.Format(System.Globalization.CultureInfo.InvariantCulture, plant, id));

        await VerifyAsync(org, verify);

        await org.AssertExactAsync("Account");
    }

    private static async Task<Receipt> VerifyAsync(SyncedOrg org, RunPurpose purpose)
    {
        org.Host.Clock.Advance(TimeSpan.FromHours(1));
        var run = await org.Runner.ContinueAsync(await org.Runner.BeginAsync(org.Connection.Id, "test", new SyncWish(purpose, []), SyncedOrg.Cancel), SyncedOrg.Cancel);
        var receipt = Assert.Single(run.Tables).Receipt!;
        Assert.True(receipt.Verdict == Verdict.Complete, receipt.Sentence);
        return receipt;
    }

    private static async Task<SyncedOrg> LoadedAsync(int bulkAbove, long rows = 300)
    {
        var org = await SyncedOrg.StartAsync(options => options with { Records = new Dictionary<string, long>(SyncedOrg.SmallRecords) { ["Account"] = rows } });
        org.Options = org.Options with { Extraction = org.Options.Extraction with { BulkAboveRows = bulkAbove } };
        await org.OpenAsync();
        await org.SelectAsync("Account");
        Assert.Equal(RunOutcome.Completed, (await org.SyncAsync()).Outcome);
        return org;
    }
}

using Orgtap.Catalog;
using Orgtap.Extraction;
using Orgtap.Records;
using Orgtap.Syncs;
using Orgtap.Tests.Replicas;

namespace Orgtap.Tests.Syncs;

/// <summary>What keeps a copy honest after the first load: fields selected later, rows that vanish without a trace, values that change without a stamp.</summary>
public sealed class HonestCopyTests
{
    [Fact]
    public async Task A_field_selected_later_is_filled_with_Ids_and_that_field_alone()
    {
        await using var org = await SyncedOrg.StartAsync();
        await org.OpenAsync();
        await org.Selections.SetAsync(org.Connection.Id, [new SelectedObject("Contact", ["LastName"])], SyncedOrg.Cancel);
        await org.SyncAsync();
        await org.Selections.SetAsync(org.Connection.Id, [new SelectedObject("Contact", ["LastName", "Title", "Email"])], SyncedOrg.Cancel);
        org.Host.Clock.Advance(TimeSpan.FromHours(1));

        var receipt = Assert.Single((await org.SyncAsync()).Tables).Receipt!;

        Assert.Equal((LoadMode.Columns, Verdict.Complete, 1_500L), (receipt.Mode, receipt.Verdict, receipt.Tally.Parsed));
        Assert.Equal(LoadMode.Incremental, receipt.More![0].Mode);
        Assert.StartsWith("New fields filled for", receipt.Sentence, StringComparison.Ordinal);
        await AssertColumnsAsync(org, "Contact", "LastName", "Title", "Email");
        Assert.Equal("1", RawSqlite.Scalar(org.Files.PathOf(org.Connection), "SELECT min(updated) FROM _orgtap_columns WHERE name IN ('Title','Email','LastName','Id')"));
        // Nothing is left to fill.
        org.Host.Clock.Advance(TimeSpan.FromHours(1));
        Assert.Equal(LoadMode.Incremental, Assert.Single((await org.SyncAsync()).Tables).Receipt!.Mode);
    }

    [Theory]
    [InlineData(3)]
    [InlineData(-3)]
    public async Task A_machine_whose_clock_is_hours_wrong_for_a_while_misses_no_change(int hoursAhead)
    {
        await using var org = await SyncedOrg.StartAsync();
        await org.OpenAsync();
        await org.SelectAsync("Account", "Contact");
        var model = new OrgModel(org.Host, ["Account", "Contact"]);
        var random = new Random(7);
        await org.SyncAsync();
        foreach (var wrongBy in (TimeSpan[])[TimeSpan.FromHours(hoursAhead), TimeSpan.FromHours(hoursAhead), TimeSpan.Zero, TimeSpan.FromHours(-hoursAhead), TimeSpan.Zero])
        {
            org.ClockWrongBy = wrongBy;
            for (var change = 0; change < 40; change++) model.Happen(random);
            model.ShowAll();
            org.Host.Clock.Advance(TimeSpan.FromMinutes(20));
            var run = await org.SyncAsync();
            Assert.True(run is { Outcome: RunOutcome.Completed, Verdict: Verdict.Complete }, $"{wrongBy}: {run.Problem} {run.Tables[0].Problem} {run.Tables[1].Problem}");
        }
        org.Host.Clock.Advance(TimeSpan.FromMinutes(20));
        await org.SyncAsync();
        await org.RunAsync(RunPurpose.Reconcile);
        await org.RunAsync(RunPurpose.Refresh);
        await org.AssertExactAsync(ignoreVanished: true, "Account", "Contact");
    }

    [Fact]
    public async Task Filling_a_field_goes_on_after_the_process_died_and_meanwhile_the_column_is_marked()
    {
        await using var org = await SyncedOrg.StartAsync();
        await org.OpenAsync();
        await org.Selections.SetAsync(org.Connection.Id, [new SelectedObject("Account", ["Name"])], SyncedOrg.Cancel);
        await org.SyncAsync();
        await org.SelectAsync("Account");
        var crash = new Crash(7);
        org.Wrap = replica => new CrashingReplica(replica, crash);
        org.Options = org.Options with { TableRetries = 0 };
        await org.OpenAsync();
        await org.SyncAsync();
        Assert.True(crash.Happened);
        Assert.Equal("2", RawSqlite.Scalar(org.Files.PathOf(org.Connection), "SELECT updated FROM _orgtap_columns WHERE name = 'Industry'"));

        org.Wrap = replica => replica;
        await org.OpenAsync();
        var table = Assert.Single((await org.SyncAsync()).Tables);

        Assert.True(table.Receipt!.Verdict == Verdict.Complete, table.Receipt.Sentence);
        await org.AssertExactAsync("Account");
    }

    [Fact]
    public async Task A_row_deleted_for_good_is_found_by_Salesforces_list_of_deleted_records()
    {
        await using var org = await LoadedAsync("Account", "Contact");
        var ids = org.Host.Store.Truth("Account", ["Name"], includeDeleted: false).Take(2).Select(row => row.Id).ToList();
        org.Host.Clock.Advance(TimeSpan.FromHours(1));
        org.Host.Store.HardDelete("Account", ids[0]);
        org.Host.Store.Delete("Account", ids[1]);
        org.Host.Store.Undelete("Account", ids[1]);
        org.Host.Clock.Advance(TimeSpan.FromHours(1));
        var calls = org.Host.Usage.Used;

        var run = await org.SyncAsync();

        var account = run.Tables.Single(table => table.SObject == "Account").Receipt!;
        Assert.Contains("1 row that vanished without a trace", account.Sentence, StringComparison.Ordinal);
        Assert.Equal(Verdict.Complete, account.Verdict);
        Assert.Equal("1", RawSqlite.Scalar(org.Files.PathOf(org.Connection), $"SELECT IsDeleted FROM Account WHERE Id = '{ids[0]}'"));
        Assert.Equal("0", RawSqlite.Scalar(org.Files.PathOf(org.Connection), $"SELECT IsDeleted FROM Account WHERE Id = '{ids[1]}'"));
        Assert.InRange(org.Host.Usage.Used - calls, 1, 5);
    }

    [Fact]
    public async Task A_gap_in_the_list_of_deleted_records_makes_the_next_sync_compare_all_Ids()
    {
        await using var org = await LoadedAsync("Account");
        var gone = org.Host.Store.Truth("Account", ["Name"], includeDeleted: false).First().Id;
        org.Host.Store.HardDelete("Account", gone);
        org.Host.Clock.Advance(TimeSpan.FromDays(40));

        var receipt = Assert.Single((await org.SyncAsync()).Tables).Receipt!;

        Assert.Contains(receipt.More!, more => more is { Mode: LoadMode.Reconcile, Tally.Swept: 1 });
        Assert.Equal("1", RawSqlite.Scalar(org.Files.PathOf(org.Connection), $"SELECT IsDeleted FROM Account WHERE Id = '{gone}'"));
        org.Host.Clock.Advance(TimeSpan.FromHours(1));
        Assert.Null(Assert.Single((await org.SyncAsync()).Tables).Receipt!.More);
    }

    [Theory]
    [InlineData(2_000_000)]
    [InlineData(100)]
    public async Task Reconciling_finds_ghosts_and_lost_rows_whatever_interface_reads_the_Ids(int bulkAbove)
    {
        await using var org = await StartedAsync(bulkAbove);
        var lost = org.Host.Store.Truth("Account", ["Name"], includeDeleted: false).Skip(5).Take(450).Select(row => row.Id).ToList();
        var path = org.Files.PathOf(org.Connection);
        RawSqlite.Execute(path, $"DELETE FROM Account WHERE Id IN ({string.Join(',', lost.Select(id => $"'{id}'"))})");
        RawSqlite.Execute(path, "INSERT INTO Account (Id, Name, IsDeleted) VALUES ('001000000000000AAA', 'Ghost', 0)");

        var run = await org.Runner.ContinueAsync(await org.Runner.BeginAsync(org.Connection.Id, "test", new SyncWish(RunPurpose.Reconcile, []), SyncedOrg.Cancel), SyncedOrg.Cancel);

        var receipt = Assert.Single(run.Tables).Receipt!;
        Assert.True(receipt.Verdict == Verdict.Complete, receipt.Sentence);
        TestContext.Current.TestOutputHelper!.WriteLine(string.Join(" / ", receipt.More!.Select(more => $"{more.Mode} {more.Verdict} {more.Sentence} {more.Tally}")));
        Assert.Equal((1L, 450L), (receipt.More!.Single(more => more.Mode == LoadMode.Reconcile).Tally.Swept, receipt.More!.Single(more => more.Mode == LoadMode.Mend).Tally.Inserted));
        RawSqlite.Execute(path, "DELETE FROM Account WHERE Id = '001000000000000AAA'");
        await org.AssertExactAsync("Account");
    }

    [Fact]
    public async Task Values_that_change_without_a_stamp_are_found_by_a_refresh()
    {
        await using var org = await LoadedAsync("Opportunity");
        var formulas = (await org.Catalog.ObjectAsync(org.Connection, "Opportunity", TimeSpan.FromDays(1), new(), SyncedOrg.Cancel)).Fields.Where(field => field.Formula).Select(field => field.Name).ToList();
        Assert.NotEmpty(formulas);
        var id = org.Host.Store.Truth("Opportunity", ["Name"], includeDeleted: false).First().Id;
        org.Host.Clock.Advance(TimeSpan.FromHours(1));
        // What a formula is made of changes, and Salesforce sets no stamp.
        org.Host.Store.Update("Opportunity", id, new Dictionary<string, object?> { ["Amount"] = 987654.32m, ["Probability"] = 50m }, touchStamp: false);

        var run = await org.Runner.ContinueAsync(await org.Runner.BeginAsync(org.Connection.Id, "test", new SyncWish(RunPurpose.Refresh, ["opportunity"]), SyncedOrg.Cancel), SyncedOrg.Cancel);

        var refreshed = Assert.Single(run.Tables).Receipt!.More!.Single(more => more.Mode == LoadMode.Refresh);
        Assert.Equal((1L, 700L), (refreshed.Tally.Changed, refreshed.Tally.Parsed));
        await AssertColumnsAsync(org, "Opportunity", [.. formulas]);
    }

    [Fact]
    public async Task A_deselected_field_keeps_its_values_and_a_reselected_one_catches_up()
    {
        await using var org = await LoadedAsync("Contact");
        var id = org.Host.Store.Truth("Contact", ["Title"], includeDeleted: false).First().Id;
        await org.Selections.SetAsync(org.Connection.Id, [new SelectedObject("Contact", ["LastName"])], SyncedOrg.Cancel);
        org.Host.Clock.Advance(TimeSpan.FromHours(1));
        org.Host.Store.Update("Contact", id, new Dictionary<string, object?> { ["Title"] = "Changed unseen" });
        org.Host.Clock.Advance(TimeSpan.FromHours(1));
        await org.SyncAsync();
        Assert.Equal("0", RawSqlite.Scalar(org.Files.PathOf(org.Connection), "SELECT updated FROM _orgtap_columns WHERE name = 'Title'"));
        Assert.NotEqual("Changed unseen", RawSqlite.Scalar(org.Files.PathOf(org.Connection), $"SELECT Title FROM Contact WHERE Id = '{id}'"));

        await org.SelectAsync("Contact");
        org.Host.Clock.Advance(TimeSpan.FromHours(1));
        await org.SyncAsync();

        await org.AssertExactAsync("Contact");
    }

    [Fact]
    public async Task Fields_selected_while_the_first_load_is_under_way_are_filled_behind_it()
    {
        await using var org = await SyncedOrg.StartAsync();
        await org.OpenAsync();
        await org.Selections.SetAsync(org.Connection.Id, [new SelectedObject("Account", ["Name"])], SyncedOrg.Cancel);
        var crash = new Crash(7);
        org.Wrap = replica => new CrashingReplica(replica, crash);
        await org.OpenAsync();
        await org.SyncAsync();
        await org.SelectAsync("Account");
        org.Wrap = replica => replica;
        await org.OpenAsync();
        var jobs = org.Host.Requests.Count("bulk.create");

        var receipt = Assert.Single((await org.SyncAsync()).Tables).Receipt!;

        Assert.Equal((LoadMode.Backfill, LoadMode.Columns), (receipt.Mode, receipt.More![0].Mode));
        // The first load went on with its own job; the other one is the columns'.
        Assert.Equal(jobs + 1, org.Host.Requests.Count("bulk.create"));
        await org.AssertExactAsync("Account");
    }

    private static async Task<SyncedOrg> StartedAsync(int bulkAbove)
    {
        var org = await SyncedOrg.StartAsync();
        org.Options = org.Options with { Extraction = org.Options.Extraction with { BulkAboveRows = bulkAbove } };
        await org.OpenAsync();
        await org.SelectAsync("Account");
        Assert.Equal(RunOutcome.Completed, (await org.SyncAsync()).Outcome);
        org.Host.Clock.Advance(TimeSpan.FromHours(1));
        return org;
    }

    private static async Task<SyncedOrg> LoadedAsync(params string[] tables)
    {
        var org = await SyncedOrg.StartAsync();
        await org.OpenAsync();
        await org.SelectAsync(tables);
        Assert.Equal(RunOutcome.Completed, (await org.SyncAsync()).Outcome);
        return org;
    }

    private static async Task AssertColumnsAsync(SyncedOrg org, string sobject, params string[] fields)
    {
        var truth = org.Host.Store.Truth(sobject, fields, includeDeleted: true).ToDictionary(row => row.Id, row => row.Values);
        var columns = (await org.Catalog.ObjectAsync(org.Connection, sobject, TimeSpan.FromDays(1), new(), SyncedOrg.Cancel)).SchemaOf(fields, out _);
        await using var query = await Orgtap.Replicas.Sqlite.ReplicaQuery.OpenAsync(org.Files.PathOf(org.Connection), $"SELECT Id, {string.Join(", ", fields)} FROM {sobject}", 10_000_000, SyncedOrg.Cancel);
        var seen = 0;
        await foreach (var row in query.ReadAsync(SyncedOrg.Cancel))
        {
            seen++;
            for (var i = 0; i < fields.Length; i++)
            {
                var held = Orgtap.Replicas.Sqlite.StoredForm.ToCanonical(row[i + 1], columns.Columns[columns.IndexOf(fields[i])].Type);
                var wanted = truth[(string)row[0]!][i] is { Length: > 0 } value ? value : null;
                Assert.True(held == wanted, $"{sobject} {row[0]} {fields[i]}: the replica has [{held}], the org [{wanted}].");
            }
        }
        Assert.Equal(truth.Count, seen);
    }
}

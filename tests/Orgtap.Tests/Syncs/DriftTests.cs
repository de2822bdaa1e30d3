using Orgtap.Catalog;
using Orgtap.Primitives;
using Orgtap.Records;
using Orgtap.SimulatedOrg.Schema;
using Orgtap.Syncs;
using Orgtap.Tests.Replicas;

namespace Orgtap.Tests.Syncs;

/// <summary>The org's tables and fields change under a running copy: columns and old values stay, the run goes on, and the timeline tells.</summary>
public sealed class DriftTests
{
    [Fact]
    public async Task A_field_that_appears_is_filled_where_all_fields_are_wanted_and_told()
    {
        await using var org = await LoadedAsync();
        org.Host.Store.Schema.AddField("Contact", Field("Shoe_Size__c", "double", 4, 1));
        org.Host.Clock.Advance(TimeSpan.FromHours(2));

        var receipt = Assert.Single((await org.SyncAsync()).Tables).Receipt!;

        Assert.Equal((LoadMode.Columns, Verdict.Complete), (receipt.Mode, receipt.Verdict));
        Assert.Contains(new SchemaChange("Contact", "Shoe_Size__c", SchemaChangeKind.FieldAdded, null, "double"), await ChangesAsync(org));
        await org.AssertExactAsync("Contact");
    }

    [Fact]
    public async Task A_field_that_appears_is_only_told_where_single_fields_are_wanted()
    {
        await using var org = await LoadedAsync(["LastName", "Email"]);
        org.Host.Store.Schema.AddField("Contact", Field("Shoe_Size__c", "double", 4, 1));
        org.Host.Clock.Advance(TimeSpan.FromHours(2));

        Assert.Equal(LoadMode.Incremental, Assert.Single((await org.SyncAsync()).Tables).Receipt!.Mode);
        Assert.Contains(await ChangesAsync(org), change => change.Kind == SchemaChangeKind.FieldAdded);
        Assert.Null(RawSqlite.Scalar(org.Files.PathOf(org.Connection), "SELECT name FROM _orgtap_columns WHERE name = 'Shoe_Size__c'"));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_field_that_vanishes_in_mid_run_or_before_keeps_its_values_and_comes_back_filled(bool describeIsFresh)
    {
        await using var org = await LoadedAsync();
        var before = RawSqlite.Scalar(org.Files.PathOf(org.Connection), "SELECT count(Title) FROM Contact");
        org.Host.Store.Schema.HideField("Contact", "Title", true);
        // A fresh describe is not asked for again, so Salesforce refuses the query: INVALID_FIELD.
        org.Host.Clock.Advance(describeIsFresh ? TimeSpan.FromMinutes(20) : TimeSpan.FromHours(2));

        var table = Assert.Single((await org.SyncAsync()).Tables);

        Assert.Equal((RunTableState.Done, Verdict.Complete), (table.State, table.Receipt!.Verdict));
        Assert.Equal(before, RawSqlite.Scalar(org.Files.PathOf(org.Connection), "SELECT count(Title) FROM Contact"));
        Assert.Equal("0", RawSqlite.Scalar(org.Files.PathOf(org.Connection), "SELECT updated FROM _orgtap_columns WHERE name = 'Title'"));
        Assert.Contains(await ChangesAsync(org), change => change is { Field: "Title", Kind: SchemaChangeKind.FieldGone });

        var id = org.Host.Store.Truth("Contact", ["Title"], includeDeleted: false).First().Id;
        org.Host.Store.Update("Contact", id, new Dictionary<string, object?> { ["Title"] = "Changed while hidden" });
        org.Host.Clock.Advance(TimeSpan.FromHours(2));
        await org.SyncAsync();
        org.Host.Store.Schema.HideField("Contact", "Title", false);
        org.Host.Clock.Advance(TimeSpan.FromHours(2));
        await org.SyncAsync();
        await org.AssertExactAsync("Contact");
    }

    [Fact]
    public async Task A_field_that_changes_its_type_widens_its_column_and_is_read_again_for_all_rows()
    {
        await using var org = await SyncedOrg.StartAsync();
        org.Host.Store.Schema.AddField("Contact", Field("Level__c", "int", 0, 0));
        await org.OpenAsync();
        await org.SelectAsync("Contact");
        var id = org.Host.Store.Truth("Contact", ["LastName"], includeDeleted: false).First().Id;
        org.Host.Store.Update("Contact", id, new Dictionary<string, object?> { ["Level__c"] = 7L });
        org.Host.Clock.Advance(TimeSpan.FromMinutes(1));
        await org.SyncAsync();
        org.Host.Store.Schema.RemoveField("Contact", "Level__c");
        org.Host.Store.Schema.AddField("Contact", Field("Level__c", "string", 0, 0));
        // Salesforce converts the values and touches no row.
        org.Host.Store.Update("Contact", id, new Dictionary<string, object?> { ["Level__c"] = "7 and more" }, touchStamp: false);
        org.Host.Clock.Advance(TimeSpan.FromHours(2));

        var table = Assert.Single((await org.SyncAsync()).Tables);

        Assert.Equal(RunTableState.Done, table.State);
        Assert.Contains(await ChangesAsync(org), change => change is { Field: "Level__c", Kind: SchemaChangeKind.FieldRetyped, Before: "int", After: "string" });
        Assert.Equal("Text", RawSqlite.Scalar(org.Files.PathOf(org.Connection), "SELECT type FROM _orgtap_columns WHERE name = 'Level__c'"));
        Assert.Equal("7 and more", RawSqlite.Scalar(org.Files.PathOf(org.Connection), $"SELECT Level__c FROM Contact WHERE Id = '{id}'"));
        Assert.Contains("Level__c changed its type in Salesforce", string.Join(" ", table.Plan!.Reasons), StringComparison.Ordinal);
        await org.AssertExactAsync("Contact");
        org.Host.Clock.Advance(TimeSpan.FromHours(2));
        Assert.DoesNotContain("changed its type", string.Join(" ", Assert.Single((await org.SyncAsync()).Tables).Plan!.Reasons), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_table_that_vanishes_keeps_its_rows_names_whose_turn_it_is_and_catches_up_when_it_is_back()
    {
        await using var org = await SyncedOrg.StartAsync();
        await org.OpenAsync();
        await org.SelectAsync("Contact", "UserRole");
        await org.SyncAsync();
        org.Host.Store.Schema.HideObject("Contact", true);
        org.Host.Clock.Advance(TimeSpan.FromHours(2));

        var run = await org.SyncAsync();

        var contact = run.Tables.Single(table => table.SObject == "Contact");
        Assert.Equal((RunTableState.Failed, Turn.Admin), (contact.State, contact.Problem!.Turn));
        Assert.StartsWith("Contact is no longer there, or no longer visible to", contact.Problem.Message, StringComparison.Ordinal);
        Assert.Equal(RunTableState.Done, run.Tables.Single(table => table.SObject == "UserRole").State);
        Assert.Equal("1500", RawSqlite.Scalar(org.Files.PathOf(org.Connection), "SELECT count(*) FROM Contact"));

        org.Host.Clock.Advance(TimeSpan.FromHours(2));
        await org.SyncAsync();
        org.Host.Store.Schema.HideObject("Contact", false);
        org.Host.Clock.Advance(TimeSpan.FromHours(2));
        Assert.Equal(RunOutcome.Completed, (await org.SyncAsync()).Outcome);
        Assert.Equal([SchemaChangeKind.TableBack, SchemaChangeKind.TableGone], (await ChangesAsync(org)).Where(change => change.Field is null).Select(change => change.Kind));
        await org.AssertExactAsync("Contact");
    }

    private static async Task<SyncedOrg> LoadedAsync(IReadOnlyList<string>? fields = null)
    {
        var org = await SyncedOrg.StartAsync();
        await org.OpenAsync();
        await org.Selections.SetAsync(org.Connection.Id, [new SelectedObject("Contact", fields)], SyncedOrg.Cancel);
        Assert.Equal(RunOutcome.Completed, (await org.SyncAsync()).Outcome);
        return org;
    }

    private static async Task<IReadOnlyList<SchemaChange>> ChangesAsync(SyncedOrg org) =>
        [.. (await org.SchemaChanges.ListAsync(org.Connection.Id, 100, SyncedOrg.Cancel)).Select(noticed => noticed.Change)];

    private static FieldType Field(string name, string type, int precision, int scale) => new()
    {
        Name = name, Label = name, Type = type, SoapType = "xsd:" + type, Precision = precision, Scale = scale, Length = type == "string" ? 80 : 0, Nillable = true, Createable = true, Updateable = true, Custom = true,
    };
}

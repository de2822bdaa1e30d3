using System.Text;
using Orgtap.Extraction;
using Orgtap.Masking;
using Orgtap.Records;
using Orgtap.Syncs;
using Orgtap.Tests.Replicas;

namespace Orgtap.Tests.Syncs;

/// <summary>Masked texts in the replica: from the first load on, when rules come later, and when they go.</summary>
public sealed class MaskingTests : IAsyncDisposable
{
    private static readonly string[] Tables = ["Account", "Contact", "User", "CaseStatus"];
    private static readonly MaskingRules Addresses = MaskingRules.Of(true, false, false, []);
    private static readonly MaskingRules All = MaskingRules.Of(true, true, true, [("letters", "an")]);

    private PostgresTestSchema? _schema;

    public async ValueTask DisposeAsync()
    {
        if (_schema is not null) await _schema.DisposeAsync();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Rules_from_the_beginning_later_and_gone_again_leave_an_exact_copy(bool postgres)
    {
        await using var org = await StartAsync(postgres);
        await org.SelectAsync(Tables);
        await org.Connections.SetMaskingAsync(org.Connection.Id, Addresses, SyncedOrg.Cancel);
        var first = await org.SyncAsync();
        Assert.Equal(RunOutcome.Completed, first.Outcome);
        Assert.Contains("Masked: e-mail addresses ", first.Tables.Single(table => table.SObject == "Contact").Receipt!.Sentence, StringComparison.Ordinal);
        await org.AssertExactAsync(Tables);

        // A rule more: what is stored is masked without asking the org for it.
        await org.Connections.SetMaskingAsync(org.Connection.Id, All, SyncedOrg.Cancel);
        var second = await org.SyncAsync();
        Assert.Equal(RunOutcome.Completed, second.Outcome);
        Assert.All(second.Tables.Where(table => table.SObject != "CaseStatus"), table => Assert.Equal(0, table.Receipt!.Tally.Changed));
        await org.AssertExactAsync(Tables);
        var stored = (await org.Files.TablesAsync(org.Connection, SyncedOrg.Cancel)).Single(table => table.SObject == "Account").Checkpoint!;
        Assert.Equal(All.Keys, stored.Masks);
        Assert.True(stored.MaskedInAll!.ByRule["letters"] > 100);

        // A rule less: its originals are read again, the texts of all rows with nothing but their Ids.
        await org.Connections.SetMaskingAsync(org.Connection.Id, MaskingRules.None, SyncedOrg.Cancel);
        Assert.Contains((await org.Runner.PlanAsync(org.Connection.Id, SyncedOrg.Cancel)).Plans[0].Reasons, reason => reason.Contains("a masking rule was taken away", StringComparison.Ordinal));
        Assert.Equal(RunOutcome.Completed, (await org.SyncAsync()).Outcome);
        await org.AssertExactAsync(Tables);
        Assert.Null((await org.Files.TablesAsync(org.Connection, SyncedOrg.Cancel)).Single(table => table.SObject == "Account").Checkpoint!.Stale);
    }

    [Fact]
    public async Task No_original_is_in_any_file_be_the_rule_there_from_the_beginning_or_later()
    {
        await using var org = await StartAsync(postgres: false);
        await org.SelectAsync("Contact");
        var address = org.Host.Store.Truth("Contact", ["Email"], includeDeleted: true).Select(row => row.Values[0]).First(value => value is { Length: > 0 })!;
        await org.SyncAsync();
        Assert.True(IsInAFile(org, address), "The search finds nothing: it proves nothing.");

        await org.Connections.SetMaskingAsync(org.Connection.Id, Addresses, SyncedOrg.Cancel);
        await org.SyncAsync();
        Assert.False(IsInAFile(org, address), "An address is left in a file.");
    }

    [Fact]
    public async Task A_death_while_stored_texts_are_masked_leaves_them_to_the_next_run()
    {
        await using var org = await StartAsync(postgres: false);
        await org.SelectAsync(Tables);
        await org.SyncAsync();
        await org.Connections.SetMaskingAsync(org.Connection.Id, All, SyncedOrg.Cancel);
        var file = org.Files.PathOf(org.Connection);
        using (var other = RawSqlite.Open(file)) other.Execute("CREATE TRIGGER refuse BEFORE UPDATE ON Contact WHEN new.rowid > 1000 BEGIN SELECT RAISE(ABORT, 'refused'); END");
        Assert.Equal(RunOutcome.Failed, (await org.SyncAsync()).Outcome);
        Assert.All(await org.Files.TablesAsync(org.Connection, SyncedOrg.Cancel), table => Assert.Null(table.Checkpoint!.Masks));
        using (var other = RawSqlite.Open(file)) other.Execute("DROP TRIGGER refuse");
        for (var step = 1; step <= 40; step += 3) await org.DieAsync(new Crash(step), RunPurpose.Sync);
        Assert.Equal(RunOutcome.Completed, (await org.SyncAsync()).Outcome);
        await org.AssertExactAsync(Tables);
    }

    private static bool IsInAFile(SyncedOrg org, string text) => Directory.EnumerateFiles(org.DataDirectory, "*", SearchOption.AllDirectories)
        // The control store keeps the name of the user who signed in, which is an address; rows are never in it.
        .Where(file => !Path.GetFileName(file).StartsWith("control", StringComparison.Ordinal))
        .Any(file => File.ReadAllBytes(file).AsSpan().IndexOf(Encoding.UTF8.GetBytes(text)) >= 0);

    private async Task<SyncedOrg> StartAsync(bool postgres)
    {
        var org = await SyncedOrg.StartAsync();
        if (postgres) org.Place = (_schema = new PostgresTestSchema()).Place;
        await org.OpenAsync();
        return org;
    }
}

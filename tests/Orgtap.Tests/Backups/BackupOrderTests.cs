using Orgtap.Backups;
using Orgtap.Extraction;
using Orgtap.Storage;
using Orgtap.Syncs;
using Orgtap.Tests.Replicas;
using Orgtap.Tests.Syncs;

namespace Orgtap.Tests.Backups;

/// <summary>The control store is copied before what it speaks of (docs/decisions/0096).</summary>
public sealed class BackupOrderTests
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(RunPurpose.Sync)]
    [InlineData(RunPurpose.Verify)]
    public async Task No_run_that_ends_between_two_copies_is_claimed_without_what_it_wrote(RunPurpose purpose)
    {
        await using var org = await SyncedOrg.StartAsync(options => options with { Records = new Dictionary<string, long>(SyncedOrg.SmallRecords) { ["Account"] = 300 } });
        await org.OpenAsync();
        await org.SelectAsync("Account");
        var first = await org.SyncAsync();
        var id = org.Host.Store.Truth("Account", ["Name"], includeDeleted: false).First().Id;
        var nameIn = (string path) => RawSqlite.Scalar(path, $"SELECT Name FROM Account WHERE Id = '{id}'");
        // Changed in the org, or wrong in the copy as only a verification finds it.
        if (purpose == RunPurpose.Sync) org.Host.Store.Update("Account", id, new Dictionary<string, object?> { ["Name"] = "Renamed" });
        else RawSqlite.Execute(org.Files.PathOf(org.Connection), $"UPDATE Account SET Name = 'stale', SystemModstamp = '2020-01-01T00:00:00.000Z' WHERE Id = '{id}'");
        var stale = nameIn(org.Files.PathOf(org.Connection));
        org.Host.Clock.Advance(TimeSpan.FromHours(1));

        using var folder = new TemporaryFolder();
        Run? between = null;
        var writer = new BackupWriter(org.DataDirectory, _ => false, TimeProvider.System) { Copied = _ => between ??= org.RunAsync(purpose).GetAwaiter().GetResult() };
        var manifest = await writer.WriteAsync(folder.File("backup"), null, Stop);
        await (await BackupRestore.VerifyAsync(folder.File("backup"), Stop)).IntoAsync(folder.File("restored"), "test", TimeProvider.System, Stop);

        Assert.Equal(["control.db", "replicas/acme.db"], manifest.Files.Select(file => file.Path).Order(StringComparer.Ordinal));
        Assert.Equal(RunOutcome.Completed, between!.Outcome);
        await org.AssertExactAsync("Account");
        await using var store = await ControlStore.OpenAsync(folder.File("restored"), TimeProvider.System, Stop);
        var claimed = (await new RunStore(store, TimeProvider.System).ListAsync(org.Connection.Id, 10, Stop)).Select(run => run.Id).ToList();
        var held = nameIn(Path.Combine(folder.File("restored"), "replicas", "acme.db"));
        Assert.False(claimed.Contains(between.Id) && held == stale, $"The restored history says that run {between.Id} ({purpose}) ended, and the restored row is what it was before.");
        Assert.Equal([first.Id], claimed);
        Assert.Equal(nameIn(org.Files.PathOf(org.Connection)), held);
    }
}

using Orgtap.Extraction;
using Orgtap.Records;
using Orgtap.SimulatedOrg.Faults;
using Orgtap.Syncs;

namespace Orgtap.Tests.Syncs;

/// <summary>Large first loads are cut, and what a dead process left in the org is found.</summary>
public sealed class SlicesTests
{
    [Fact]
    public async Task A_large_first_load_is_read_in_slices_and_is_exact()
    {
        await using var org = await CutAsync();

        var table = Assert.Single((await org.SyncAsync()).Tables);

        Assert.Contains(table.Plan!.Reasons, reason => reason.StartsWith("Cut into", StringComparison.Ordinal));
        Assert.True(table.Receipt!.Verdict == Verdict.Complete, table.Receipt.Sentence);
        Assert.Equal((2_600L, 2_600L), (table.Receipt.Tally.Parsed, table.Receipt.Expected));
        Assert.InRange(org.Host.Requests.Count("bulk.create"), 3, 6);
        Assert.Equal(org.Host.Requests.Count("bulk.create"), org.Host.Requests.Count("bulk.delete"));
        await org.AssertExactAsync("Account");
    }

    [Fact]
    public async Task A_job_that_is_lost_costs_its_slice_and_no_other()
    {
        await using var org = await CutAsync();
        // The process dies behind the first page of the third slice.
        var pages = 0;
        var crash = new Crash(1);
        org.Wrap = replica => new ObservedReplica(replica, page =>
        {
            if (page is { RowCount: > 0, Covers.Slice: 2 } && pages++ == 1) crash.Step();
        });
        org.Options = org.Options with { TableRetries = 0 };
        await org.OpenAsync();
        await org.SyncAsync();
        Assert.True(crash.Happened);
        org.Host.Clock.Advance(TimeSpan.FromDays(8));
        var slices = (await org.Files.TablesAsync(org.Connection, SyncedOrg.Cancel)).Single().Checkpoint!.Cuts!.Count + 1;
        var created = org.Host.Requests.Count("bulk.create");

        org.Wrap = replica => replica;
        await org.OpenAsync();
        var table = Assert.Single((await org.SyncAsync()).Tables);

        Assert.True(table.Receipt!.Verdict == Verdict.Complete, table.Receipt.Sentence);
        Assert.Equal((LoadMode.Backfill, 2_600L), (table.Receipt.Mode, table.Receipt.Tally.Parsed));
        // The third slice again and those behind it; an incremental load may follow, through REST.
        Assert.Equal(slices - 2, org.Host.Requests.Count("bulk.create") - created);
        await org.AssertExactAsync("Account");
    }

    [Fact]
    public async Task A_job_made_by_a_process_that_died_before_it_wrote_that_down_is_deleted()
    {
        await using var org = await SyncedOrg.StartAsync();
        await org.OpenAsync();
        await org.SelectAsync("Account");
        // Somebody else's job on the same table, an hour before.
        var other = await CreateJobAsync(org);
        org.Host.Clock.Advance(TimeSpan.FromHours(1));
        var crash = new CrashBehindCreate();
        org.Network = inner => crash.Around(inner);
        org.Options = org.Options with { TableRetries = 0 };
        await org.OpenAsync();
        await org.SyncAsync();
        Assert.True(crash.Happened);

        org.Network = inner => inner;
        await org.OpenAsync();
        var run = await org.SyncAsync();

        Assert.Equal(RunOutcome.Completed, run.Outcome);
        Assert.Equal([other], await JobsAsync(org));
        await org.AssertExactAsync("Account");
    }

    [Fact]
    public async Task A_refusal_of_Bulk_at_its_creation_still_moves_to_REST()
    {
        await using var org = await SyncedOrg.StartAsync();
        await org.OpenAsync();
        await org.SelectAsync("Account");
        org.Host.Faults.Add("POST */jobs/query", FaultEffect.Answer.Error(400, "INVALIDENTITY", "Entity 'Account' is not supported by the Bulk API."));

        var table = Assert.Single((await org.SyncAsync()).Tables);

        Assert.Equal((ExtractionApi.Rest, Verdict.Complete), (table.Plan!.Api, table.Receipt!.Verdict));
        await org.AssertExactAsync("Account");
    }

    private static async Task<SyncedOrg> CutAsync()
    {
        var org = await SyncedOrg.StartAsync();
        org.Options = org.Options with { Extraction = org.Options.Extraction with { SliceRows = 600, PageRows = 200 } };
        await org.OpenAsync();
        await org.SelectAsync("Account");
        return org;
    }

    private static async Task<string> CreateJobAsync(SyncedOrg org) =>
        (await org.Client().Bulk.CreateAsync("SELECT Id FROM Account", true, SyncedOrg.Cancel)).Id;

    private static async Task<IEnumerable<string>> JobsAsync(SyncedOrg org) => (await org.Client().Bulk.ListAsync(SyncedOrg.Cancel)).Select(job => job.Id);

    /// <summary>The org makes the job; nothing that comes after it gets through.</summary>
    private sealed class CrashBehindCreate
    {
        public bool Happened { get; private set; }

        public HttpMessageHandler Around(HttpMessageHandler inner) => new Handler(this, inner);

        private sealed class Handler(CrashBehindCreate crash, HttpMessageHandler inner) : DelegatingHandler(inner)
        {
            protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
            {
                if (crash.Happened) throw new CrashException();
                var response = await base.SendAsync(request, cancellationToken);
                if (request.Method != HttpMethod.Post || !request.RequestUri!.AbsolutePath.EndsWith("/jobs/query", StringComparison.Ordinal)) return response;
                crash.Happened = true;
                throw new CrashException();
            }
        }
    }
}

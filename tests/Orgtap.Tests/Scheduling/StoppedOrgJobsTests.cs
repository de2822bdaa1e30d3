using Orgtap.Salesforce.Jobs;
using Orgtap.Scheduling;
using Orgtap.Tests.Authorization;
using Orgtap.Tests.Storage;

namespace Orgtap.Tests.Scheduling;

/// <summary>What is kept of stopped org jobs, on either control store.</summary>
public abstract class StoppedOrgJobsTests(StoreDatabase database)
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_stopped_job_is_kept_as_it_was_until_it_is_stopped_again_under_another_Id()
    {
        await using var store = await TestStore.CreateAsync(database, new Tests.Salesforce.ScriptedOrg(_ => throw new InvalidOperationException("nothing is asked")));
        var (acme, beta) = (await store.AddConnectionAsync(), await store.AddConnectionAsync("beta"));
        var kept = new StoppedOrgJobs(store.Control, store.Time);
        var job = new OrgSchedule("08e000000000001AAA", "O'Brien \"nightly\" – ночь", OrgScheduleKind.ScheduledApex, "WAITING", "ns.NightlySync", "0 0 2 * * ?", null, null, null, 7, "005000000000001AAA", "Erik Solberg");
        await kept.KeepAsync(acme.Id, job, "marta@example.com", Stop);
        await kept.KeepAsync(acme.Id, job, "tomas@example.com", Stop);
        await kept.KeepAsync(beta.Id, job, "marta@example.com", Stop);
        var found = Assert.Single(await new StoppedOrgJobs(store.Control, store.Time).ListAsync(acme.Id, Stop));
        Assert.Equal(new StoppedOrgJob(job.Id, job.Name, "ns.NightlySync", "0 0 2 * * ?", null, "005000000000001AAA", "Erik Solberg", found.StoppedAt, "tomas@example.com", null), found);

        await kept.StartedAsync(acme.Id, job.Id, "08e000000000002AAA", Stop);
        Assert.Equal("08e000000000002AAA", (await kept.FindAsync(acme.Id, job.Id, Stop))!.StartedAs);
        Assert.Null((await kept.FindAsync(beta.Id, job.Id, Stop))!.StartedAs);
        await kept.KeepAsync(acme.Id, job with { Id = "08e000000000002AAA" }, "marta@example.com", Stop);
        Assert.Equal("08e000000000002AAA", Assert.Single(await kept.ListAsync(acme.Id, Stop)).Id);

        await kept.ForgetAsync(acme.Id, "08e000000000002AAA", Stop);
        Assert.Empty(await kept.ListAsync(acme.Id, Stop));
        await store.Connections.RemoveAsync(beta.Id, Stop);
        Assert.Empty(await kept.ListAsync(beta.Id, Stop));
    }

    public sealed class OnSqlite() : StoppedOrgJobsTests(StoreDatabase.Sqlite);

    public sealed class OnPostgres() : StoppedOrgJobsTests(StoreDatabase.Postgres);
}

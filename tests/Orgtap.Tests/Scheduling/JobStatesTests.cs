using Orgtap.Connections;
using Orgtap.Primitives;
using Orgtap.Scheduling;
using Orgtap.Syncs;
using Orgtap.Tests.Authorization;
using Orgtap.Tests.Storage;

namespace Orgtap.Tests.Scheduling;

/// <summary>What is decided about jobs, on either control store, and what follows from it.</summary>
public abstract class JobStatesTests(StoreDatabase database)
{
    private static readonly DateTimeOffset Noon = new(2026, 11, 21, 12, 0, 0, TimeSpan.Zero);

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_stop_holds_until_the_start_and_a_frequency_outlasts_both()
    {
        await using var store = await TestStore.CreateAsync(database, new Tests.Salesforce.ScriptedOrg(_ => throw new InvalidOperationException("nothing is asked")));
        var (acme, beta) = (await store.AddConnectionAsync(), await store.AddConnectionAsync("beta"));
        var states = new JobStates(store.Control, store.Time);
        await states.SetFrequencyAsync(acme.Id, JobKind.Deletes, UpdateFrequency.Parse("daily"), Stop);
        await states.StopAsync(acme.Id, JobKind.Deletes, "marta@example.com", Stop);
        await states.StopAsync(null, JobKind.Mail, "marta@example.com", Stop);
        // Who stopped it first is who stopped it.
        await states.StopAsync(acme.Id, JobKind.Deletes, "tomas@example.com", Stop);

        var all = await new JobStates(store.Control, store.Time).AllAsync(Stop);
        Assert.Equal(("marta@example.com", "daily", true), (all.Of(acme.Id, JobKind.Deletes).StoppedBy, all.FrequencyOf(acme.Id, JobKind.Deletes).Text, all.IsStopped(null, JobKind.Mail)));
        Assert.False(all.IsStopped(beta.Id, JobKind.Deletes) || all.IsStopped(acme.Id, JobKind.Sync) || all.IsStopped(null, JobKind.TokenCheck));
        Assert.Equal("weekly", all.FrequencyOf(beta.Id, JobKind.Deletes).Text);

        await states.StartAsync(acme.Id, JobKind.Deletes, Stop);
        all = await states.AllAsync(Stop);
        Assert.Equal((false, "daily"), (all.IsStopped(acme.Id, JobKind.Deletes), all.FrequencyOf(acme.Id, JobKind.Deletes).Text));
        await store.Connections.RemoveAsync(acme.Id, Stop);
        Assert.Equal(JobState.Usual, (await states.AllAsync(Stop)).Of(acme.Id, JobKind.Deletes));
    }

    [Fact]
    public void What_is_due_follows_from_what_is_stopped_held_and_set()
    {
        var connection = new Connection(new ConnectionId("one"), "acme", new Uri("https://login.salesforce.com/"), AuthorizationFlow.WebServer, "app", new OrgId("00D000000000001EAA"), "Acme", new Uri("https://acme.my.salesforce.com/"), "ann",
            true, 80, null, null, Noon.AddDays(-30)) { Frequency = UpdateFrequency.Parse("15m") };
        var (fresh, stale) = (new RunStarts(Noon, Noon, Noon), new RunStarts(Noon.AddMinutes(-1), Noon.AddDays(-8), Noon.AddDays(-2)));
        Assert.Null(Due(connection, fresh));
        Assert.Equal(JobKind.Deletes, Due(connection, stale));
        Assert.Equal(JobKind.FormulaRefresh, Due(connection, stale with { LastReconcile = Noon }));
        Assert.Equal(JobKind.Sync, Due(connection, fresh with { Last = Noon.AddHours(-1) }));
        // The first load comes before everything else.
        Assert.Equal(JobKind.Sync, Due(connection, RunStarts.None));

        Assert.Equal(JobKind.FormulaRefresh, Due(connection, stale, (JobKind.Deletes, new JobState(Noon, "ann", null))));
        Assert.Null(Due(connection, stale, (JobKind.Sync, new JobState(Noon, "ann", null))));
        Assert.Equal(JobKind.FormulaRefresh, Due(connection, stale, (JobKind.Deletes, new JobState(null, null, UpdateFrequency.Parse("manual")))));
        Assert.Equal(JobKind.Deletes, Due(connection, fresh with { LastReconcile = Noon.AddHours(-2) }, (JobKind.Deletes, new JobState(null, null, UpdateFrequency.Parse("1h")))));
        Assert.Null(Due(connection with { Frequency = UpdateFrequency.Parse("manual") }, stale));
        Assert.Null(Due(connection with { SyncEnabled = false }, stale));
        var quota = new Problem(FailureKind.QuotaExhausted, Turn.We, "Used up.", "Wait.", Noon, Noon.AddHours(1), null);
        Assert.Null(Due(connection with { Problem = quota }, stale));
        Assert.Equal(JobKind.Deletes, Due(connection with { Problem = quota with { RetryAt = Noon } }, stale));
        Assert.Null(Due(connection with { Problem = new Problem(FailureKind.ReauthorizationRequired, Turn.Admin, "Dead.", "Authorize.", Noon, null, null) }, stale));
    }

    private static JobKind? Due(Connection connection, RunStarts past, params (JobKind Kind, JobState State)[] states) =>
        DueSyncs.DueOf(connection, past, new JobDecisions(states.ToDictionary(state => ((ConnectionId?)connection.Id, state.Kind), state => state.State)), Noon);

    public sealed class OnSqlite() : JobStatesTests(StoreDatabase.Sqlite);

    public sealed class OnPostgres() : JobStatesTests(StoreDatabase.Postgres);
}

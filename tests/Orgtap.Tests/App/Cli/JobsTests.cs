using System.Text.Json;
using Orgtap.App.Cli;
using Orgtap.App.Overviews;
using Orgtap.Connections;
using Orgtap.Scheduling;
using Orgtap.Storage;
using Orgtap.Syncs;

namespace Orgtap.Tests.App.Cli;

/// <summary>Scheduled jobs by verb and over the HTTP API, with a sync that runs.</summary>
public sealed class JobsTests
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_running_sync_is_stopped_stays_stopped_and_goes_on_when_it_is_started()
    {
        // Salesforce prepares the Bulk job for longer than this test lasts.
        await using var served = await ServedInstallation.StartAsync(serving: true, bulkDelay: TimeSpan.FromHours(1));
        await served.ConnectAsync();
        await served.RunAsync("select", "acme", "--table", "Account:Name", "--table", "UserRole:Name");
        var connection = await served.Service<ConnectionStore>().GetAsync("acme", Stop);
        var begun = await served.Service<SyncJobs>().StartAsync(connection.Id, "test", Stop);
        Assert.Equal(JobActivity.Running, (await JobAsync(served, "sync")).State);

        var (code, output, _) = await served.RunAsync("jobs", "stop", "sync", "--connection", "acme");
        Assert.Equal((ExitCode.Done, "Sync of acme: Stopped."), (code, output.Trim()));
        Assert.Equal(RunOutcome.Stopped, (await served.Service<RunStore>().FindAsync(begun.RunId, Stop))!.Outcome);
        var stopped = await JobAsync(served, "sync");
        Assert.Equal((JobActivity.Stopped, "command line"), (stopped.State, stopped.StoppedBy));
        // What keeps the copy honest waits for it.
        Assert.Equal("for Sync to be started", (await JobAsync(served, "deletes")).WaitsFor);
        Assert.Equal(0, await served.Service<DueSyncs>().StartAsync(Stop));
        Assert.Equal(0, (await served.Service<JobDesk>().RestartAsync("test", Stop)).Jobs);

        (code, output, _) = await served.RunAsync("jobs", "start", "sync", "--connection", "acme");
        Assert.Equal((ExitCode.Done, "Sync of acme: Running."), (code, output.Trim()));
        Assert.True(await served.Service<SyncJobs>().IsRunningAsync(connection.Id, Stop));
        await served.RunAsync("jobs", "schedule", "deletes", "daily", "--connection", "acme");
        Assert.Equal("daily", (await JobAsync(served, "deletes")).Frequency);
        Assert.Equal(["job.scheduled", "job.started", "job.stopped"], (await served.Service<AuditLog>().ListAsync("acme", 3, Stop)).Select(entry => entry.Action));
    }

    [Fact]
    public async Task Jobs_of_the_installation_and_what_cannot_be_done()
    {
        await using var alone = await ServedInstallation.StartAsync(serving: false);
        await alone.ConnectAsync();
        Assert.Equal((ExitCode.Done, "E-mail: Stopped."), await SaidAsync("jobs", "stop", "mail"));
        Assert.Equal((ExitCode.Done, "E-mail: Held, waits for orgtap serve to run."), await SaidAsync("jobs", "start", "mail"));
        Assert.Equal((ExitCode.Done, "Sync of acme: Stopped."), await SaidAsync("jobs", "stop", "sync", "--connection", "acme"));
        Assert.Equal((ExitCode.Done, "Nothing runs now."), await SaidAsync("jobs", "restart"));
        foreach (var (arguments, words) in new (string[], string)[]
        {
            (["jobs", "stop", "sync"], "Sync belongs to a connection."), (["jobs", "stop", "mail", "--connection", "acme"], "E-mail belongs to the installation, not to acme."), (["jobs", "stop", "nothing"], "There is no job nothing."),
            (["jobs", "stop", "sync", "--connection", "nobody"], "nobody"), (["jobs", "schedule", "sync", "daily", "--connection", "acme"], "Sync has no frequency of its own."), (["jobs", "schedule", "deletes", "often", "--connection", "acme"], "\"often\" is no update frequency."),
        })
        {
            var (code, _, error) = await alone.RunAsync(arguments);
            Assert.Equal(ExitCode.BadInput, code);
            Assert.Contains(words, error, StringComparison.Ordinal);
        }
        var list = await alone.RunAsync("jobs", "list");
        Assert.Contains("Stopped, by command line", list.Output, StringComparison.Ordinal);

        async Task<(int, string)> SaidAsync(params string[] arguments)
        {
            var (code, output, _) = await alone.RunAsync(arguments);
            return (code, output.Trim());
        }
    }

    private static async Task<JobDocument> JobAsync(ServedInstallation served, string job)
    {
        var (_, output, _) = await served.RunAsync("jobs", "list", "--connection", "acme", "--json");
        return JsonSerializer.Deserialize<List<JobDocument>>(output, CliJson.Options)!.Single(each => each.Job == job);
    }
}

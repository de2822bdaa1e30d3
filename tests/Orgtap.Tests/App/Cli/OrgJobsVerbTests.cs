using System.Text.Json;
using Orgtap.App.Cli;
using Orgtap.App.Overviews;
using Orgtap.Scheduling;
using Orgtap.SimulatedOrg.OAuth;
using Orgtap.Storage;

namespace Orgtap.Tests.App.Cli;

/// <summary>Jobs inside an org by verb: alone, and beside <c>orgtap serve</c> over its HTTP API.</summary>
public sealed class OrgJobsVerbTests
{
    private static readonly Dictionary<string, long> Records = new() { ["User"] = 5, ["CronTrigger"] = 12, ["CronJobDetail"] = 12, ["ApexClass"] = 8, ["AsyncApexJob"] = 40 };

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_job_is_listed_stopped_by_its_name_and_started_by_its_Id(bool serving)
    {
        await using var served = await ServedInstallation.StartAsync(serving, records: Records);
        await served.ConnectAsync();
        var (code, output, _) = await served.RunAsync("jobs", "list", "--in-org", "acme");
        Assert.Equal(ExitCode.Done, code);
        Assert.Contains("can be stopped", output, StringComparison.Ordinal);
        var list = await ListAsync(served);
        Assert.Equal(("acme", "Installed", 2), (list.Connection, list.Package, list.ApiCalls));
        var job = list.Jobs.First(each => each is { CanStop: true, Group: OrgJobGroup.ScheduledApex });

        Assert.Equal((ExitCode.Done, $"{job.Name} in the org of acme: stopped."), await SaidAsync(served, "jobs", "stop", job.Name, "--in-org", "acme"));
        Assert.Equal((ExitCode.Done, $"{job.Name} in the org of acme: already stopped."), await SaidAsync(served, "jobs", "stop", job.Id, "--in-org", "acme"));
        var (started, said) = await SaidAsync(served, "jobs", "start", job.Id, "--in-org", "acme");
        Assert.Equal(ExitCode.Done, started);
        Assert.StartsWith($"{job.Name} in the org of acme: started as 08e", said, StringComparison.Ordinal);
        Assert.StartsWith($"{job.Name} in the org of acme: already started as 08e", (await SaidAsync(served, "jobs", "start", job.Id, "--in-org", "acme")).Said, StringComparison.Ordinal);
        if (serving)
        {
            var entries = (await served.Service<AuditLog>().ListAsync("acme", 2, Stop)).Select(entry => (entry.Action, Named: entry.Detail!.StartsWith(job.Name + " (08e", StringComparison.Ordinal))).ToList();
            Assert.Equal([("org-job.started", true), ("org-job.stopped", true)], entries);
        }
    }

    [Fact]
    public async Task What_cannot_be_done_is_said_with_the_code_of_whose_turn_it_is()
    {
        await using var served = await ServedInstallation.StartAsync(serving: true, records: Records);
        await served.ConnectAsync();
        var list = await ListAsync(served);
        var (apex, flow) = (list.Jobs.First(job => job.CanStop), list.Jobs.First(job => job.Group == OrgJobGroup.OtherSchedules));
        foreach (var (arguments, words) in new (string[], string)[]
        {
            (["jobs", "list", "--in-org", "nobody"], "nobody"), (["jobs", "list", "--in-org", "acme", "--connection", "acme"], "Give one of the two."), (["jobs", "stop", "No such job", "--in-org", "acme"], "No job called \"No such job\""),
            (["jobs", "stop", flow.Id, "--in-org", "acme"], flow.WhyNot!), (["jobs", "stop", "08e000000000999AAA", "--in-org", "acme"], "no longer in the org"), (["jobs", "start", apex.Id, "--in-org", "acme"], "is not stopped"),
        })
        {
            var (code, _, error) = await served.RunAsync(arguments);
            Assert.Equal((string.Join(' ', arguments), ExitCode.BadInput), (string.Join(' ', arguments), code));
            Assert.Contains(words, error.ReplaceLineEndings(" "), StringComparison.Ordinal);
        }
        served.Org.Settings.Policies = new OrgPolicies { JobsPackage = false };
        var (refused, _, why) = await served.RunAsync("jobs", "stop", apex.Id, "--in-org", "acme");
        Assert.Equal(ExitCode.NeedsAuthorization, refused);
        Assert.Contains("no package for jobs", why, StringComparison.Ordinal);
        served.Org.Usage.Background = served.Org.Usage.Limit;
        // The first call learns it from the org, the next is not made.
        Assert.Equal(ExitCode.QuotaStop, (await served.RunAsync("jobs", "stop", apex.Id, "--in-org", "acme")).ExitCode);
    }

    [Fact]
    public async Task A_name_that_two_jobs_have_asks_for_the_Id()
    {
        await using var served = await ServedInstallation.StartAsync(serving: true, records: Records);
        await served.ConnectAsync();
        var details = served.Org.Store.Truth("CronJobDetail", ["Name"], false).Take(2).ToList();
        foreach (var detail in details) served.Org.Store.Update("CronJobDetail", detail.Id, new Dictionary<string, object?> { ["Name"] = "Twin\u001b[31m" });
        var (code, _, error) = await served.RunAsync("jobs", "stop", "Twin\u001b[31m", "--in-org", "acme");
        Assert.Equal(ExitCode.BadInput, code);
        Assert.Contains("2 jobs in the org of acme are called", error, StringComparison.Ordinal);
        // What a name holds does not steer the terminal.
        Assert.DoesNotContain('\u001b', (await served.RunAsync("jobs", "list", "--in-org", "acme")).Output);
    }

    private static async Task<OrgJobsDocument> ListAsync(ServedInstallation served) =>
        JsonSerializer.Deserialize<OrgJobsDocument>((await served.RunAsync("jobs", "list", "--in-org", "acme", "--json")).Output, CliJson.Options)!;

    private static async Task<(int Code, string Said)> SaidAsync(ServedInstallation served, params string[] arguments)
    {
        var (code, output, error) = await served.RunAsync(arguments);
        return (code, (output + error).Trim());
    }
}

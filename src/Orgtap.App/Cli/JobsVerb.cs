using System.CommandLine;
using System.Text.Json;
using Orgtap.App.Overviews;
using Orgtap.Scheduling;
using Spectre.Console;

namespace Orgtap.App.Cli;

/// <summary><c>orgtap jobs</c>: the scheduled jobs.</summary>
internal static class JobsVerb
{
    public static Command Build(VerbRunner verbs) => new("jobs", "Scheduled jobs: see, stop, start, restart") { List(verbs), Stop(verbs), Start(verbs), Schedule(verbs), Restart(verbs) };

    private static Command List(VerbRunner verbs)
    {
        var (connection, inOrg, json) = (Connection(), OrgJobVerbs.InOrg(), VerbRunner.Json());
        return verbs.Run(new Command("list", "List every job with its state, last and next run") { connection, inOrg, json }, Needs.Owner, ["orgtap jobs list", "orgtap jobs list --connection acme --json", "orgtap jobs list --in-org acme"], async (context, cancellationToken) =>
        {
            if (OrgJobVerbs.OrgOf(context, inOrg, connection) is { } org) return await OrgJobVerbs.ListAsync(context, org, context.Get(json), cancellationToken);
            var jobs = await context.Owner.JobsAsync(context.Get(connection), cancellationToken);
            if (context.Get(json))
            {
                context.Out.WriteLine(JsonSerializer.Serialize(jobs, CliJson.Options));
                return ExitCode.Done;
            }
            var table = CliTable.New("Connection", "Job", "State", "Last run", "Outcome", "Next run");
            foreach (var job in jobs)
                table.AddRow(Markup.Escape(job.Connection ?? "–"), job.Job, Markup.Escape(job.WaitsFor is { } what ? $"Held, waits {what}" : job.StoppedBy is { } by ? $"{job.State}, by {by}" : job.State.ToString()),
                    CliTable.Time(job.LastRun?.StartedAt, context.Terminal.Time), Markup.Escape(job.LastRun?.Outcome ?? "–"), Markup.Escape(job.NextRun is { } next ? $"{CliTable.Time(next, context.Terminal.Time)}, {job.Often}" : job.State == JobActivity.Stopped ? "–" : job.Often));
            context.Terminal.Ansi(context.Out).Write(table);
            return ExitCode.Done;
        });
    }

    private static Command Stop(VerbRunner verbs)
    {
        var (name, connection, inOrg, json) = (Job(), Connection(), OrgJobVerbs.InOrg(), VerbRunner.Json());
        return verbs.Run(new Command("stop", "Stop a job; it finishes its page, commits, and stays stopped") { name, connection, inOrg, json }, Needs.Owner, ["orgtap jobs stop sync --connection acme", "orgtap jobs stop mail", "orgtap jobs stop NightlySync --in-org acme"], async (context, cancellationToken) =>
            OrgJobVerbs.OrgOf(context, inOrg, connection) is { } org ? await OrgJobVerbs.ChangeAsync(context, org, context.Get(name), start: false, context.Get(json), cancellationToken)
            : Say(context, await context.Owner.StopJobAsync(context.Get(connection), context.Get(name), cancellationToken), context.Get(json)));
    }

    private static Command Start(VerbRunner verbs)
    {
        var (name, connection, inOrg, json) = (Job(), Connection(), OrgJobVerbs.InOrg(), VerbRunner.Json());
        return verbs.Run(new Command("start", "Start a stopped job; what was interrupted goes on at once where `orgtap serve` runs") { name, connection, inOrg, json }, Needs.Owner, ["orgtap jobs start sync --connection acme", "orgtap jobs start NightlySync --in-org acme"], async (context, cancellationToken) =>
            OrgJobVerbs.OrgOf(context, inOrg, connection) is { } org ? await OrgJobVerbs.ChangeAsync(context, org, context.Get(name), start: true, context.Get(json), cancellationToken)
            : Say(context, await context.Owner.StartJobAsync(context.Get(connection), context.Get(name), cancellationToken), context.Get(json)));
    }

    private static Command Schedule(VerbRunner verbs)
    {
        var (name, connection, json) = (Job(), new Option<string>("--connection") { Description = "Whose job", HelpName = "NAME", Required = true }, VerbRunner.Json());
        var frequency = new Argument<string>("FREQUENCY") { Description = "daily, weekly, manual, cron:EXPRESSION@ZONE …, as for `orgtap connections schedule`" };
        return verbs.Run(new Command("schedule", "Set how often formulas are read again (formula-refresh) or Ids compared (deletes)") { name, frequency, connection, json }, Needs.Owner,
            ["orgtap jobs schedule deletes daily --connection acme"], async (context, cancellationToken) =>
            Say(context, await context.Owner.ScheduleJobAsync(context.Get(connection)!, context.Get(name), context.Get(frequency), cancellationToken), context.Get(json)));
    }

    private static Command Restart(VerbRunner verbs)
    {
        var json = VerbRunner.Json();
        return verbs.Run(new Command("restart", "Restart the jobs that run now, one at a time; those that are stopped stay so") { json }, Needs.Owner, ["orgtap jobs restart"], async (context, cancellationToken) =>
        {
            var restart = await context.Owner.RestartJobsAsync(cancellationToken);
            if (context.Get(json)) context.Out.WriteLine(JsonSerializer.Serialize(restart, CliJson.Options));
            else context.Out.WriteLine(restart.Jobs switch { 0 => "Nothing runs now.", 1 => "1 job is being restarted.", var many => $"{many} jobs are being restarted, one at a time." });
            return ExitCode.Done;
        });
    }

    private static int Say(VerbContext context, JobDocument job, bool json)
    {
        if (json) context.Out.WriteLine(JsonSerializer.Serialize(job, CliJson.Options));
        else context.Out.WriteLine($"{job.Name}{(job.Connection is { } whose ? $" of {whose}" : "")}: {job.State}{(job.WaitsFor is { } what ? $", waits {what}" : "")}{(job.NextRun is { } next ? $", next {CliTable.Time(next, context.Terminal.Time)}" : "")}.");
        return ExitCode.Done;
    }

    private static Argument<string> Job() => new("JOB") { Description = $"One of {string.Join(", ", Enum.GetValues<JobKind>().Select(JobKinds.Word))}; with --in-org, the Id or the name of a job in the org" };

    private static Option<string?> Connection() => new("--connection") { Description = "Whose job; without it, the installation's", HelpName = "NAME" };
}

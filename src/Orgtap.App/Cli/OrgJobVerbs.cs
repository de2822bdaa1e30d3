using System.CommandLine;
using System.Text.Json;
using Orgtap.App.Overviews;
using Orgtap.Primitives;
using Orgtap.Scheduling;
using Spectre.Console;

namespace Orgtap.App.Cli;

/// <summary><c>orgtap jobs list</c>, <c>stop</c> and <c>start</c> with <c>--in-org</c>: jobs inside an org.</summary>
internal static class OrgJobVerbs
{
    public static Option<string?> InOrg() => new("--in-org") { Description = "Jobs inside the org of this connection, such as scheduled Apex; asks the org, for a few API calls", HelpName = "NAME" };

    /// <returns>Null: jobs of Orgtap are meant.</returns>
    /// <exception cref="InvalidInputException">Both were given.</exception>
    public static string? OrgOf(VerbContext context, Option<string?> inOrg, Option<string?> connection) => context.Get(inOrg) is not null && context.Get(connection) is not null
        ? throw new InvalidInputException("--connection means Orgtap's own jobs, --in-org those inside the org.", "Give one of the two.")
        : context.Get(inOrg);

    public static async Task<int> ListAsync(VerbContext context, string org, bool json, CancellationToken cancellationToken)
    {
        var list = await context.Owner.OrgJobsAsync(org, again: true, cancellationToken);
        if (json)
        {
            context.Out.WriteLine(JsonSerializer.Serialize(list, CliJson.Options));
            return ExitCode.Done;
        }
        var table = CliTable.New("Job", "State", "Last run", "Next run", "From here", "Id");
        foreach (var job in list.Jobs)
            table.AddRow(Markup.Escape($"{Plain(job.Name)}\n{Plain(job.Does)}"), Markup.Escape(job.StoppedBy is { } by ? $"{job.State}, by {by}" : job.State.ToString()),
                Markup.Escape(Plain($"{CliTable.Time(job.LastRun, context.Terminal.Time)}{(job.Outcome is { } outcome ? $", {outcome}" : "")}")),
                Markup.Escape(job.NextRun is { } next ? $"{CliTable.Time(next, context.Terminal.Time)}, {job.Often}" : job.Often ?? "–"), Markup.Escape(job.CanStop ? "can be stopped" : job.CanStart ? "can be started" : job.WhyNot ?? "–"), job.Id);
        if (list.Jobs.Count == 0) context.Out.WriteLine($"The org of {list.Connection} has no jobs that the connected user may see.");
        else context.Terminal.Ansi(context.Out).Write(table);
        if (list.NotShown is { } notShown) context.Out.WriteLine(notShown);
        if (list.IsCut) context.Out.WriteLine("The org has more jobs than are listed; Setup > Scheduled Jobs and Setup > Apex Jobs show all.");
        return ExitCode.Done;
    }

    public static async Task<int> ChangeAsync(VerbContext context, string org, string job, bool start, bool json, CancellationToken cancellationToken)
    {
        var id = await IdOfAsync(context, org, job, start, cancellationToken);
        var change = start ? await context.Owner.StartOrgJobAsync(org, id, cancellationToken) : await context.Owner.StopOrgJobAsync(org, id, cancellationToken);
        if (json) context.Out.WriteLine(JsonSerializer.Serialize(change, CliJson.Options));
        else
            context.Out.WriteLine($"{Plain(change.Name)} in the org of {change.Connection}: {(change.Changed ? "" : "already ")}{(start ? "started" : change.State == OrgJobActivity.Ended ? "ended" : "stopped")}"
                + $"{(start ? $" as {change.Id}" : "")}{(change.NextRun is { } next ? $", next {CliTable.Time(next, context.Terminal.Time)}, {change.Often}" : "")}.");
        return ExitCode.Done;
    }

    /// <summary>An Id is taken as it is; a name has to be one job's.</summary>
    private static async Task<string> IdOfAsync(VerbContext context, string org, string job, bool start, CancellationToken cancellationToken)
    {
        if (Salesforce.OAuth.SalesforceId.To18(job) is { } id && (id.StartsWith("08e", StringComparison.Ordinal) || id.StartsWith("707", StringComparison.Ordinal))) return id;
        var named = (await context.Owner.OrgJobsAsync(org, again: false, cancellationToken)).Jobs.Where(each => each.Name == job && each.Group is not OrgJobGroup.Ended && (start == (each.State == OrgJobActivity.Stopped))).ToList();
        return named switch
        {
            [var one] => one.Id,
            [] => throw new InvalidInputException($"No job called \"{job}\" in the org of {org} can be {(start ? "started" : "stopped")}.", $"`orgtap jobs list --in-org {org}` lists names and Ids."),
            _ => throw new InvalidInputException($"{named.Count} jobs in the org of {org} are called \"{job}\".", $"Give the Id of the one you mean: {string.Join(", ", named.Select(each => each.Id))}."),
        };
    }

    /// <summary>Names come from the org: nothing in them may steer the terminal.</summary>
    private static string Plain(string text) => string.Concat(text.Select(letter => char.IsControl(letter) ? ' ' : letter));
}

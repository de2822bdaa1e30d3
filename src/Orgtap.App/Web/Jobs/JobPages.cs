using System.Net.ServerSentEvents;
using System.Runtime.CompilerServices;
using Orgtap.App.Overviews;
using Orgtap.App.Web.SignIn;
using Orgtap.Primitives;
using Orgtap.Scheduling;

namespace Orgtap.App.Web.Jobs;

/// <summary>Which jobs are shown.</summary>
/// <param name="Search">Words of a job's or a connection's name.</param>
public sealed record JobQuestion(string? Search, JobActivity? State, int Number)
{
    /// <summary>Connections on a page.</summary>
    public const int PerPage = 25;

    public static JobQuestion Of(string? q, string? state, string? page) => new(
        string.IsNullOrWhiteSpace(q) ? null : q.Trim(), Enum.TryParse<JobActivity>(state, ignoreCase: true, out var activity) && Enum.IsDefined(activity) ? activity : null, int.TryParse(page, out var number) && number > 1 ? number : 1);

    public string Address(string path = "/jobs")
    {
        var parts = new[] { ("q", Search), ("state", State?.ToString().ToLowerInvariant()), ("page", Number > 1 ? Number.ToString(System.Globalization.CultureInfo.InvariantCulture) : null) }
            .Where(part => part.Item2 is not null).Select(part => $"{part.Item1}={Uri.EscapeDataString(part.Item2!)}");
        return string.Join('&', parts) is { Length: > 0 } query ? $"{path}?{query}" : path;
    }

    internal bool Fits(ScheduledJob job) => (State is not { } state || job.Activity == state || (state == JobActivity.Running && job.Activity == JobActivity.Stopping))
        && (Search is not { } words || $"{job.Kind.Name()} {job.Connection?.Name ?? "Orgtap"}".Contains(words, StringComparison.OrdinalIgnoreCase));
}

/// <param name="Groups">Of one connection each; the installation's last.</param>
/// <param name="Problem">Why what was asked for could not be done.</param>
public sealed record JobsModel(
    IReadOnlyList<ScheduledJob> All, IReadOnlyList<IGrouping<string?, ScheduledJob>> Groups, bool HasMore, JobQuestion Question, IReadOnlyList<RestartStep> Restart, bool MayOperate, TimeProvider Time, OrgtapException? Problem = null, string? Done = null)
{
    public static JobsModel Of(IReadOnlyList<ScheduledJob> all, JobQuestion question, IReadOnlyList<RestartStep> restart, bool mayOperate, TimeProvider time)
    {
        var groups = all.Where(question.Fits).GroupBy(job => job.Connection?.Name).ToList();
        return new JobsModel(all, [.. groups.Skip((question.Number - 1) * JobQuestion.PerPage).Take(JobQuestion.PerPage)], groups.Count > question.Number * JobQuestion.PerPage, question, restart, mayOperate, time);
    }
}

/// <param name="Back">The page's address, to come back to.</param>
public sealed record JobModel(ScheduledJob Job, bool MayOperate, TimeProvider Time)
{
    /// <summary>Tells the job's cells from others on the page.</summary>
    public string Id => $"{Job.Connection?.Id.Value ?? "orgtap"}-{Job.Kind.Word()}";
}

/// <summary>The scheduled jobs, which keep themselves up to date.</summary>
internal static class JobPages
{
    private static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(1);

    public static void Map(IEndpointRouteBuilder app)
    {
        app.MapGet("/jobs", async (string? q, string? state, string? page, string? done, HttpContext context, ScheduledJobs jobs, JobRestarts restarts, TimeProvider time, CancellationToken cancellationToken) =>
            Page.Of<JobsPage>(JobsModel.Of(await jobs.ListAsync(cancellationToken), JobQuestion.Of(q, state, page), restarts.ProgressOfAll, context.User.MayOperate(), time) with { Done = done })).RequireAuthorization(Roles.Viewer);
        app.MapGet("/jobs/live", (string? q, string? state, string? page, HttpContext context, ScheduledJobs jobs, JobRestarts restarts, LiveFragments fragments, TimeProvider time, IHostApplicationLifetime host) =>
            LiveEvents.Of(context, host, stop => WatchAsync(JobQuestion.Of(q, state, page), context.User.MayOperate(), jobs, restarts, fragments, time, stop))).RequireAuthorization(Roles.Viewer);
        app.MapPost("/jobs", ActAsync).RequireAuthorization(Roles.Operator);
    }

    private static async Task<IResult> ActAsync(HttpContext context, JobDesk desk, ScheduledJobs jobs, JobRestarts restarts, TimeProvider time, CancellationToken cancellationToken)
    {
        var form = await context.Request.ReadFormAsync(cancellationToken);
        var question = JobQuestion.Of(form["q"], form["state"], form["page"]);
        var (connection, job, actor) = (form["connection"].ToString() is { Length: > 0 } name ? name : null, form["job"].ToString(), context.User.ActorOf());
        try
        {
            switch (form["do"].ToString())
            {
                case "stop": await desk.StopAsync(connection, job, actor, cancellationToken); break;
                case "start": await desk.StartAsync(connection, job, here: true, actor, cancellationToken); break;
                case "frequency": await desk.SetFrequencyAsync(connection ?? "", job, form["frequency"].ToString(), actor, cancellationToken); break;
                case "restart":
                    if ((await desk.RestartAsync(actor, cancellationToken)).Jobs == 0) return Page.SeeOther("/jobs?done=nothing");
                    break;
                case "end-restart": desk.EndRestart(); break;
                default: return Results.BadRequest();
            }
            return Page.SeeOther(question.Address());
        }
        catch (OrgtapException problem)
        {
            return Page.Of<JobsPage>(JobsModel.Of(await jobs.ListAsync(cancellationToken), question, restarts.ProgressOfAll, true, time) with { Problem = problem }, Errors.ErrorPages.StatusOf(problem.Kind));
        }
    }

    /// <summary>Rows stay where they are while somebody looks; what they say follows.</summary>
    private static async IAsyncEnumerable<SseItem<string>> WatchAsync(
        JobQuestion question, bool mayOperate, ScheduledJobs jobs, JobRestarts restarts, LiveFragments fragments, TimeProvider time, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var sent = new Dictionary<string, string>();
        HashSet<string>? watched = null;
        using var timer = new PeriodicTimer(LookEvery, time);
        do
        {
            var all = await jobs.ListAsync(cancellationToken);
            var model = JobsModel.Of(all, question, restarts.ProgressOfAll, mayOperate, time);
            watched ??= [.. model.Groups.SelectMany(group => group).Select(job => new JobModel(job, mayOperate, time).Id)];
            var head = await fragments.RenderAsync<JobsHead>(model);
            if (sent.GetValueOrDefault("") != head) yield return new SseItem<string>(sent[""] = head, LiveEvents.Patch);
            foreach (var job in all.Select(job => new JobModel(job, mayOperate, time)).Where(job => watched.Contains(job.Id)))
            {
                var html = await fragments.RenderAsync<JobCells>(job);
                if (sent.GetValueOrDefault(job.Id) == html) continue;
                sent[job.Id] = html;
                yield return new SseItem<string>(html, LiveEvents.Patch);
            }
        }
        while (await timer.WaitForNextTickAsync(cancellationToken));
    }
}

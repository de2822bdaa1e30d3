using System.ComponentModel;
using Orgtap.App.Overviews;
using Orgtap.App.Web.SignIn;

namespace Orgtap.App.Api;

/// <summary>How often a job is to run.</summary>
/// <param name="Frequency">As in a connection's update frequency: <c>daily</c>, <c>weekly</c>, <c>manual</c>, <c>cron:EXPRESSION@ZONE</c> …</param>
public sealed record JobFrequencyDocument(string Frequency);

/// <summary><c>/api/v1/jobs</c>: the scheduled jobs.</summary>
internal static class JobsApi
{
    public static void Map(IEndpointRouteBuilder api)
    {
        var jobs = api.MapGroup("/jobs").WithTags("Scheduled jobs");
        jobs.MapGet("", (JobDesk desk, [Description("Only of this connection")] string? connection = null, CancellationToken cancellationToken = default) => desk.ListAsync(connection, cancellationToken))
            .RequireAuthorization(Roles.Viewer).WithSummary("Every job of every connection and of the installation: state, last and next run");
        jobs.MapPost("/{job}/stop", (string job, HttpContext context, JobDesk desk, CancellationToken cancellationToken) => desk.StopAsync(null, job, context.User.ActorOf(), cancellationToken))
            .RequireAuthorization(Roles.Operator).WithSummary("Stop a job of the installation");
        jobs.MapPost("/{job}/start", (string job, HttpContext context, JobDesk desk, CancellationToken cancellationToken) => desk.StartAsync(null, job, here: true, context.User.ActorOf(), cancellationToken))
            .RequireAuthorization(Roles.Operator).WithSummary("Start a job of the installation");
        jobs.MapPost("/restart", (HttpContext context, JobDesk desk, CancellationToken cancellationToken) => desk.RestartAsync(context.User.ActorOf(), cancellationToken))
            .RequireAuthorization(Roles.Operator).WithSummary("Restart the jobs that run now, one at a time, with a pause between stop and start");
        jobs.MapGet("/restart", (JobDesk desk) => desk.Restart()).RequireAuthorization(Roles.Viewer).WithSummary("How far the last restart is");
        jobs.MapDelete("/restart", (JobDesk desk) => desk.EndRestart()).RequireAuthorization(Roles.Operator).WithSummary("End the restart behind the job that is stopped at this moment");

        var own = api.MapGroup("/connections/{name}/jobs").AddEndpointFilter<KnownConnectionFilter>().WithTags("Scheduled jobs");
        own.MapPost("/{job}/stop", (string name, string job, HttpContext context, JobDesk desk, CancellationToken cancellationToken) => desk.StopAsync(name, job, context.User.ActorOf(), cancellationToken))
            .RequireAuthorization(Roles.Operator).WithSummary("Stop a job of the connection: it finishes its page, commits, and stays stopped");
        own.MapPost("/{job}/start", (string name, string job, HttpContext context, JobDesk desk, CancellationToken cancellationToken) => desk.StartAsync(name, job, here: true, context.User.ActorOf(), cancellationToken))
            .RequireAuthorization(Roles.Operator).WithSummary("Start a job of the connection: what was interrupted goes on at once");
        own.MapPut("/{job}/frequency", (string name, string job, JobFrequencyDocument wanted, HttpContext context, JobDesk desk, CancellationToken cancellationToken) =>
            desk.SetFrequencyAsync(name, job, wanted.Frequency, context.User.ActorOf(), cancellationToken)).RequireAuthorization(Roles.Operator).WithSummary("Set how often formulas are read again, or Ids compared");
    }
}

using Orgtap.SimulatedOrg.Data.Jobs;
using Orgtap.SimulatedOrg.OAuth;

namespace Orgtap.SimulatedOrg.Rest;

/// <summary><c>/tooling/executeAnonymous</c>: always 200; whether it compiled and ran is in the body. A block does all or nothing.</summary>
internal sealed class ToolingResources(OrgJobs jobs, OrgUsers users)
{
    public IEnumerable<RestResource> Resources => [new("executeAnonymous", "GET", "tooling/executeAnonymous", Execute)];

    private RestReply Execute(RestCall call)
    {
        if (users.ById(call.Session.UserId) is { AuthorsApex: false })
            throw new RestException(StatusCodes.Status403Forbidden, "INSUFFICIENT_ACCESS", "Insufficient permissions: executeAnonymous needs the permission Author Apex");
        var apex = call.Parameter("anonymousBody") ?? throw new RestException(400, "MALFORMED_QUERY", "anonymousBody is required");
        if (AnonymousApex.Parse(apex, out var at) is not { } statements)
            return Outcome(apex, at, compileProblem: "This org runs System.abortJob('…') and System.schedule('…', '…', new Class()) only; what stands here is neither.");
        foreach (var statement in statements.OfType<ApexStatement.Schedule>())
        {
            if (jobs.IsSchedulable(statement.ClassName) is not { } schedulable) return Outcome(apex, statement.At, compileProblem: $"Invalid type: {statement.ClassName}");
            if (!schedulable)
                return Outcome(apex, statement.At, compileProblem: $"Method does not exist or incorrect signature: void schedule(String, String, {statement.ClassName}) from the type System");
        }
        ApexStatement? current = null;
        try
        {
            foreach (var statement in statements) Check(current = statement, statements);
            foreach (var statement in statements) Run(current = statement, call.Session.UserId);
        }
        catch (ApexException failure)
        {
            return Outcome(apex, current!.At, exception: failure.Message);
        }
        return Outcome(apex, null);
    }

    private void Check(ApexStatement statement, IReadOnlyList<ApexStatement> all)
    {
        if (statement is ApexStatement.Abort abort) jobs.CheckAbort(abort.Id);
        if (statement is not ApexStatement.Schedule schedule) return;
        var before = all.TakeWhile(other => other != statement).ToList();
        jobs.CheckSchedule(schedule.Name, schedule.Expression, [.. before.OfType<ApexStatement.Schedule>().Select(other => other.Name)],
            [.. before.OfType<ApexStatement.Abort>().Select(other => jobs.NameOf(other.Id)).OfType<string>()]);
    }

    private void Run(ApexStatement statement, string userId)
    {
        if (statement is ApexStatement.Abort abort) jobs.Abort(abort.Id);
        if (statement is ApexStatement.Schedule schedule) jobs.Schedule(schedule.Name, schedule.Expression, schedule.ClassName, userId);
    }

    private static RestReply Outcome(string apex, int? at, string? compileProblem = null, string? exception = null)
    {
        var (line, column) = at is { } place ? Place(apex, place) : (-1, -1);
        return RestReply.Of(writer =>
        {
            writer.WriteStartObject();
            writer.WriteNumber("line", line);
            writer.WriteNumber("column", column);
            writer.WriteBoolean("compiled", compileProblem is null);
            writer.WriteBoolean("success", compileProblem is null && exception is null);
            writer.WriteString("compileProblem", compileProblem);
            writer.WriteString("exceptionStackTrace", exception is null ? null : $"AnonymousBlock: line {line}, column {column}");
            writer.WriteString("exceptionMessage", exception);
            writer.WriteEndObject();
        });
    }

    private static (int Line, int Column) Place(string apex, int at)
    {
        var before = apex.AsSpan(0, Math.Min(at, apex.Length));
        return (before.Count('\n') + 1, at - before.LastIndexOf('\n'));
    }
}

using System.Net;
using System.Text.Json;
using Orgtap.Primitives;
using Orgtap.Salesforce.Describe;
using Orgtap.Salesforce.Query;
using Orgtap.Salesforce.Soql;

namespace Orgtap.Salesforce.Jobs;

/// <summary>
/// Jobs inside one org. They are read by queries; no API of Salesforce changes them, only Apex does (<c>System.abortJob</c>, <c>System.schedule</c>), so changes go to an Apex REST resource
/// that an admin installs (docs/jobs.md). Orgtap never sends Apex of its own.
/// </summary>
public sealed class OrgJobsApi
{
    /// <summary>Where the package answers.</summary>
    public const string PackagePath = "/services/apexrest/orgjobs/jobs";

    /// <summary>Rows of each kind that one look shows at most; scheduled Apex, of which an org has up to 100, is asked for by itself.</summary>
    public const int MostSchedules = 500, MostRuns = 200, MostEnded = 50;

    private const string Subject = "jobs in the org";
    private readonly SalesforceClient _client;
    private readonly OrgHttp _http;

    internal OrgJobsApi(SalesforceClient client, OrgHttp http) => (_client, _http) = (client, http);

    /// <summary>Looks: two counted calls, however many jobs there are.</summary>
    /// <exception cref="SalesforceException">Permission: the user may not see jobs. Else what kept it from answering.</exception>
    /// <exception cref="QuotaStopException">No call is left.</exception>
    public async Task<OrgJobsSeen> ReadAsync(DateTimeOffset now, CancellationToken cancellationToken)
    {
        var answers = await _client.CompositeAsync(
        [
            Ask("apex", SoqlQuery.Select(OrgSchedule.Fields).From("CronTrigger").Where(SoqlCondition.Is("CronJobDetail.JobType", "7")).OrderBy("NextFireTime").Limit(MostSchedules)),
            Ask("others", SoqlQuery.Select(OrgSchedule.Fields).From("CronTrigger").Where(SoqlCondition.IsNot("CronJobDetail.JobType", "7")).OrderBy("NextFireTime").Limit(MostSchedules)),
            Ask("classes", Classes().OrderBy("CreatedDate", descending: true).Limit(2_000)),
            Ask("unfinished", Runs(ApexRun.Unfinished).OrderBy("CreatedDate", descending: true).Limit(MostRuns)),
            Ask("ended", Runs(ApexRun.Ended).OrderBy("CreatedDate", descending: true).Limit(MostEnded)),
        ], cancellationToken);
        var (apex, others) = (Rows(answers[0]), Rows(answers[1]));
        var refused = answers.Skip(2).FirstOrDefault(answer => answer.Failure is not null) is { } hidden ? Explained(hidden.Failure!, "Apex jobs") : null;
        var classes = ClassesOf(refused is null || answers[2].Failure is null ? answers[2] : null);
        var (unfinished, ended) = (answers[3].Failure is null ? Rows(answers[3]) : [], answers[4].Failure is null ? Rows(answers[4]) : []);
        var package = await LookAtPackageAsync(cancellationToken);
        return new OrgJobsSeen([.. apex.Concat(others).Select(row => OrgSchedule.Read(row, classes)).OfType<OrgSchedule>().Where(schedule => !schedule.IsGone)],
            [.. unfinished.Concat(ended).Select(ApexRun.Read).OfType<ApexRun>()], refused, package, apex.Count == MostSchedules || others.Count == MostSchedules || unfinished.Count == MostRuns, now, 2);
    }

    /// <summary>A schedule as it is at this moment, with its class. One counted call.</summary>
    /// <returns>Null: the org has none of this Id any more.</returns>
    public async Task<OrgSchedule?> FindScheduleAsync(string id, CancellationToken cancellationToken) => (await FindAsync(SoqlCondition.Is("Id", id), SoqlCondition.Is("CronTriggerId", id), cancellationToken)) is [var found, ..] ? found : null;

    /// <summary>The scheduled Apex of a name, with its class. One counted call.</summary>
    public async Task<OrgSchedule?> FindScheduleByNameAsync(string name, CancellationToken cancellationToken) =>
        (await FindAsync(SoqlCondition.Is("CronJobDetail.Name", name), null, cancellationToken)).FirstOrDefault(schedule => schedule.Kind == OrgScheduleKind.ScheduledApex);

    /// <summary>A run as it is at this moment. One counted call.</summary>
    public async Task<ApexRun?> FindRunAsync(string id, CancellationToken cancellationToken)
    {
        var answers = await _client.CompositeAsync([Ask("run", SoqlQuery.Select(ApexRun.Fields).From("AsyncApexJob").Where(SoqlCondition.Is("Id", id)).Limit(1))], cancellationToken);
        return Rows(answers[0]).Select(ApexRun.Read).FirstOrDefault();
    }

    /// <summary><c>System.abortJob</c>: a schedule vanishes, a run ends; what it has committed stays. Never sent twice: look whether it is gone when no answer came.</summary>
    /// <param name="id">Of a CronTrigger or an AsyncApexJob.</param>
    /// <exception cref="SalesforceException">The package is missing or refuses.</exception>
    public async Task AbortAsync(string id, CancellationToken cancellationToken) => await ActAsync(new { action = "abort", id }, cancellationToken);

    /// <summary><c>System.schedule</c>, as the connected user and in that user's time zone. Never sent twice: look for the name when no answer came.</summary>
    /// <returns>The new CronTrigger's Id.</returns>
    /// <exception cref="SalesforceException">The package is missing or refuses; InvalidInput with the code <c>APEX_ERROR</c>: e.g. the name is taken.</exception>
    public async Task<string> ScheduleAsync(string name, string cron, string className, CancellationToken cancellationToken) =>
        await ActAsync(new { action = "schedule", name, cron, className }, cancellationToken) ?? throw SalesforceException.Unexpected(Subject, "the package did not say which job it scheduled");

    private async Task<string?> ActAsync(object wanted, CancellationToken cancellationToken)
    {
        var request = _http.Request(HttpMethod.Post, PackagePath, Subject);
        request.Content = new ByteArrayContent(JsonSerializer.SerializeToUtf8Bytes(wanted)) { Headers = { ContentType = new("application/json") } };
        try
        {
            var (document, _) = await _http.JsonAsync(request, cancellationToken);
            using (document) return document.RootElement.Text("id");
        }
        catch (SalesforceException refused) when (refused.StatusCode == HttpStatusCode.NotFound)
        {
            throw new SalesforceException(FailureKind.Permission, "The org has no package for jobs, so nothing in it can be stopped or started from here.", "Install it as docs/jobs.md says, or use Setup > Scheduled Jobs.", refused.StatusCode, refused.ErrorCode, refused.Detail, refused);
        }
        catch (SalesforceException refused) when (refused.Kind == FailureKind.Permission && refused.ErrorCode != "APEX_ERROR")
        {
            throw new SalesforceException(FailureKind.Permission, "The connected user may not use the package for jobs.",
                "Setup > Permission Sets: assign the connected user the package's permission set, or give access to the Apex class OrgJobsResource.", refused.StatusCode, refused.ErrorCode, refused.Detail, refused);
        }
    }

    private async Task<IReadOnlyList<OrgSchedule>> FindAsync(SoqlCondition schedule, SoqlCondition? job, CancellationToken cancellationToken)
    {
        var answers = await _client.CompositeAsync(
        [
            Ask("schedule", SoqlQuery.Select(OrgSchedule.Fields).From("CronTrigger").Where(schedule).Limit(20)),
            Ask("classes", Classes().Where(job).OrderBy("CreatedDate", descending: true).Limit(2_000)),
        ], cancellationToken);
        var classes = ClassesOf(answers[1].Failure is null ? answers[1] : null);
        return [.. Rows(answers[0]).Select(row => OrgSchedule.Read(row, classes)).OfType<OrgSchedule>().Where(found => !found.IsGone)];
    }

    private async Task<JobsPackage> LookAtPackageAsync(CancellationToken cancellationToken)
    {
        try
        {
            var (document, _) = await _http.GetJsonAsync(PackagePath, Subject, cancellationToken);
            using (document)
            {
                if (document.RootElement.ValueKind != JsonValueKind.Array) throw SalesforceException.Unexpected(Subject, "the package's answer is no list");
                var classes = new Dictionary<string, bool>(StringComparer.OrdinalIgnoreCase);
                foreach (var job in document.RootElement.EnumerateArray())
                    if (job.Text("className") is { } name) classes[name] = job.Flag("allowed") ?? false;
                return new JobsPackage.Installed(classes);
            }
        }
        catch (SalesforceException refused) when (refused.StatusCode == HttpStatusCode.NotFound)
        {
            return new JobsPackage.Missing();
        }
        catch (SalesforceException refused) when (refused.Kind == FailureKind.Permission)
        {
            return new JobsPackage.NoAccess();
        }
        catch (SalesforceException failure) when (failure.Kind is not FailureKind.ReauthorizationRequired)
        {
            return new JobsPackage.Silent(failure);
        }
    }

    private static CompositeCall Ask(string reference, SoqlQuery query) => CompositeCall.Query(reference, query, includeDeleted: false);

    private static SoqlQuery Classes() => SoqlQuery.Select("CronTriggerId", "ApexClass.Name", "ApexClass.NamespacePrefix").From("AsyncApexJob").Where(SoqlCondition.Is("JobType", "ScheduledApex"), SoqlCondition.IsNotNull("CronTriggerId"));

    private static SoqlQuery Runs(string[] statuses) => SoqlQuery.Select(ApexRun.Fields).From("AsyncApexJob")
        .Where(SoqlCondition.In("Status", statuses), SoqlCondition.IsNot("JobType", "BatchApexWorker"), SoqlCondition.IsNot("JobType", "ScheduledApex"));

    private static Dictionary<string, string> ClassesOf(CompositeAnswer? answer)
    {
        var classes = new Dictionary<string, string>(StringComparer.Ordinal);
        if (answer is null) return classes;
        // The newest first: a schedule keeps the class it was made with.
        foreach (var row in Rows(answer))
            if (row.Text("CronTriggerId") is { } schedule && OrgTime.ClassOf(row) is { } name) classes.TryAdd(schedule, name);
        return classes;
    }

    private static IReadOnlyList<JsonElement> Rows(CompositeAnswer answer) =>
        answer.Failure is { } failure ? throw Explained(failure, "scheduled jobs") : answer.Body.HasList("records") ? [.. answer.Body.Items("records")] : throw SalesforceException.Unexpected(Subject, "a page of a query without its rows");

    // What a user may not see of Setup, Salesforce denies the existence of.
    private static SalesforceException Explained(SalesforceException failure, string what) => failure.Kind is FailureKind.SchemaChanged or FailureKind.Permission or FailureKind.Unsupported
        ? new SalesforceException(FailureKind.Permission, $"The connected user may not see the org's {what}.",
            "Setup > Permission Sets > the connected user's permission set > System Permissions: tick \"View Setup and Configuration\". Then look again.", failure.StatusCode, failure.ErrorCode, failure.Detail, failure)
        : failure;
}

using Dapper;
using Orgtap.Primitives;
using Orgtap.Salesforce.Jobs;
using Orgtap.Storage;

namespace Orgtap.Scheduling;

/// <summary>Scheduled Apex that was stopped from here: all it takes to schedule it again, because the org forgets it.</summary>
/// <param name="Id">The CronTrigger that was aborted.</param>
/// <param name="Zone">The zone its times were in; null: the org did not say.</param>
/// <param name="OwnerId">Whom it ran as.</param>
/// <param name="StartedAs">The CronTrigger it came back as; null: it is stopped.</param>
public sealed record StoppedOrgJob(string Id, string Name, string ClassName, string Cron, string? Zone, string? OwnerId, string? ScheduledBy, DateTimeOffset StoppedAt, string StoppedBy, string? StartedAs);

/// <summary>Keeps stopped org jobs. A job is kept before it is aborted, so that no crash loses how it was scheduled.</summary>
public sealed class StoppedOrgJobs(ControlStore store, TimeProvider time)
{
    private const string Columns = "id, name, class_name, cron, zone, owner_id, scheduled_by, stopped_at, stopped_by, started_as";

    private const string Select = "SELECT id, name, class_name AS ClassName, cron, zone, owner_id AS OwnerId, scheduled_by AS ScheduledBy, stopped_at AS StoppedAt, stopped_by AS StoppedBy, started_as AS StartedAs FROM stopped_org_jobs";

    /// <summary>Those of a connection, started ones too, in the order in which they were stopped.</summary>
    public async Task<IReadOnlyList<StoppedOrgJob>> ListAsync(ConnectionId connection, CancellationToken cancellationToken)
    {
        await using var db = await store.ConnectAsync(cancellationToken);
        return [.. (await db.QueryAsync<Row>($"{Select} WHERE connection_id = @connection ORDER BY stopped_at, id", new { connection = connection.Value })).Select(row => row.Read())];
    }

    public async Task<StoppedOrgJob?> FindAsync(ConnectionId connection, string id, CancellationToken cancellationToken)
    {
        await using var db = await store.ConnectAsync(cancellationToken);
        return (await db.QuerySingleOrDefaultAsync<Row>($"{Select} WHERE connection_id = @connection AND id = @id", new { connection = connection.Value, id }))?.Read();
    }

    /// <summary>Keeps a job that is about to be stopped; what it was before under another Id is forgotten.</summary>
    public Task KeepAsync(ConnectionId connection, OrgSchedule job, string by, CancellationToken cancellationToken) => store.WriteAsync(async transaction =>
    {
        var db = transaction.Connection!;
        await db.ExecuteAsync("DELETE FROM stopped_org_jobs WHERE connection_id = @connection AND (id = @Id OR started_as = @Id)", new { connection = connection.Value, job.Id }, transaction);
        await db.ExecuteAsync($"INSERT INTO stopped_org_jobs (connection_id, {Columns}) VALUES (@connection, @Id, @Name, @ClassName, @Cron, @Zone, @OwnerId, @ScheduledBy, @at, @by, NULL)",
            new { connection = connection.Value, job.Id, job.Name, job.ClassName, job.Cron, job.Zone, job.OwnerId, job.ScheduledBy, at = time.GetUtcNow().ToUnixTimeMilliseconds(), by }, transaction);
    }, cancellationToken);

    /// <summary>It was not stopped after all.</summary>
    public Task ForgetAsync(ConnectionId connection, string id, CancellationToken cancellationToken) => store.WriteAsync(transaction =>
        transaction.Connection!.ExecuteAsync("DELETE FROM stopped_org_jobs WHERE connection_id = @connection AND id = @id", new { connection = connection.Value, id }, transaction), cancellationToken);

    /// <summary>It runs again, as this CronTrigger.</summary>
    public Task StartedAsync(ConnectionId connection, string id, string startedAs, CancellationToken cancellationToken) => store.WriteAsync(transaction =>
        transaction.Connection!.ExecuteAsync("UPDATE stopped_org_jobs SET started_as = @startedAs WHERE connection_id = @connection AND id = @id", new { connection = connection.Value, id, startedAs }, transaction), cancellationToken);

    private sealed class Row
    {
        public string Id { get; init; } = "";
        public string Name { get; init; } = "";
        public string ClassName { get; init; } = "";
        public string Cron { get; init; } = "";
        public string? Zone { get; init; }
        public string? OwnerId { get; init; }
        public string? ScheduledBy { get; init; }
        public long StoppedAt { get; init; }
        public string StoppedBy { get; init; } = "";
        public string? StartedAs { get; init; }

        public StoppedOrgJob Read() => new(Id, Name, ClassName, Cron, Zone, OwnerId, ScheduledBy, DateTimeOffset.FromUnixTimeMilliseconds(StoppedAt), StoppedBy, StartedAs);
    }
}

using Dapper;
using Orgtap.Connections;
using Orgtap.Primitives;
using Orgtap.Storage;

namespace Orgtap.Scheduling;

/// <summary>What somebody decided about a job.</summary>
/// <param name="StoppedAt">Since when it is stopped; null: it is not.</param>
/// <param name="Frequency">Null: the usual one.</param>
public sealed record JobState(DateTimeOffset? StoppedAt, string? StoppedBy, UpdateFrequency? Frequency)
{
    public static readonly JobState Usual = new(null, null, null);
}

/// <summary>What is decided about all jobs at one moment.</summary>
public sealed class JobDecisions(IReadOnlyDictionary<(ConnectionId?, JobKind), JobState> states)
{
    public static readonly JobDecisions None = new(new Dictionary<(ConnectionId?, JobKind), JobState>());

    public JobState Of(ConnectionId? connection, JobKind kind) => states.GetValueOrDefault((connection, kind), JobState.Usual);

    public bool IsStopped(ConnectionId? connection, JobKind kind) => Of(connection, kind).StoppedAt is not null;

    public UpdateFrequency FrequencyOf(ConnectionId connection, JobKind kind) => Of(connection, kind).Frequency ?? kind.UsualFrequency();
}

/// <summary>Keeps which jobs are stopped and how often they run; read anew with every look, so that all processes keep to it.</summary>
public sealed class JobStates(ControlStore store, TimeProvider time)
{
    public async Task<JobDecisions> AllAsync(CancellationToken cancellationToken)
    {
        await using var db = await store.ConnectAsync(cancellationToken);
        var rows = await db.QueryAsync<(string? Connection, string Job, long? StoppedAt, string? StoppedBy, string? Frequency)>("SELECT connection_id, job, stopped_at, stopped_by, frequency FROM job_states");
        return new JobDecisions(rows.ToDictionary(row => (row.Connection is { } id ? new ConnectionId(id) : (ConnectionId?)null, JobKinds.Parse(row.Job)), row => new JobState(
            row.StoppedAt is { } at ? DateTimeOffset.FromUnixTimeMilliseconds(at) : null, row.StoppedBy, row.Frequency is null ? null : UpdateFrequency.Parse(row.Frequency))));
    }

    /// <summary>From now on the job does not run, in no process and after no restart, until it is started.</summary>
    public Task StopAsync(ConnectionId? connection, JobKind kind, string by, CancellationToken cancellationToken) =>
        ChangeAsync(connection, kind, state => state.StoppedAt is null ? state with { StoppedAt = time.GetUtcNow(), StoppedBy = by } : state, cancellationToken);

    public Task StartAsync(ConnectionId? connection, JobKind kind, CancellationToken cancellationToken) =>
        ChangeAsync(connection, kind, state => state with { StoppedAt = null, StoppedBy = null }, cancellationToken);

    public Task SetFrequencyAsync(ConnectionId connection, JobKind kind, UpdateFrequency frequency, CancellationToken cancellationToken) =>
        ChangeAsync(connection, kind, state => state with { Frequency = frequency }, cancellationToken);

    private Task ChangeAsync(ConnectionId? connection, JobKind kind, Func<JobState, JobState> change, CancellationToken cancellationToken) => store.WriteAsync(async transaction =>
    {
        var (db, arguments) = (transaction.Connection!, new { id = connection?.Value, job = kind.Word() });
        var where = $"job = @job AND {(connection is null ? "connection_id IS NULL" : "connection_id = @id")}";
        var (stoppedAt, stoppedBy, frequency) = await db.QuerySingleOrDefaultAsync<(long?, string?, string?)>($"SELECT stopped_at, stopped_by, frequency FROM job_states WHERE {where}", arguments, transaction);
        var state = change(new JobState(stoppedAt is { } at ? DateTimeOffset.FromUnixTimeMilliseconds(at) : null, stoppedBy, frequency is null ? null : UpdateFrequency.Parse(frequency)));
        await db.ExecuteAsync($"DELETE FROM job_states WHERE {where}", arguments, transaction);
        await db.ExecuteAsync("INSERT INTO job_states (connection_id, job, stopped_at, stopped_by, frequency) VALUES (@id, @job, @stopped, @StoppedBy, @frequency) ON CONFLICT DO NOTHING",
            new { arguments.id, arguments.job, stopped = state.StoppedAt?.ToUnixTimeMilliseconds(), state.StoppedBy, frequency = state.Frequency?.Text }, transaction);
    }, cancellationToken);
}

using Dapper;

namespace Orgtap.Storage;

/// <summary>Who did what, to what, when. Written by whoever acts; never holds a secret or a row's value.</summary>
public sealed class AuditLog(ControlStore store, TimeProvider time)
{
    /// <param name="actor">An e-mail address, or <c>command line</c>, <c>scheduler</c>.</param>
    /// <param name="action">A verb in the past tense with its object, e.g. <c>connection.created</c>.</param>
    /// <param name="target">What it was done to, e.g. the connection's name.</param>
    public Task WriteAsync(string actor, string action, string target, string? detail, CancellationToken cancellationToken) =>
        store.WriteAsync(transaction => transaction.Connection!.ExecuteAsync(
            "INSERT INTO audit (id, at, actor, action, target, detail) VALUES ((SELECT COALESCE(MAX(id), 0) + 1 FROM audit), @at, @actor, @action, @target, @detail)",
            new { at = time.GetUtcNow().ToUnixTimeMilliseconds(), actor, action, target, detail }, transaction), cancellationToken);

    public Task<IReadOnlyList<AuditEntry>> ListAsync(int limit, CancellationToken cancellationToken) => ListAsync(null, limit, cancellationToken);

    /// <param name="target">Only what was done to this; null: everything. Newest first.</param>
    public async Task<IReadOnlyList<AuditEntry>> ListAsync(string? target, int limit, CancellationToken cancellationToken)
    {
        await using var db = await store.ConnectAsync(cancellationToken);
        var rows = await db.QueryAsync<(long Id, long At, string Actor, string Action, string Target, string? Detail)>(
            $"SELECT id, at, actor, action, target, detail FROM audit {(target is null ? "" : "WHERE target = @target ")}ORDER BY id DESC LIMIT @limit", new { target, limit });
        return [.. rows.Select(row => new AuditEntry(row.Id, DateTimeOffset.FromUnixTimeMilliseconds(row.At), row.Actor, row.Action, row.Target, row.Detail))];
    }
}

/// <summary>One line of the audit log.</summary>
public sealed record AuditEntry(long Id, DateTimeOffset At, string Actor, string Action, string Target, string? Detail);

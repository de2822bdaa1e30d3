using Dapper;

namespace Orgtap.Storage;

/// <summary>Who did what, to what, when, from where. Written by whoever acts; never holds a secret or a row's value.</summary>
public sealed class AuditLog(ControlStore store, TimeProvider time)
{
    private const string Columns = "id, at, actor, action, target, detail, origin";

    private static readonly string[] Searched = ["actor", "action", "target", "detail", "origin"];

    /// <summary>From where whoever acts at this moment acts; asked for every entry. Null: not known.</summary>
    public Func<string?> Origin { get; init; } = () => null;

    /// <param name="actor">An e-mail address, or <c>command line</c>, <c>scheduler</c>.</param>
    /// <param name="action">A verb in the past tense with its object, e.g. <c>connection.created</c>.</param>
    /// <param name="target">What it was done to, e.g. the connection's name.</param>
    public Task WriteAsync(string actor, string action, string target, string? detail, CancellationToken cancellationToken) =>
        store.WriteAsync(transaction => transaction.Connection!.ExecuteAsync(
            $"INSERT INTO audit ({Columns}) VALUES ((SELECT COALESCE(MAX(id), 0) + 1 FROM audit), @at, @actor, @action, @target, @detail, @origin)",
            new { at = time.GetUtcNow().ToUnixTimeMilliseconds(), actor, action, target, detail, origin = Origin() }, transaction), cancellationToken);

    public Task<IReadOnlyList<AuditEntry>> ListAsync(int limit, CancellationToken cancellationToken) => ListAsync(new AuditFilter(), limit, cancellationToken);

    /// <param name="target">Only what was done to this; null: everything. Newest first.</param>
    public async Task<IReadOnlyList<AuditEntry>> ListAsync(string? target, int limit, CancellationToken cancellationToken)
    {
        await using var db = await store.ConnectAsync(cancellationToken);
        return Read(await db.QueryAsync<Row>($"SELECT {Columns} FROM audit {(target is null ? "" : "WHERE target = @target ")}ORDER BY id DESC LIMIT @limit", new { target, limit }));
    }

    /// <summary>Entries that match, newest first.</summary>
    public async Task<IReadOnlyList<AuditEntry>> ListAsync(AuditFilter filter, int limit, CancellationToken cancellationToken)
    {
        var conditions = new List<string>();
        if (!string.IsNullOrWhiteSpace(filter.Actor)) conditions.Add("LOWER(actor) = @actor");
        if (!string.IsNullOrWhiteSpace(filter.Action)) conditions.Add("action = @action");
        if (!string.IsNullOrWhiteSpace(filter.Target)) conditions.Add("LOWER(target) = @target");
        // As typed too: SQLite folds the case of ASCII letters only.
        if (!string.IsNullOrWhiteSpace(filter.Text))
            conditions.Add($"({string.Join(" OR ", Searched.Select(column => $"LOWER({column}) LIKE @folded ESCAPE '!' OR {column} LIKE @typed ESCAPE '!'"))})");
        if (filter.From is not null) conditions.Add("at >= @from");
        if (filter.Until is not null) conditions.Add("at < @until");
        if (filter.Before is not null) conditions.Add("id < @before");
        await using var db = await store.ConnectAsync(cancellationToken);
        return Read(await db.QueryAsync<Row>($"SELECT {Columns} FROM audit {(conditions.Count == 0 ? "" : $"WHERE {string.Join(" AND ", conditions)} ")}ORDER BY id DESC LIMIT @limit", new
        {
            actor = Folded(filter.Actor), action = filter.Action?.Trim(), target = Folded(filter.Target), folded = Containing(Folded(filter.Text)), typed = Containing(filter.Text?.Trim()),
            from = filter.From?.ToUnixTimeMilliseconds(), until = filter.Until?.ToUnixTimeMilliseconds(), before = filter.Before, limit,
        }));
    }

    /// <summary>Every action that occurs, in alphabetical order.</summary>
    public async Task<IReadOnlyList<string>> ActionsAsync(CancellationToken cancellationToken)
    {
        await using var db = await store.ConnectAsync(cancellationToken);
        return [.. (await db.QueryAsync<string>("SELECT DISTINCT action FROM audit")).Order(StringComparer.Ordinal)];
    }

    private static string? Folded(string? text) => text?.Trim().ToLowerInvariant();

    private static string? Containing(string? text) => text is null
        ? null
        : $"%{text.Replace("!", "!!", StringComparison.Ordinal).Replace("%", "!%", StringComparison.Ordinal).Replace("_", "!_", StringComparison.Ordinal)}%";

    private static IReadOnlyList<AuditEntry> Read(IEnumerable<Row> rows) =>
        [.. rows.Select(row => new AuditEntry(row.Id, DateTimeOffset.FromUnixTimeMilliseconds(row.At), row.Actor, row.Action, row.Target, row.Detail, row.Origin))];

    private sealed class Row
    {
        public long Id { get; init; }
        public long At { get; init; }
        public string Actor { get; init; } = "";
        public string Action { get; init; } = "";
        public string Target { get; init; } = "";
        public string? Detail { get; init; }
        public string? Origin { get; init; }
    }
}

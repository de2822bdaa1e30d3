using System.Text.Json;
using Dapper;
using Orgtap.Masking;
using Orgtap.Primitives;
using Orgtap.Storage;

namespace Orgtap.Connections;

/// <summary>Keeps connections and the apps they speak as. Secrets pass through the cipher on their way in and out.</summary>
public sealed class ConnectionStore(ControlStore store, ISecretCipher cipher, TimeProvider time)
{
    internal const string SecretPurpose = "app.consumer-secret";
    internal const string PrivateKeyPurpose = "app.private-key";
    private const string PlacePurpose = "connection.replica-address";

    private const string Columns = """
        id AS Id, name AS Name, login_url AS LoginUrl, flow AS Flow, app_id AS AppId, org_id AS OrgId, org_name AS OrgName, instance_url AS InstanceUrl,
        username AS Username, sync_enabled AS SyncEnabled, quota_threshold_percent AS QuotaThresholdPercent, problem AS Problem,
        last_success_at AS LastSuccessAt, created_at AS CreatedAt, replica_schema AS ReplicaSchema, replica_address AS ReplicaAddress, update_frequency AS UpdateFrequency, masking AS Masking,
        edition AS Edition, is_sandbox AS IsSandbox, (SELECT granted_by FROM grants WHERE connection_id = connections.id) AS AuthorizedBy, (SELECT granted_at FROM grants WHERE connection_id = connections.id) AS AuthorizedAt
        """;

    /// <exception cref="InvalidInputException">The name is taken, too long or has characters that addresses and file names cannot hold.</exception>
    public Task AddAsync(Connection connection, ConsumerApp app, CancellationToken cancellationToken) => AddAsync(connection, app, static _ => Task.CompletedTask, cancellationToken);

    /// <inheritdoc cref="AddAsync(Connection, ConsumerApp, CancellationToken)"/>
    /// <param name="together">Writes what must be stored with the connection or not at all.</param>
    public async Task AddAsync(Connection connection, ConsumerApp app, Func<System.Data.Common.DbTransaction, Task> together, CancellationToken cancellationToken)
    {
        CheckName(connection.Name);
        await store.WriteAsync(async transaction =>
        {
            var db = transaction.Connection!;
            if (await db.ExecuteScalarAsync<long>("SELECT COUNT(*) FROM connections WHERE name = @Name", new { connection.Name }, transaction) > 0)
                throw new InvalidInputException($"A connection called {connection.Name} exists already.", "Choose another name, or remove that connection first.");
            if (app.SharedName is null) await AddAppAsync(transaction, app);
            await db.ExecuteAsync("""
                INSERT INTO connections (id, name, login_url, flow, app_id, org_id, org_name, instance_url, username, sync_enabled, quota_threshold_percent, created_at, edition, is_sandbox)
                VALUES (@id, @name, @login, @flow, @app, @org, @orgName, @instance, @username, @enabled, @threshold, @now, @edition, @sandbox)
                """, new
            {
                id = connection.Id.Value,
                name = connection.Name,
                login = connection.LoginUrl.AbsoluteUri,
                flow = connection.Flow.ToString(),
                app = app.Id,
                org = connection.OrgId?.Value,
                orgName = connection.OrgName,
                instance = connection.InstanceUrl?.AbsoluteUri,
                username = connection.Username,
                enabled = connection.SyncEnabled ? 1 : 0,
                threshold = connection.QuotaThresholdPercent,
                now = Now(),
                edition = connection.Edition,
                sandbox = Flag(connection.IsSandbox),
            }, transaction);
            await together(transaction);
        }, cancellationToken);
    }

    /// <summary>By name, case-sensitive.</summary>
    public async Task<IReadOnlyList<Connection>> ListAsync(CancellationToken cancellationToken)
    {
        await using var db = await store.ConnectAsync(cancellationToken);
        // Sorted here: what order text has in a database depends on how it was created.
        return [.. (await db.QueryAsync<Row>($"SELECT {Columns} FROM connections")).Select(Read).OrderBy(connection => connection.Name, StringComparer.Ordinal)];
    }

    public async Task<Connection?> FindAsync(string name, CancellationToken cancellationToken)
    {
        await using var db = await store.ConnectAsync(cancellationToken);
        return await db.QuerySingleOrDefaultAsync<Row>($"SELECT {Columns} FROM connections WHERE name = @name", new { name }) is { } row ? Read(row) : null;
    }

    /// <exception cref="InvalidInputException">There is no such connection; names those that exist.</exception>
    public async Task<Connection> GetAsync(string name, CancellationToken cancellationToken)
    {
        if (await FindAsync(name, cancellationToken) is { } found) return found;
        var names = (await ListAsync(cancellationToken)).Select(connection => connection.Name).ToList();
        throw new InvalidInputException($"There is no connection called {name}.",
            names.Count == 0 ? "Make one with `orgtap connect`." : $"Use one of: {string.Join(", ", names)}.");
    }

    public async Task<Connection?> FindAsync(ConnectionId id, CancellationToken cancellationToken)
    {
        await using var db = await store.ConnectAsync(cancellationToken);
        return await db.QuerySingleOrDefaultAsync<Row>($"SELECT {Columns} FROM connections WHERE id = @id", new { id = id.Value }) is { } row ? Read(row) : null;
    }

    public async Task<ConsumerApp> GetAppAsync(string appId, CancellationToken cancellationToken)
    {
        await using var db = await store.ConnectAsync(cancellationToken);
        var (id, name, key, secret, callback, privateKey, shared) = await db.QuerySingleAsync<(string, string, string, string?, string?, string?, string?)>(
            "SELECT id, name, consumer_key, consumer_secret, callback_url, private_key, shared_name FROM apps WHERE id = @appId", new { appId });
        return new ConsumerApp(id, name, key, secret is null ? null : cipher.Unprotect(SecretPurpose, secret), callback)
        {
            PrivateKey = privateKey is null ? null : cipher.Unprotect(PrivateKeyPurpose, privateKey), SharedName = shared,
        };
    }

    /// <summary>After it was authorized again, in the caller's transaction: how and as whom it speaks from now on. What kept it from working is cleared.</summary>
    /// <param name="app">With the id of the connection's app, whose key and secrets it replaces. What another way of authorizing the same app did not need stays.</param>
    public async Task SetAuthorizedAsync(
        System.Data.Common.DbTransaction transaction, ConnectionId id, Uri loginUrl, AuthorizationFlow flow, string? username, OrgFacts? org, Uri instanceUrl, ConsumerApp app)
    {
        var db = transaction.Connection!;
        await db.ExecuteAsync("""
            UPDATE connections SET login_url = @login, flow = @flow, username = COALESCE(@username, username), org_name = COALESCE(@orgName, org_name), edition = COALESCE(@edition, edition),
              is_sandbox = COALESCE(@sandbox, is_sandbox), instance_url = @instance, problem = NULL WHERE id = @id
            """, new { id = id.Value, login = loginUrl.AbsoluteUri, flow = flow.ToString(), username, orgName = org?.Name, edition = org?.Edition, sandbox = Flag(org?.IsSandbox), instance = instanceUrl.AbsoluteUri }, transaction);
        await SetAppAsync(transaction, id, app);
    }

    // A shared app is changed where it is kept, not by one of those who speak as it: whoever comes with another key gets an app of its own.
    private async Task SetAppAsync(System.Data.Common.DbTransaction transaction, ConnectionId id, ConsumerApp app)
    {
        var db = transaction.Connection!;
        var (present, key, shared) = await db.QuerySingleAsync<(string, string, string?)>(
            "SELECT id, consumer_key, shared_name FROM apps WHERE id = (SELECT app_id FROM connections WHERE id = @id)", new { id = id.Value }, transaction);
        if (app.SharedName is null && shared is null)
        {
            await db.ExecuteAsync("""
                UPDATE apps SET consumer_key = @ConsumerKey,
                  consumer_secret = CASE WHEN consumer_key = @ConsumerKey THEN COALESCE(@secret, consumer_secret) ELSE @secret END,
                  private_key = CASE WHEN consumer_key = @ConsumerKey THEN COALESCE(@privateKey, private_key) ELSE @privateKey END,
                  callback_url = COALESCE(@CallbackUrl, callback_url) WHERE id = @present
                """, new { present, app.ConsumerKey, secret = Protect(SecretPurpose, app.ConsumerSecret), app.CallbackUrl, privateKey = Protect(PrivateKeyPurpose, app.PrivateKey) }, transaction);
            return;
        }
        if (app.SharedName is null && key == app.ConsumerKey) return;
        var next = app.SharedName is null ? app with { Id = Guid.CreateVersion7(time.GetUtcNow()).ToString("N") } : app;
        if (next.SharedName is null) await AddAppAsync(transaction, next);
        await db.ExecuteAsync("UPDATE connections SET app_id = @app WHERE id = @id", new { id = id.Value, app = next.Id }, transaction);
        await RemoveUnusedAppAsync(transaction, present);
    }

    private Task AddAppAsync(System.Data.Common.DbTransaction transaction, ConsumerApp app) => transaction.Connection!.ExecuteAsync("""
        INSERT INTO apps (id, name, consumer_key, consumer_secret, callback_url, created_at, private_key)
        VALUES (@Id, @Name, @ConsumerKey, @secret, @CallbackUrl, @now, @privateKey)
        """, new { app.Id, app.Name, app.ConsumerKey, secret = Protect(SecretPurpose, app.ConsumerSecret), app.CallbackUrl, now = Now(), privateKey = Protect(PrivateKeyPurpose, app.PrivateKey) }, transaction);

    private static Task RemoveUnusedAppAsync(System.Data.Common.DbTransaction transaction, string? app) => transaction.Connection!.ExecuteAsync(
        "DELETE FROM apps WHERE id = @app AND shared_name IS NULL AND NOT EXISTS (SELECT 1 FROM connections WHERE app_id = @app)", new { app }, transaction);

    /// <summary>Sets or clears what keeps the connection from working. A problem of the same kind keeps the time since when it stands.</summary>
    public Task SetProblemAsync(ConnectionId id, Problem? problem, CancellationToken cancellationToken) => store.WriteAsync(async transaction =>
    {
        var db = transaction.Connection!;
        var json = await db.ExecuteScalarAsync<string?>("SELECT problem FROM connections WHERE id = @id", new { id = id.Value }, transaction);
        if (problem is not null && json is not null && ProblemJson.Read(json) is { } before && before.Kind == problem.Kind)
            problem = problem with { Since = before.Since };
        await db.ExecuteAsync("UPDATE connections SET problem = @problem WHERE id = @id",
            new { id = id.Value, problem = problem is null ? null : ProblemJson.Write(problem) }, transaction);
    }, cancellationToken);

    public Task SetLastSuccessAsync(ConnectionId id, DateTimeOffset at, CancellationToken cancellationToken) =>
        UpdateAsync("last_success_at = @value", id, at.ToUnixTimeMilliseconds(), cancellationToken);

    public Task SetSyncEnabledAsync(ConnectionId id, bool enabled, CancellationToken cancellationToken) =>
        UpdateAsync("sync_enabled = @value", id, enabled ? 1 : 0, cancellationToken);

    public Task SetInstanceUrlAsync(ConnectionId id, Uri instanceUrl, CancellationToken cancellationToken) =>
        UpdateAsync("instance_url = @value", id, instanceUrl.AbsoluteUri, cancellationToken);

    /// <param name="percent">1 to 100.</param>
    /// <exception cref="InvalidInputException">Outside 1 to 100.</exception>
    public Task SetQuotaThresholdAsync(ConnectionId id, int percent, CancellationToken cancellationToken) => percent is < 1 or > 100
        ? throw new InvalidInputException($"An API quota threshold of {percent} % is not possible.", "Give a number from 1 to 100.")
        : UpdateAsync("quota_threshold_percent = @value", id, percent, cancellationToken);

    public Task SetFrequencyAsync(ConnectionId id, UpdateFrequency frequency, CancellationToken cancellationToken) =>
        UpdateAsync("update_frequency = @value", id, frequency.Text, cancellationToken);

    /// <summary>From now on texts are masked so; what is stored already follows when the next run begins.</summary>
    public Task SetMaskingAsync(ConnectionId id, MaskingRules rules, CancellationToken cancellationToken) => store.WriteAsync(
        transaction => transaction.Connection!.ExecuteAsync("UPDATE connections SET masking = @masking WHERE id = @id", new { id = id.Value, masking = rules.ToJson() }, transaction), cancellationToken);

    /// <summary>From now on the rows go there; those that lie elsewhere stay where they are.</summary>
    /// <param name="place">Null: a file in the data directory.</param>
    public Task SetReplicaAsync(ConnectionId id, PostgresPlace? place, CancellationToken cancellationToken) => store.WriteAsync(
        transaction => transaction.Connection!.ExecuteAsync("UPDATE connections SET replica_schema = @schema, replica_address = @address WHERE id = @id",
            new { id = id.Value, schema = place?.Schema, address = place is null ? null : cipher.Protect(PlacePurpose, place.Address) }, transaction), cancellationToken);

    /// <summary>Forgets the connection with its grant, selection and runs. The replica's file is the caller's to keep or delete.</summary>
    public Task RemoveAsync(ConnectionId id, CancellationToken cancellationToken) => store.WriteAsync(async transaction =>
    {
        var db = transaction.Connection!;
        var app = await db.ExecuteScalarAsync<string?>("SELECT app_id FROM connections WHERE id = @id", new { id = id.Value }, transaction);
        await db.ExecuteAsync("DELETE FROM connections WHERE id = @id", new { id = id.Value }, transaction);
        await RemoveUnusedAppAsync(transaction, app);
    }, cancellationToken);

    private Task UpdateAsync(string assignment, ConnectionId id, object value, CancellationToken cancellationToken) => store.WriteAsync(
        transaction => transaction.Connection!.ExecuteAsync($"UPDATE connections SET {assignment} WHERE id = @id", new { id = id.Value, value }, transaction), cancellationToken);

    /// <exception cref="InvalidInputException">Too long, or with characters that addresses and file names cannot hold.</exception>
    public static void CheckName(string name)
    {
        if (name.Length is 0 or > 64 || !char.IsAsciiLetterOrDigit(name[0]) || name.Any(letter => !char.IsAsciiLetterOrDigit(letter) && letter is not ('-' or '_' or '.')))
            throw new InvalidInputException($"\"{name}\" cannot be the name of a connection.",
                "Use 1 to 64 letters, digits, dots, hyphens and underscores, beginning with a letter or digit, e.g. acme-production.");
    }

    private string? Protect(string purpose, SecretText? secret) => secret is null ? null : cipher.Protect(purpose, secret);

    private static long? Flag(bool? value) => value is { } known ? known ? 1 : 0 : null;

    private long Now() => time.GetUtcNow().ToUnixTimeMilliseconds();

    private Connection Read(Row row) => new(
        new ConnectionId(row.Id), row.Name, new Uri(row.LoginUrl), Enum.Parse<AuthorizationFlow>(row.Flow), row.AppId,
        row.OrgId is null ? null : new OrgId(row.OrgId), row.OrgName, row.InstanceUrl is null ? null : new Uri(row.InstanceUrl), row.Username,
        row.SyncEnabled != 0, (int)row.QuotaThresholdPercent, row.Problem is null ? null : ProblemJson.Read(row.Problem),
        row.LastSuccessAt is { } at ? DateTimeOffset.FromUnixTimeMilliseconds(at) : null, DateTimeOffset.FromUnixTimeMilliseconds(row.CreatedAt))
    {
        Frequency = UpdateFrequency.Parse(row.UpdateFrequency),
        Masking = MaskingRules.FromJson(row.Masking),
        Edition = row.Edition,
        IsSandbox = row.IsSandbox is { } sandbox ? sandbox != 0 : null,
        AuthorizedBy = row.AuthorizedBy,
        AuthorizedAt = row.AuthorizedAt is { } authorized ? DateTimeOffset.FromUnixTimeMilliseconds(authorized) : null,
        Replica = row.ReplicaSchema is { } schema && row.ReplicaAddress is { } address ? new PostgresPlace(cipher.Unprotect(PlacePurpose, address), schema) : null,
    };

    private sealed class Row
    {
        public string Id { get; init; } = "";
        public string Name { get; init; } = "";
        public string LoginUrl { get; init; } = "";
        public string Flow { get; init; } = "";
        public string AppId { get; init; } = "";
        public string? OrgId { get; init; }
        public string? OrgName { get; init; }
        public string? InstanceUrl { get; init; }
        public string? Username { get; init; }
        public long SyncEnabled { get; init; }
        public long QuotaThresholdPercent { get; init; }
        public string? Problem { get; init; }
        public long? LastSuccessAt { get; init; }
        public long CreatedAt { get; init; }
        public string? ReplicaSchema { get; init; }
        public string? ReplicaAddress { get; init; }
        public string UpdateFrequency { get; init; } = "";
        public string? Masking { get; init; }
        public string? Edition { get; init; }
        public long? IsSandbox { get; init; }
        public string? AuthorizedBy { get; init; }
        public long? AuthorizedAt { get; init; }
    }
}

/// <summary>The stored form of a <see cref="Problem"/>, for every table that keeps one.</summary>
public static class ProblemJson
{
    private static readonly JsonSerializerOptions Options = new(JsonSerializerDefaults.Web) { Converters = { new System.Text.Json.Serialization.JsonStringEnumConverter() } };

    public static string Write(Problem problem) => JsonSerializer.Serialize(problem, Options);

    public static Problem Read(string json) => JsonSerializer.Deserialize<Problem>(json, Options) ?? throw new JsonException("An empty problem.");
}

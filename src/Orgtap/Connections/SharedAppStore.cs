using Dapper;
using Orgtap.Primitives;
using Orgtap.Storage;

namespace Orgtap.Connections;

/// <summary>An app that belongs to the installation: what several connections speak as, and where its secret is changed for all of them.</summary>
/// <param name="LoginUrl">Where an org that uses it signs in; null: each connection says.</param>
/// <param name="Connections">How many speak as it.</param>
public sealed record SharedApp(string Name, Uri? LoginUrl, ConsumerApp App, int Connections);

/// <summary>Keeps the installation's own apps. Secrets pass through the cipher.</summary>
public sealed class SharedAppStore(ControlStore store, ISecretCipher cipher, TimeProvider time)
{
    private const string Columns = """
        id AS Id, name AS Name, consumer_key AS ConsumerKey, consumer_secret AS ConsumerSecret, callback_url AS CallbackUrl, private_key AS PrivateKey, shared_name AS SharedName, login_url AS LoginUrl,
        (SELECT COUNT(*) FROM connections WHERE connections.app_id = apps.id) AS Connections
        """;

    /// <summary>By name.</summary>
    public async Task<IReadOnlyList<SharedApp>> ListAsync(CancellationToken cancellationToken)
    {
        await using var db = await store.ConnectAsync(cancellationToken);
        return [.. (await db.QueryAsync<Row>($"SELECT {Columns} FROM apps WHERE shared_name IS NOT NULL")).Select(Read).OrderBy(app => app.Name, StringComparer.Ordinal)];
    }

    /// <exception cref="InvalidInputException">There is none of this name; names those that exist.</exception>
    public async Task<SharedApp> GetAsync(string name, CancellationToken cancellationToken)
    {
        var all = await ListAsync(cancellationToken);
        return all.FirstOrDefault(app => app.Name == name) ?? throw new InvalidInputException($"This installation has no app called {name}.",
            all.Count == 0 ? "Make one on the page System, Apps, or with `orgtap apps set`; or give the consumer key." : $"Use one of: {string.Join(", ", all.Select(app => app.Name))}.");
    }

    /// <summary>Makes or changes an app; every connection that speaks as it uses the new values from its next sign-in on.</summary>
    /// <param name="secret">Null: what is stored stays, for the same key.</param>
    /// <param name="privateKey">As <paramref name="secret"/>.</param>
    public Task SetAsync(string name, Uri? loginUrl, string consumerKey, SecretText? secret, SecretText? privateKey, CancellationToken cancellationToken)
    {
        ConnectionStore.CheckName(name);
        if (string.IsNullOrWhiteSpace(consumerKey)) throw new InvalidInputException("The consumer key of the app is missing.", "Copy it from Setup > External Client App Manager > the app > Settings > Consumer Key and Secret.");
        return store.WriteAsync(transaction => transaction.Connection!.ExecuteAsync("""
            INSERT INTO apps (id, name, consumer_key, consumer_secret, callback_url, created_at, private_key, shared_name, login_url) VALUES (@id, @name, @key, @secret, NULL, @now, @privateKey, @name, @login)
            ON CONFLICT (shared_name) DO UPDATE SET
              consumer_secret = CASE WHEN apps.consumer_key = excluded.consumer_key THEN COALESCE(excluded.consumer_secret, apps.consumer_secret) ELSE excluded.consumer_secret END,
              private_key = CASE WHEN apps.consumer_key = excluded.consumer_key THEN COALESCE(excluded.private_key, apps.private_key) ELSE excluded.private_key END,
              consumer_key = excluded.consumer_key, login_url = excluded.login_url
            """, new
        {
            id = Guid.CreateVersion7(time.GetUtcNow()).ToString("N"), name, key = consumerKey.Trim(), secret = Protect(ConnectionStore.SecretPurpose, secret), privateKey = Protect(ConnectionStore.PrivateKeyPurpose, privateKey),
            login = loginUrl?.AbsoluteUri, now = time.GetUtcNow().ToUnixTimeMilliseconds(),
        }, transaction), cancellationToken);
    }

    /// <exception cref="InvalidInputException">There is none of this name, or connections speak as it.</exception>
    public async Task RemoveAsync(string name, CancellationToken cancellationToken)
    {
        var app = await GetAsync(name, cancellationToken);
        var removed = await store.WriteAsync(transaction => transaction.Connection!.ExecuteAsync(
            "DELETE FROM apps WHERE id = @Id AND NOT EXISTS (SELECT 1 FROM connections WHERE app_id = @Id)", new { app.App.Id }, transaction), cancellationToken);
        if (removed == 0)
            throw new InvalidInputException(app.Connections == 1 ? $"A connection speaks as the app {name}." : $"{app.Connections} connections speak as the app {name}.", "Authorize them by another app first, or remove them.");
    }

    private string? Protect(string purpose, SecretText? secret) => secret is null ? null : cipher.Protect(purpose, secret);

    private SharedApp Read(Row row) => new(row.SharedName, row.LoginUrl is null ? null : new Uri(row.LoginUrl),
        new ConsumerApp(row.Id, row.Name, row.ConsumerKey, row.ConsumerSecret is null ? null : cipher.Unprotect(ConnectionStore.SecretPurpose, row.ConsumerSecret), row.CallbackUrl)
        {
            PrivateKey = row.PrivateKey is null ? null : cipher.Unprotect(ConnectionStore.PrivateKeyPurpose, row.PrivateKey), SharedName = row.SharedName,
        }, (int)row.Connections);

    private sealed class Row
    {
        public string Id { get; init; } = "";
        public string Name { get; init; } = "";
        public string ConsumerKey { get; init; } = "";
        public string? ConsumerSecret { get; init; }
        public string? CallbackUrl { get; init; }
        public string? PrivateKey { get; init; }
        public string SharedName { get; init; } = "";
        public string? LoginUrl { get; init; }
        public long Connections { get; init; }
    }
}

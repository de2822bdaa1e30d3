using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using Orgtap.Authorization;
using Orgtap.Connections;
using Orgtap.Primitives;
using Orgtap.Salesforce;
using Orgtap.Salesforce.OAuth;
using Orgtap.Storage;
using Orgtap.Tests.Salesforce;
using Orgtap.Tests.Storage;

namespace Orgtap.Tests.Authorization;

/// <summary>A control store in a temporary folder, with the parts that authorization needs on top; the org is a script.</summary>
public sealed class TestStore : IAsyncDisposable
{
    public const string OrgId = "00D000000000001EAA";

    private readonly string _folder;
    private readonly StoreDatabase _database;

    private TestStore(StoreDatabase database, string folder, ControlStore control, ManualTime time, HttpMessageHandler org, AddressPolicy addresses)
    {
        (_database, _folder, Control, Time, Addresses) = (database, folder, control, time, addresses);
        var cipher = Cipher;
        Connections = new ConnectionStore(control, cipher, time);
        Grants = new GrantStore(control, cipher, time);
        Audit = new AuditLog(control, time);
        OAuth = new OAuthClient(org, time);
        Revocations = new Revocations(control, cipher, OAuth, time, NullLogger<Revocations>.Instance);
        Tokens = NewTokens();
        Connector = new OrgConnector(control, Connections, Grants, Tokens, OAuth, addresses, org, Unmetered, cipher, Revocations, Audit, time);
    }

    public ISecretCipher Cipher { get; } = new MarkingCipher();

    public ControlStore Control { get; }

    public ManualTime Time { get; }

    public AddressPolicy Addresses { get; }

    public ConnectionStore Connections { get; }

    public GrantStore Grants { get; }

    public AuditLog Audit { get; }

    public OAuthClient OAuth { get; }

    public AccessTokens Tokens { get; }

    public Revocations Revocations { get; }

    /// <summary>What another process on the same control store would use.</summary>
    public AccessTokens NewTokens() => new(Grants, Connections, OAuth, Addresses, Revocations, Time, NullLogger<AccessTokens>.Instance);

    public OrgConnector Connector { get; }

    public static Task<TestStore> CreateAsync(HttpMessageHandler org, AddressPolicy? addresses = null) => CreateAsync(StoreDatabase.Sqlite, org, addresses);

    public static async Task<TestStore> CreateAsync(StoreDatabase database, HttpMessageHandler org, AddressPolicy? addresses = null)
    {
        var folder = Directory.CreateTempSubdirectory("orgtap-test").FullName;
        var time = new ManualTime();
        return new TestStore(database, folder, await database.OpenAsync(folder, time), time, org, addresses ?? AddressPolicy.SalesforceOnly);
    }

    /// <summary>A connection with a grant, as if it had been authorized.</summary>
    public async Task<Connection> AddConnectionAsync(string name = "acme", string? refreshToken = "refresh-1", string? password = null, int threshold = 80)
    {
        var id = ConnectionId.New();
        var connection = new Connection(id, name, new Uri("https://login.salesforce.com/"), password is null ? AuthorizationFlow.WebServer : AuthorizationFlow.Password, $"app-{name}",
            new OrgId(OrgId), "Acme", ScriptedOrg.Instance, "ann@acme.example", true, threshold, null, null, Time.GetUtcNow());
        var grant = new Grant(id, 1, new SecretText("access-1"), SecretText.From(refreshToken), SecretText.From(password), SecretText.From(password is null ? null : "TOKEN"),
            ScriptedOrg.Instance, new Uri($"https://login.salesforce.com/id/{OrgId}/005000000000001AAA"), "api refresh_token", Time.GetUtcNow());
        await Connections.AddAsync(connection, new ConsumerApp($"app-{name}", name, "key", new SecretText("k0nsumer"), null), transaction => Grants.ReplaceAsync(transaction, grant), default);
        return connection;
    }

    /// <summary>Lets the calls of a trial through, for tests that are not about the quota.</summary>
    public static DelegatingHandler Unmetered(OrgId org, ConnectionId connection) => new Passing();

    private sealed class Passing : DelegatingHandler;

    /// <summary>Everything the control database holds, as text, to look for secrets in.</summary>
    public async Task<string> DumpAsync()
    {
        await using var db = await Control.ConnectAsync(default);
        var text = new StringBuilder();
        foreach (var table in (string[])["apps", "connections", "grants", "authorization_states", "audit"])
        {
            await using var command = db.CreateCommand();
            command.CommandText = $"SELECT * FROM {table}";
            await using var reader = await command.ExecuteReaderAsync();
            while (await reader.ReadAsync())
                for (var i = 0; i < reader.FieldCount; i++) text.Append(reader.GetValue(i)).Append('|');
        }

        return text.ToString();
    }

    public async ValueTask DisposeAsync()
    {
        Tokens.Dispose();
        OAuth.Dispose();
        await Control.DisposeAsync();
        await _database.DeleteAsync(_folder);
    }

    /// <summary>Not encryption, but it hides the text and refuses the wrong purpose.</summary>
    private sealed class MarkingCipher : ISecretCipher
    {
        public string Protect(string purpose, SecretText secret) => $"{purpose}:{Convert.ToHexString(Encoding.UTF8.GetBytes(secret.Reveal()))}";

        public SecretText Unprotect(string purpose, string protectedText) => protectedText.StartsWith(purpose + ":", StringComparison.Ordinal)
            ? new SecretText(Encoding.UTF8.GetString(Convert.FromHexString(protectedText[(purpose.Length + 1)..])))
            : throw new InvalidOperationException($"Encrypted for another purpose than {purpose}.");
    }
}

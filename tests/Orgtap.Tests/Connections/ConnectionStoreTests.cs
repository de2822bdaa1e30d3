using Dapper;
using Orgtap.Connections;
using Orgtap.Primitives;
using Orgtap.Storage;
using Orgtap.Tests.Storage;

namespace Orgtap.Tests.Connections;

public abstract class ConnectionStoreTests(StoreDatabase database) : IAsyncLifetime
{
    private readonly string _directory = Directory.CreateTempSubdirectory("orgtap-connections-").FullName;
    private ControlStore _control = null!;
    private ConnectionStore _connections = null!;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _control = await database.OpenAsync(_directory, TimeProvider.System, Stop);
        _connections = new ConnectionStore(_control, new ReversingCipher(), TimeProvider.System);
    }

    public async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        if (_control is not null) await _control.DisposeAsync();
        await database.DeleteAsync(_directory);
    }

    [Fact]
    public async Task Gives_back_what_was_added_with_the_secret_encrypted_in_between()
    {
        var added = await AddAsync("acme");

        var read = await _connections.GetAsync("acme", Stop);
        Assert.Equal(added, read with { CreatedAt = added.CreatedAt });
        Assert.Equal("open sesame", (await _connections.GetAppAsync(read.AppId, Stop)).ConsumerSecret!.Reveal());
        await using var db = await _control.ConnectAsync(Stop);
        Assert.DoesNotContain("open sesame", await db.ExecuteScalarAsync<string>("SELECT consumer_secret FROM apps"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_name_is_taken_once()
    {
        await AddAsync("acme");
        var failure = await Assert.ThrowsAsync<InvalidInputException>(() => AddAsync("acme"));
        Assert.Contains("acme", failure.Message, StringComparison.Ordinal);
        await using var db = await _control.ConnectAsync(Stop);
        Assert.Equal(1, await db.ExecuteScalarAsync<long>("SELECT COUNT(*) FROM apps"));
    }

    [Theory]
    [InlineData("")]
    [InlineData("../etc/passwd")]
    [InlineData("with space")]
    [InlineData("-rf")]
    public async Task A_name_that_no_file_or_address_can_hold_is_refused(string name) =>
        await Assert.ThrowsAsync<InvalidInputException>(() => AddAsync(name));

    [Fact]
    public async Task An_unknown_name_is_answered_with_those_that_exist()
    {
        await AddAsync("acme");
        var failure = await Assert.ThrowsAsync<InvalidInputException>(() => _connections.GetAsync("akme", Stop));
        Assert.Contains("acme", failure.NextStep, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_problem_keeps_the_time_since_when_it_stands()
    {
        var id = (await AddAsync("acme")).Id;
        var first = new Problem(FailureKind.Transient, Turn.We, "Salesforce does not answer.", "Nothing to do.", DateTimeOffset.UnixEpoch, null, null);
        await _connections.SetProblemAsync(id, first, Stop);
        await _connections.SetProblemAsync(id, first with { Message = "Still not.", Since = DateTimeOffset.UnixEpoch.AddHours(1) }, Stop);

        var problem = (await _connections.FindAsync(id, Stop))!.Problem!;
        Assert.Equal(("Still not.", DateTimeOffset.UnixEpoch), (problem.Message, problem.Since));
        await _connections.SetProblemAsync(id, null, Stop);
        Assert.Null((await _connections.FindAsync(id, Stop))!.Problem);
    }

    [Fact]
    public async Task Removing_a_connection_forgets_its_app()
    {
        var connection = await AddAsync("acme");
        await _connections.RemoveAsync(connection.Id, Stop);
        Assert.Empty(await _connections.ListAsync(Stop));
        await using var db = await _control.ConnectAsync(Stop);
        Assert.Equal(0, await db.ExecuteScalarAsync<long>("SELECT COUNT(*) FROM apps"));
    }

    [Theory]
    [InlineData(false, false, true, ConnectionStatus.NotSyncing)]
    [InlineData(false, true, false, ConnectionStatus.NotSyncing)]
    [InlineData(true, true, true, ConnectionStatus.Error)]
    [InlineData(true, false, true, ConnectionStatus.SettingUp)]
    [InlineData(true, false, false, ConnectionStatus.Active)]
    public void Not_syncing_goes_before_Error_before_Setting_up_before_Active(bool enabled, bool problem, bool unfinished, ConnectionStatus expected)
    {
        var connection = Make("acme") with
        {
            SyncEnabled = enabled,
            Problem = problem ? new Problem(FailureKind.Transient, Turn.We, "", "", DateTimeOffset.UnixEpoch, null, null) : null,
        };
        Assert.Equal(expected, ConnectionStatuses.Of(connection, unfinished));
    }

    private async Task<Connection> AddAsync(string name)
    {
        var connection = Make(name);
        await _connections.AddAsync(connection, new ConsumerApp(connection.AppId, name, "3MVG9", new SecretText("open sesame"), null), Stop);
        return connection;
    }

    private static Connection Make(string name) => new(
        ConnectionId.New(), name, new Uri("https://login.salesforce.com/"), AuthorizationFlow.Password, Guid.NewGuid().ToString("N"),
        new OrgId("00D000000000001EAA"), "Acme", new Uri("https://acme.my.salesforce.com/"), "ada@acme.example", true, 80, null, null, DateTimeOffset.UnixEpoch);

    /// <summary>Stands in for encryption where only the passing through the cipher matters.</summary>
    private sealed class ReversingCipher : ISecretCipher
    {
        public string Protect(string purpose, SecretText secret) => purpose + ":" + new string([.. secret.Reveal().Reverse()]);

        public SecretText Unprotect(string purpose, string protectedText) => new(new string([.. protectedText[(purpose.Length + 1)..].Reverse()]));
    }

    public sealed class OnSqlite() : ConnectionStoreTests(StoreDatabase.Sqlite);

    public sealed class OnPostgres() : ConnectionStoreTests(StoreDatabase.Postgres);
}

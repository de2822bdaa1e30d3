using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using Orgtap.Authorization;
using Orgtap.Catalog;
using Orgtap.Connections;
using Orgtap.Extraction;
using Orgtap.Primitives;
using Orgtap.Quota;
using Orgtap.Records;
using Orgtap.Replicas;
using Orgtap.Replicas.Postgres;
using Orgtap.Replicas.Sqlite;
using Orgtap.Salesforce;
using Orgtap.Salesforce.OAuth;
using Orgtap.SimulatedOrg.Hosting;
using Orgtap.Storage;
using Orgtap.Syncs;
using Orgtap.Tests.Authorization;
using Orgtap.Tests.Replicas;
using Orgtap.Tests.Storage;

namespace Orgtap.Tests.Syncs;

/// <summary>A simulated org on loopback and the whole engine before it, over a temporary data directory.</summary>
internal sealed class SyncedOrg : IAsyncDisposable
{
    public static readonly DateTimeOffset Noon = new(2026, 6, 1, 12, 0, 0, TimeSpan.Zero);

    public static readonly IReadOnlyDictionary<string, long> SmallRecords = new Dictionary<string, long>
    {
        ["User"] = 12, ["UserRole"] = 5, ["RecordType"] = 4, ["Account"] = 2_600, ["Contact"] = 1_500, ["Opportunity"] = 700, ["CaseStatus"] = 4,
    };

    private readonly TemporaryFolder _folder;
    private readonly bool _isGuest;
    private readonly HttpMessageHandler _transport = Transport.Create();
    private ControlStore? _store;
    private QuotaGuard? _quota;
    private OrgClients? _clients;
    private AccessTokens? _tokens;
    private OAuthClient? _oauth;

    private SyncedOrg(SimulatedOrgHost host, TemporaryFolder? folder = null)
    {
        (Host, _folder, _isGuest) = (host, folder ?? new TemporaryFolder(), folder is not null);
    }

    public static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public SimulatedOrgHost Host { get; }

    /// <summary>Set before <see cref="OpenAsync"/>: where the control store lies.</summary>
    public StoreDatabase Database { get; set; } = StoreDatabase.Sqlite;

    /// <summary>How far the engine's clock is ahead of the org's; may change at any time.</summary>
    public TimeSpan ClockWrongBy { get; set; }

    /// <summary>Set before <see cref="OpenAsync"/>: the replica lies there and not in a file.</summary>
    public PostgresPlace? Place { get; set; }

    /// <summary>Set before <see cref="OpenAsync"/>: stands between the engine and its control store in SQLite; null: nothing does.</summary>
    public Func<IControlDatabase, IControlDatabase>? Control { get; set; }

    /// <summary>Set before <see cref="OpenAsync"/>: stands between the engine and the network.</summary>
    public Func<HttpMessageHandler, HttpMessageHandler> Network { get; set; } = inner => inner;

    public Func<IReplica, IReplica> Wrap { get; set; } = replica => replica;

    public SyncOptions Options { get; set; } = new() { Extraction = new ExtractionOptions { PageRows = 500, SmallestPageRows = 100, BulkAboveRows = 600 } };

    public string DataDirectory => _folder.Path;

    public long Memory { get; set; } = 64 << 20;

    public TimeSpan ReadIdleTimeout { get; set; } = TimeSpan.FromSeconds(60);

    public Connection Connection { get; private set; } = null!;

    public OrgClients Clients => _clients!;

    public ControlStore Store => _store!;

    /// <summary>Where everything of the installation lies.</summary>
    public string Folder => _folder.Path;

    public SyncRunner Runner { get; private set; } = null!;

    public CatalogReader Catalog { get; private set; } = null!;

    public Selecting Selecting { get; private set; } = null!;

    public SelectionStore Selections { get; private set; } = null!;

    public SchemaChangeStore SchemaChanges { get; private set; } = null!;

    public RunStore Runs { get; private set; } = null!;

    public LiveRuns Live { get; private set; } = null!;

    public ConnectionStore Connections { get; private set; } = null!;

    public ReplicaFiles Files { get; private set; } = null!;

    public ByteBudget Budget { get; private set; } = null!;

    public static async Task<SyncedOrg> StartAsync(Func<SimulatedOrgOptions, SimulatedOrgOptions>? change = null)
    {
        var options = new SimulatedOrgOptions { Seed = 7, Now = Noon, Records = SmallRecords, ApiLimit = 1_000_000, BulkPageRows = 500 };
        var host = await SimulatedOrgHost.StartAsync(change?.Invoke(options) ?? options, Cancel);
        return new SyncedOrg(host);
    }

    /// <summary>Another process on the same control store and replica, which lie in PostgreSQL. Disposed before this one.</summary>
    public async Task<SyncedOrg> BesideAsync()
    {
        var other = new SyncedOrg(Host, _folder) { Database = Database, Place = Place, Options = Options };
        await other.OpenAsync();
        return other;
    }

    /// <summary>Starts the engine, as a new process would: nothing is kept but the data directory.</summary>
    public async Task OpenAsync()
    {
        await CloseAsync();
        // The seed's last stamps lie at its very beginning; the first cutoff must be behind them.
        if (Host.Clock.GetUtcNow() < Noon.AddMinutes(1)) Host.Clock.Advance(TimeSpan.FromMinutes(1));
        var time = new EagerTime(Host.Clock, () => ClockWrongBy);
        var cipher = new ReadableCipher();
        var addresses = new AddressPolicy([Host.Address.Authority]);
        _store = Control is null ? await Database.OpenAsync(_folder.Path, time, Cancel) : await ControlStore.OpenAsync(Control(new SqliteControlDatabase(_folder.Path)), time, Cancel);
        Connections = new ConnectionStore(_store, cipher, time);
        var grants = new GrantStore(_store, cipher, time);
        // Requests time out on the machine's time: they are real here.
        _oauth = new OAuthClient(_transport, TimeProvider.System);
        var revocations = new Revocations(_store, cipher, _oauth, TimeProvider.System, NullLogger<Revocations>.Instance);
        _tokens = new AccessTokens(grants, Connections, _oauth, addresses, revocations, TimeProvider.System, NullLogger<AccessTokens>.Instance);
        if ((await Connections.ListAsync(Cancel)).Count == 0)
        {
            var connector = new OrgConnector(_store, Connections, grants, _tokens, _oauth, addresses, _transport, TestStore.Unmetered, cipher, revocations, new AuditLog(_store, time), TimeProvider.System);
            await connector.ConnectAsync(new ConnectRequest("acme", Host.Address.AbsoluteUri, AuthorizationFlow.Password, Host.ClientId, new SecretText(Host.ClientSecret),
                Host.User, new SecretText(Host.Password), new SecretText(Host.SecurityToken), null, 95), "test", Cancel);
        }
        Connection = await Connections.GetAsync("acme", Cancel);
        if (Place is not null && Connection.Replica is null)
        {
            await Connections.SetReplicaAsync(Connection.Id, Place, Cancel);
            Connection = await Connections.GetAsync("acme", Cancel);
        }
        _quota = new QuotaGuard(_store, time);
        _clients = new OrgClients(id => new AuthorizationHandler(_tokens, id)
        {
            InnerHandler = new RetryHandler(TimeProvider.System) { InnerHandler = new MeteredHandler(_quota, Connections, id) { InnerHandler = Network(new Borrowed(_transport)) } },
        }, addresses, new MachineTimers(time)) { ReadIdleTimeout = ReadIdleTimeout };
        Catalog = new CatalogReader(_clients, _store, time);
        Selections = new SelectionStore(_store);
        Selecting = new Selecting(Catalog, Selections);
        Runs = new RunStore(_store, time);
        SchemaChanges = new SchemaChangeStore(_store, time);
        Live = new LiveRuns(time);
        Files = new ReplicaFiles(_folder.Path, time);
        Budget = new ByteBudget(Memory);
        Runner = new SyncRunner(_clients, Catalog, Connections, Selections, Runs, Files, async (connection, cancel) => Wrap(await Files.OpenAsync(connection, cancel)),
            Live, new RowMemory(Budget, Budget), Options, time, NullLoggerFactory.Instance);
    }

    public Task SelectAsync(params string[] sobjects) => Selections.SetAsync(Connection.Id, [.. sobjects.Select(name => new SelectedObject(name))], Cancel);

    /// <summary>Speaks to the org as the engine does.</summary>
    public SalesforceClient Client() => _clients!.Open(Connection.Id, Connection.InstanceUrl!, new CallCounter());

    public Task<Run> SyncAsync() => Runner.RunAsync(Connection.Id, "test", Cancel);

    public async Task<Run> RunAsync(RunPurpose purpose) => await Runner.ContinueAsync(await Runner.BeginAsync(Connection.Id, "test", new SyncWish(purpose, []), Cancel), Cancel);

    /// <summary>A process begins a run and dies when <paramref name="crash"/> happens, and another one is started. Without a crash the run ends as it does.</summary>
    public async Task DieAsync(Crash crash, RunPurpose purpose)
    {
        crash.Armed = false;
        (Network, Wrap, Control) = (inner => new CrashingNetwork(inner, crash), replica => new CrashingReplica(replica, crash), inner => new CrashingControlDatabase(inner, crash));
        await OpenAsync();
        crash.Armed = true;
        try
        {
            await RunAsync(purpose);
        }
        catch (Exception) when (crash.Happened)
        {
            // Nobody is left to hear of it.
        }
        (Network, Wrap, Control) = (inner => inner, replica => replica, null);
        await OpenAsync();
    }

    /// <summary>Fails unless every row and every column of the replica is what the org itself says.</summary>
    public Task AssertExactAsync(params string[] sobjects) => AssertExactAsync(false, sobjects);

    /// <param name="ignoreVanished">Rows that the org no longer has at all may be there, marked deleted.</param>
    public async Task AssertExactAsync(bool ignoreVanished, params string[] sobjects)
    {
        var masker = (await Connections.GetAsync("acme", Cancel)).Masking.Masker;
        foreach (var sobject in sobjects)
        {
            var detail = await Catalog.ObjectAsync(Connection, sobject, TimeSpan.FromDays(1), new CallCounter(), Cancel);
            var columns = detail.SchemaOf(null, out _).Columns;
            var names = columns.Select(column => column.Name).ToList();
            var truth = Host.Store.Truth(sobject, names, includeDeleted: true).ToDictionary(row => row.Id, row => row.Values);
            var seen = 0;
            await using var query = await Files.QueryAsync(Connection, Place is null
                ? $"SELECT {string.Join(", ", names.Select(name => $"\"{name}\""))} FROM \"{sobject}\""
                : $"SELECT {string.Join(", ", columns.Select(column => PostgresTypes.Canonical(SqlName.Quote(PostgresNames.Of(column.Name)), column.Type)))} FROM {SqlName.Quote(PostgresNames.Of(sobject))}",
                10_000_000, trusted: true, Cancel);
            await foreach (var row in query.ReadAsync(Cancel))
            {
                var id = (string)row[0]!;
                if (ignoreVanished && !truth.ContainsKey(id) && row[names.IndexOf("IsDeleted")] is 1L) continue;
                seen++;
                Assert.True(truth.TryGetValue(id, out var values), $"{sobject} {id} is not in the org.");
                for (var i = 0; i < names.Count; i++)
                {
                    var held = StoredForm.ToCanonical(row[i], columns[i].Type);
                    if (columns[i].Type == ColumnType.Text && values[i] is { } text && masker is not null) values[i] = masker.Mask(text).Text;
                    // Salesforce stores no empty texts.
                    Assert.True(held == (values[i] is "" ? null : values[i]), $"{sobject} {id} {names[i]} ({columns[i].Type}): the replica has [{held}], the org [{values[i]}].");
                }
            }
            Assert.Equal(truth.Count, seen);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await CloseAsync();
        _transport.Dispose();
        if (_isGuest) return;
        await Host.DisposeAsync();
        _folder.Dispose();
    }

    private async Task CloseAsync()
    {
        _clients?.Dispose();
        try
        {
            if (_quota is not null) await _quota.DisposeAsync();
        }
        catch (Exception failure) when (failure is CrashException or Microsoft.Data.Sqlite.SqliteException { SqliteExtendedErrorCode: SQLitePCL.raw.SQLITE_CONSTRAINT_COMMITHOOK })
        {
            // A process that died wrote nothing more.
        }
        _tokens?.Dispose();
        if (_store is not null) await _store.DisposeAsync();
        if (Files is not null) await Files.DisposeAsync();
    }

    /// <summary>Lets pipelines come and go over one transport.</summary>
    private sealed class Borrowed(HttpMessageHandler transport) : HttpMessageHandler
    {
        private readonly HttpMessageInvoker _invoker = new(transport, disposeHandler: false);

        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) => _invoker.SendAsync(request, cancellationToken);
    }
}

/// <summary>Secrets of a test need no keeping.</summary>
internal sealed class ReadableCipher : ISecretCipher
{
    public string Protect(string purpose, SecretText secret) => purpose + ":" + Convert.ToBase64String(Encoding.UTF8.GetBytes(secret.Reveal()));

    public SecretText Unprotect(string purpose, string protectedText) => new(Encoding.UTF8.GetString(Convert.FromBase64String(protectedText[(purpose.Length + 1)..])));
}

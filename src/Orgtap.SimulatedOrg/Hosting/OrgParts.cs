using Orgtap.SimulatedOrg.Bulk;
using Orgtap.SimulatedOrg.Bulk.V1;
using Orgtap.SimulatedOrg.Control;
using Orgtap.SimulatedOrg.Data;
using Orgtap.SimulatedOrg.Faults;
using Orgtap.SimulatedOrg.Limits;
using Orgtap.SimulatedOrg.OAuth;
using Orgtap.SimulatedOrg.Rest;
using Orgtap.SimulatedOrg.Soql;
using Orgtap.SimulatedOrg.Streaming;

namespace Orgtap.SimulatedOrg.Hosting;

/// <summary>Everything one org consists of, put together from the options; the server only maps it to addresses.</summary>
internal sealed class OrgParts : IDisposable
{
    public OrgParts(SimulatedOrgOptions options)
    {
        Options = options;
        Clock = new SimulatedClock(options.Now, options.Frozen);
        Faults = new FaultPlan(Clock);
        Store = new OrgStore(new OrgSeed(options.Seed, options.Records, Clock.GetUtcNow(), options.ExtraObjects, options.ExtraFields), Clock);
        Soql = new SoqlEngine(Store, Clock);
        Users = new OrgUsers(FirstUser(options, Store));
        App = new ConnectedApp(options.ClientId!, options.ClientSecret!, options.AppName, options.RedirectUris, ConnectedApp.AllScopes)
        {
            RequirePkce = options.RequirePkce,
            RequireSecret = options.RequireSecret,
            RotateRefreshTokens = options.RotateRefreshTokens,
            RefreshTokenIdleLife = options.RefreshTokenIdleLife,
            ClientCredentials = true,
            RunAs = options.AllowClientCredentials ? options.User : null,
            JwtCertificate = options.JwtCertificate,
            AdminApproved = options.JwtCertificate is null ? [] : [options.User],
        };
        Apps = new ConnectedApps(App, ConnectedApp.PlatformCli);
        Settings = new OrgSettings(new OrgPolicies { PasswordFlow = options.AllowPasswordFlow, SessionLife = options.SessionLife });
        Tokens = new TokenStore(Clock, Store.OrganizationId, Settings,
            session => Users.ById(session.UserId) is { Active: true } && Apps.Find(session.ClientId) is not { Blocked: true });
        Users.PasswordChanged += user => Tokens.Outdate(user.Id);
        Codes = new AuthorizationCodes(Clock);
        Consents = new Consents(Clock);
        Browsers = new Browsers(Clock, Users);
        Usage = new ApiUsage(Clock, options.ApiLimit);
        ConversationCalls = new HourlyCalls(Clock, options.ConversationCallsPerHour);
        Changes = new ChangeFeed(Store, Clock);
        Streams = new BayeuxSessions(Changes, Clock);
        Cursors = new QueryCursors(Clock);
        Shelf = new SpoolShelf(Path.Combine(options.SpoolFolder ?? Path.GetTempPath(), "simulated-org-" + RandomText.Of(12)), Store);
        Jobs = new BulkJobs(Soql, Shelf, Faults, Clock, options.Oldness, options.BulkDelay);
        AsyncJobs = new AsyncJobs(Store, Soql, Shelf, Faults, Clock, options.Oldness, options.BulkDelay);
        Versions = new ApiVersions(options.Oldness.MaxApiVersion);
        Routes = RestResources();
        Scenario = new Scenario(this, options.Scenario);
    }

    public SimulatedOrgOptions Options { get; }
    public SimulatedClock Clock { get; }
    public OrgStore Store { get; }
    public SoqlEngine Soql { get; }
    public OrgUsers Users { get; }
    public ConnectedApp App { get; }
    public ConnectedApps Apps { get; }
    public TokenStore Tokens { get; }
    public AuthorizationCodes Codes { get; }
    public Consents Consents { get; }
    public OrgSettings Settings { get; }
    public OrgKey Key { get; } = new();
    public LoginHistory Logins { get; } = new();
    public Browsers Browsers { get; }
    public ApiUsage Usage { get; }
    public HourlyCalls ConversationCalls { get; }
    public ChangeFeed Changes { get; }
    public BayeuxSessions Streams { get; }
    public QueryCursors Cursors { get; }
    public SpoolShelf Shelf { get; }
    public BulkJobs Jobs { get; }
    public AsyncJobs AsyncJobs { get; }
    public ApiVersions Versions { get; }
    public RestRoutes Routes { get; }
    public RestResource Apex => new PackagedJobs(Store, Users, Settings).Resource;
    public FaultPlan Faults { get; }
    public Scenario Scenario { get; }
    public RequestLog Requests { get; } = new();

    public void Dispose()
    {
        Shelf.Dispose();
        Key.Dispose();
    }

    private RestRoutes RestResources()
    {
        var oldness = Options.Oldness;
        var routes = new RestRoutes();
        routes.Add([.. new DescribeResources(Store.Schema, Store.OrganizationId).Resources]);
        routes.Add([.. new RecordResources(Store, Soql, Clock).Resources]);
        routes.Add([.. new WriteResources(Store).Resources]);
        if (!oldness.NoComposite) routes.Add([.. new CollectionResources(Store, Soql).Resources]);
        routes.Add([.. new QueryResources(Soql, Cursors, Store.Schema).Resources]);
        routes.Add(new ConversationResources(Store.Conversations, ConversationCalls).Entries);
        routes.Add([.. new ToolingResources(Store.Jobs, Users).Resources]);
        var limits = new LimitsResources(Store, Usage, Jobs);
        routes.Add(limits.Limits);
        if (!oldness.NoRecordCountResource) routes.Add(limits.RecordCount);
        if (!oldness.NoComposite)
            routes.Add([.. new CompositeResources(new Subrequests(routes, Versions, Faults, Clock), Usage).Resources]);
        var results = new BulkResults(Jobs, Clock, oldness, Options.BulkPageRows);
        routes.Add([.. new BulkResources(Jobs, Clock, oldness).Resources]);
        routes.Add(results.Results);
        if (!oldness.NoResultPages) routes.Add(results.ResultPages);
        return routes;
    }

    /// <summary>The first row of User, given the name that signs in; an org without users in its data gets one of its own.</summary>
    private static OrgUser FirstUser(SimulatedOrgOptions options, OrgStore store)
    {
        var values = new Dictionary<string, object?> { ["Username"] = options.User, ["Email"] = options.User, ["IsActive"] = true };
        var row = store.Count("User", includeDeleted: false) > 0 ? store.Truth("User", ["Id", "Name"], includeDeleted: false).First() : default;
        if (row.Id is not null) store.Update("User", row.Id, values, touchStamp: false);
        return new OrgUser(row.Id ?? SalesforceId.Text("005", 1), options.User, options.Password!, options.SecurityToken!, row.Values?[1] ?? "Simulated Admin");
    }
}

using System.ComponentModel;
using Orgtap.App.Overviews;
using Orgtap.App.Web.Errors;
using Orgtap.App.Web.SignIn;
using Orgtap.Authorization;
using Orgtap.Catalog;
using Orgtap.Connections;
using Orgtap.Primitives;
using Orgtap.Salesforce;
using Orgtap.Storage;
using Orgtap.Syncs;

namespace Orgtap.App.Api;

/// <summary>What connects an org by a flow without a person. The others: <c>/api/v1/authorizations</c>.</summary>
/// <param name="Url">login.salesforce.com, test.salesforce.com or the org's My Domain.</param>
/// <param name="SecurityToken">Absent where the org trusts this server's address.</param>
/// <param name="QuotaThresholdPercent">1 to 100; 80 if absent.</param>
/// <param name="Flow"><c>Password</c> (if absent), <c>ClientCredentials</c> or <c>JwtBearer</c>.</param>
/// <param name="PrivateKey"><c>JwtBearer</c>: PEM.</param>
/// <param name="App">An app of the installation, in place of key, secret and private key.</param>
public sealed record ConnectDocument(
    string Name, string? Url, string? ClientId, string? ClientSecret, string? Username, string? Password, string? SecurityToken, int? QuotaThresholdPercent, AuthorizationFlow? Flow = null, string? PrivateKey = null,
    string? App = null);

/// <summary>What is to be selected; replaces what was.</summary>
/// <param name="Presets">Keys, e.g. sales-pipeline.</param>
public sealed record SelectDocument(IReadOnlyList<string>? Presets, IReadOnlyList<SelectedObject>? Tables);

/// <summary>Percentage of the org's daily API calls at which syncing stops.</summary>
public sealed record ThresholdDocument(int Percent);

/// <summary>How often a connection syncs by itself.</summary>
/// <param name="UpdateFrequency">manual, weekly, daily, 12h, 6h, 3h, 1h, 30m, 15m, 5m, or cron:EXPRESSION@ZONE.</param>
public sealed record ScheduleDocument(string UpdateFrequency);

/// <summary><c>/api/v1/connections</c>.</summary>
internal static class ConnectionsApi
{
    public static void Map(IEndpointRouteBuilder api)
    {
        var all = api.MapGroup("/connections").WithTags("Connections");
        all.MapGet("", async (HttpContext context, OverviewReader overviews, [Description("1 to 1000; all if absent")] int? limit = null, [Description("Only connections whose names come behind this one")] string? after = null, CancellationToken cancellationToken = default) =>
        {
            var found = (await overviews.ListAsync(cancellationToken)).Where(one => after is null || string.CompareOrdinal(one.Connection.Name, after) > 0).ToList();
            return NextPage.Of(context, found, limit is { } most ? Math.Clamp(most, 1, 1000) : int.MaxValue, "after", one => one.Connection.Name).Select(ConnectionDocument.Of);
        }).RequireAuthorization(Roles.Viewer).WithSummary("List connections with their status");
        all.MapPost("", ConnectAsync).RequireAuthorization(Roles.Operator).WithSummary("Connect an org by client credentials, certificate, or user name and password");

        var one = all.MapGroup("/{name}").AddEndpointFilter<KnownConnectionFilter>();
        one.MapGet("", async (string name, ConnectionStore connections, OverviewReader overviews, CancellationToken cancellationToken) =>
            ConnectionDocument.Of(await overviews.OfAsync(await connections.GetAsync(name, cancellationToken), cancellationToken))).RequireAuthorization(Roles.Viewer).WithSummary("One connection");
        one.MapDelete("", RemoveAsync).RequireAuthorization(Roles.Operator).WithSummary("Revoke the access and forget the connection");
        one.MapPost("/pause", (string name, HttpContext context, ConnectionStore connections, AuditLog audit, CancellationToken cancellationToken) =>
            EnableAsync(name, false, context, connections, audit, cancellationToken)).RequireAuthorization(Roles.Operator).WithSummary("Stop syncing until resumed");
        one.MapPost("/resume", (string name, HttpContext context, ConnectionStore connections, AuditLog audit, CancellationToken cancellationToken) =>
            EnableAsync(name, true, context, connections, audit, cancellationToken)).RequireAuthorization(Roles.Operator).WithSummary("Let it sync again");
        one.MapPost("/authorization", async (string name, ReauthorizeDocument wanted, HttpContext context, ConnectionStore connections, Authorizing authorizing, OverviewReader overviews, CancellationToken cancellationToken) =>
            ConnectionDocument.Of(await overviews.OfAsync(await authorizing.ReauthorizeAsync(await connections.GetAsync(name, cancellationToken), wanted with { Flow = Unattended(wanted.Flow) }, context.User.ActorOf(), cancellationToken), cancellationToken)))
            .RequireAuthorization(Roles.Operator).WithSummary("Authorize again without a person; nothing is synced anew");
        one.MapPost("/test", async (string name, HttpContext context, ConnectionStore connections, Authorizing authorizing, CancellationToken cancellationToken) =>
            (await authorizing.TestAsync(await connections.GetAsync(name, cancellationToken), context.User.ActorOf(), cancellationToken)).Select(CheckDocument.Of)).RequireAuthorization(Roles.Operator).WithSummary("Test the connection: every check, with whose turn it is");
        one.MapPut("/threshold", SetThresholdAsync).RequireAuthorization(Roles.Operator).WithSummary("Set the API quota threshold");
        one.MapPut("/schedule", SetScheduleAsync).RequireAuthorization(Roles.Operator).WithSummary("Set how often it syncs by itself");
        one.MapPut("/settings", async (string name, SettingsDocument wanted, HttpContext context, ConnectionStore connections, OverviewReader overviews, SettingsChange change, CancellationToken cancellationToken) =>
        {
            await change.ApplyAsync(await connections.GetAsync(name, cancellationToken), wanted, context.User.ActorOf(), cancellationToken);
            return ConnectionDocument.Of(await overviews.OfAsync(await connections.GetAsync(name, cancellationToken), cancellationToken));
        }).RequireAuthorization(Roles.Operator).WithSummary("Set switch, update frequency and threshold at once; what is absent stays as it is");
        one.MapGet("/masking", async (string name, ConnectionStore connections, MaskingChange change, CancellationToken cancellationToken) =>
            await change.OfAsync(await connections.GetAsync(name, cancellationToken), cancellationToken)).RequireAuthorization(Roles.Viewer).WithSummary("What is masked in every text before it is stored, and how often it was");
        one.MapPut("/masking", async (string name, MaskingDocument wanted, HttpContext context, ConnectionStore connections, MaskingChange change, CancellationToken cancellationToken) =>
            await change.ApplyAsync(await connections.GetAsync(name, cancellationToken), wanted, context.User.ActorOf(), cancellationToken))
            .RequireAuthorization(Roles.Operator).WithSummary("Set what is masked; replaces what was");
        one.MapPost("/masking/try", async (string name, MaskingTry wanted, ConnectionStore connections, CancellationToken cancellationToken) =>
            MaskingChange.Try(await connections.GetAsync(name, cancellationToken), wanted)).RequireAuthorization(Roles.Operator).WithSummary("What rules make of a text; nothing is stored");
        one.MapPut("/replica", async (string name, PlaceDocument place, HttpContext context, ConnectionStore connections, OverviewReader overviews, CancellationToken cancellationToken) =>
            ConnectionDocument.Of(await overviews.OfAsync(await Placing.PlaceAsync(
                context.RequestServices, await connections.GetAsync(name, cancellationToken), place, context.User.ActorOf(), cancellationToken), cancellationToken)))
            .RequireAuthorization(Roles.Administrator).WithSummary("Choose where the rows lie: a file, or a schema of a PostgreSQL database");
        one.MapGet("/tables", TablesAsync).RequireAuthorization(Roles.Viewer).WithSummary("Tables the connected user can see");
        one.MapGet("/tables/{table}", FieldsAsync).RequireAuthorization(Roles.Viewer).WithSummary("Fields of a table");
        one.MapGet("/selection", async (string name, ConnectionStore connections, SelectionStore selections, CancellationToken cancellationToken) =>
            new SelectionDocument(await selections.GetAsync((await connections.GetAsync(name, cancellationToken)).Id, cancellationToken))).RequireAuthorization(Roles.Viewer).WithSummary("What is selected");
        one.MapPut("/selection", SelectAsync).RequireAuthorization(Roles.Operator).WithSummary("Select presets and tables; replaces what was selected");
        one.MapGet("/calls", async (string name, ConnectionStore connections, CallsDesk calls, CancellationToken cancellationToken) =>
            await calls.OfAsync(await connections.GetAsync(name, cancellationToken), cancellationToken)).RequireAuthorization(Roles.Viewer).WithSummary("API calls: the org's use, what ours were for, what each frequency would cost, and how good the forecasts were");
        one.MapGet("/timeline", async (string name, ConnectionStore connections, Timeline timeline, [Description("1 to 500")] int limit = 50, CancellationToken cancellationToken = default) =>
            await timeline.OfAsync(await connections.GetAsync(name, cancellationToken), limit, cancellationToken)).RequireAuthorization(Roles.Viewer).WithSummary("What happened: runs, settings, changes of tables and fields");
        one.MapGet("/plan", async (string name, ConnectionStore connections, SyncRunner runner, CancellationToken cancellationToken) =>
            ForecastDocument.Of(await runner.PlanAsync((await connections.GetAsync(name, cancellationToken)).Id, cancellationToken))).RequireAuthorization(Roles.Viewer).WithSummary("What the next sync would do, and its cost");
    }

    private static async Task<IResult> ConnectAsync(ConnectDocument wanted, HttpContext context, OrgConnector connector, OverviewReader overviews, CancellationToken cancellationToken)
    {
        var connection = await connector.ConnectAsync(new ConnectRequest(
            wanted.Name, wanted.Url ?? "", Unattended(wanted.Flow), wanted.ClientId ?? "", SecretText.From(wanted.ClientSecret), wanted.Username, SecretText.From(wanted.Password),
            SecretText.From(wanted.SecurityToken), null, wanted.QuotaThresholdPercent ?? 80) { PrivateKey = SecretText.From(wanted.PrivateKey), App = wanted.App }, context.User.ActorOf(), cancellationToken);
        return Results.Created($"/api/v1/connections/{connection.Name}", ConnectionDocument.Of(await overviews.OfAsync(connection, cancellationToken)));
    }

    private static AuthorizationFlow Unattended(AuthorizationFlow? flow) => flow is null or AuthorizationFlow.Password or AuthorizationFlow.ClientCredentials or AuthorizationFlow.JwtBearer
        ? flow ?? AuthorizationFlow.Password
        : throw new InvalidInputException($"The {flow} flow needs a person.", "Use POST /api/v1/authorizations or /api/v1/authorizations/device.");

    private static async Task<IResult> RemoveAsync(
        string name, HttpContext context, ConnectionStore connections, [Description("Delete the copied rows too")] bool deleteReplica = false, CancellationToken cancellationToken = default)
    {
        await Removing.RemoveAsync(context.RequestServices, await connections.GetAsync(name, cancellationToken), deleteReplica, context.User.ActorOf(), cancellationToken);
        return Results.NoContent();
    }

    private static async Task<IResult> EnableAsync(string name, bool enabled, HttpContext context, ConnectionStore connections, AuditLog audit, CancellationToken cancellationToken)
    {
        var connection = await connections.GetAsync(name, cancellationToken);
        await connections.SetSyncEnabledAsync(connection.Id, enabled, cancellationToken);
        await audit.WriteAsync(context.User.ActorOf(), enabled ? "connection.resumed" : "connection.paused", name, null, cancellationToken);
        return Results.NoContent();
    }

    private static async Task<IResult> SetThresholdAsync(string name, ThresholdDocument threshold, HttpContext context, ConnectionStore connections, AuditLog audit, CancellationToken cancellationToken)
    {
        var connection = await connections.GetAsync(name, cancellationToken);
        await connections.SetQuotaThresholdAsync(connection.Id, threshold.Percent, cancellationToken);
        await audit.WriteAsync(context.User.ActorOf(), "threshold.set", name, $"{threshold.Percent} %", cancellationToken);
        return Results.NoContent();
    }

    private static async Task<IResult> SetScheduleAsync(string name, ScheduleDocument schedule, HttpContext context, ConnectionStore connections, AuditLog audit, CancellationToken cancellationToken)
    {
        var frequency = UpdateFrequency.Parse(schedule.UpdateFrequency);
        await connections.SetFrequencyAsync((await connections.GetAsync(name, cancellationToken)).Id, frequency, cancellationToken);
        await audit.WriteAsync(context.User.ActorOf(), "schedule.set", name, frequency.Words, cancellationToken);
        return Results.NoContent();
    }

    private static async Task<IEnumerable<CatalogObject>> TablesAsync(
        string name, ConnectionStore connections, CatalogReader catalog, [Description("Part of a label or API name")] string? search = null, CancellationToken cancellationToken = default) =>
        (await catalog.ObjectsAsync(await connections.GetAsync(name, cancellationToken), new CallCounter(), cancellationToken)).Where(table => Cli.TablesVerb.Matches(table, search));

    private static async Task<IEnumerable<FieldDocument>> FieldsAsync(string name, string table, ConnectionStore connections, CatalogReader catalog, CancellationToken cancellationToken) =>
        (await catalog.NamedAsync(await connections.GetAsync(name, cancellationToken), table, new CallCounter(), cancellationToken)).Fields.Select(FieldDocument.Of);

    private static async Task<SelectionDocument> SelectAsync(
        string name, SelectDocument wanted, HttpContext context, ConnectionStore connections, Selecting selecting, AuditLog audit, CancellationToken cancellationToken)
    {
        var outcome = await selecting.ApplyAsync(await connections.GetAsync(name, cancellationToken), wanted.Presets ?? [], wanted.Tables ?? [], cancellationToken);
        await audit.WriteAsync(context.User.ActorOf(), "selection.set", name, $"{outcome.Selection.Count} tables", cancellationToken);
        return new SelectionDocument(outcome.Selection, outcome.Missing);
    }
}

/// <summary>An unknown name is 404 here; elsewhere it is bad input, which would be 400.</summary>
internal sealed class KnownConnectionFilter(ConnectionStore connections) : IEndpointFilter
{
    public async ValueTask<object?> InvokeAsync(EndpointFilterInvocationContext context, EndpointFilterDelegate next)
    {
        var name = context.HttpContext.GetRouteValue("name")?.ToString() ?? "";
        try
        {
            await connections.GetAsync(name, context.HttpContext.RequestAborted);
        }
        catch (InvalidInputException unknown)
        {
            return ErrorPages.Problem(StatusCodes.Status404NotFound, unknown.Message, unknown.NextStep, unknown);
        }
        return await next(context);
    }
}

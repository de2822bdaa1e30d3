using System.Net.ServerSentEvents;
using System.Runtime.CompilerServices;
using Orgtap.App.Overviews;
using Orgtap.App.Web.SignIn;
using Orgtap.Connections;
using Orgtap.Primitives;
using Orgtap.Reauthorization;

namespace Orgtap.App.Web.Authorize;

/// <param name="Checks">Null: not tested yet.</param>
public sealed record TestModel(Connection Connection, IReadOnlyList<ConnectionCheck>? Checks, bool MayOperate, TimeProvider Time);

/// <param name="Wait">Null: it is over.</param>
/// <param name="Connected">The connection that it let Orgtap into.</param>
/// <param name="Again">The connection that was to be authorized again; null: a new one.</param>
public sealed record DeviceModel(DeviceWait? Wait, string? Connected, string? Again, Setback? Problem, TimeProvider Time);

/// <summary>Test connection, and the page that waits for a device code.</summary>
internal static class TestPages
{
    public static void Map(IEndpointRouteBuilder app)
    {
        app.MapGet("/connections/{name}/test", async (string name, HttpContext context, ConnectionStore connections, TimeProvider time, CancellationToken cancellationToken) =>
            await connections.FindAsync(name, cancellationToken) is { } connection ? Page.Of<TestPage>(new TestModel(connection, null, context.User.MayOperate(), time)) : Results.NotFound()).RequireAuthorization(Roles.Viewer);
        app.MapPost("/connections/{name}/test", async (string name, HttpContext context, ConnectionStore connections, Authorizing authorizing, TimeProvider time, CancellationToken cancellationToken) =>
            await connections.FindAsync(name, cancellationToken) is { } connection
                ? Page.Of<TestPage>(new TestModel(connection, await authorizing.TestAsync(connection, context.User.ActorOf(), cancellationToken), true, time)) : Results.NotFound()).RequireAuthorization(Roles.Operator);
        app.MapGet("/device/{id}", LookAsync).RequireAuthorization(Roles.Operator);
        app.MapGet("/device/{id}/live", WatchDevice).RequireAuthorization(Roles.Operator);
    }

    /// <summary>Each look asks Salesforce, if it is time to; without script somebody looks again by hand.</summary>
    private static async Task<IResult> LookAsync(string id, DeviceSignIns devices, TimeProvider time, CancellationToken cancellationToken) => await devices.LookAsync(id, cancellationToken) switch
    {
        DeviceOutcome.Ended { Outcome: ReturnOutcome.Authorized made } => Page.SeeOther(made.Again ? $"/connections/{made.Connection.Name}/authorization?done=1" : $"/connections/{made.Connection.Name}/data"),
        var outcome => Page.Of<DevicePage>(ModelOf(outcome, time), outcome is null ? StatusCodes.Status410Gone : StatusCodes.Status200OK),
    };

    private static IResult WatchDevice(string id, HttpContext context, IHostApplicationLifetime host, DeviceSignIns devices, LiveFragments fragments, TimeProvider time) =>
        LiveEvents.Of(context, host, cancellationToken => WatchDeviceAsync(id, devices, fragments, time, cancellationToken));

    private static async IAsyncEnumerable<SseItem<string>> WatchDeviceAsync(string id, DeviceSignIns devices, LiveFragments fragments, TimeProvider time, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        while (await devices.LookAsync(id, cancellationToken) is var outcome)
        {
            if (outcome is not DeviceOutcome.Waiting { Wait: var wait })
            {
                yield return new SseItem<string>(await fragments.RenderAsync<DeviceSheet>(ModelOf(outcome, time)), LiveEvents.Patch);
                yield break;
            }
            await Task.Delay(wait.Interval, time, cancellationToken);
        }
    }

    private static DeviceModel ModelOf(DeviceOutcome? outcome, TimeProvider time) => outcome switch
    {
        DeviceOutcome.Waiting { Wait: var wait } => new DeviceModel(wait, null, null, null, time),
        DeviceOutcome.Ended { Outcome: ReturnOutcome.Authorized made } => new DeviceModel(null, made.Connection.Name, made.Again ? made.Connection.Name : null, null, time),
        DeviceOutcome.Ended { Outcome: ReturnOutcome.NotAuthorized refused } => new DeviceModel(null, null, refused.Pending.Connection is null ? null : refused.Pending.Request.Name, refused.Setback, time),
        _ => new DeviceModel(null, null, null, null, time),
    };
}

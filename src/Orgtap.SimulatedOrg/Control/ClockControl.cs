using System.Globalization;
using Orgtap.SimulatedOrg.Hosting;

namespace Orgtap.SimulatedOrg.Control;

/// <summary>The org's time.</summary>
internal static class ClockControl
{
    public static void Map(IEndpointRouteBuilder routes, OrgParts parts)
    {
        var clock = parts.Clock;
        routes.MapControl("GET", "/clock", parts, ReplyAsync);
        routes.MapControl("POST", "/clock/freeze", parts, context => Do(context, clock.Freeze));
        routes.MapControl("POST", "/clock/run", parts, context => Do(context, clock.Run));
        routes.MapControl("POST", "/clock/advance", parts, async context =>
        {
            var body = await ControlApi.BodyAsync(context);
            clock.Advance(TimeSpan.Parse(body.Text("by"), CultureInfo.InvariantCulture));
            await ReplyAsync(context);
        });

        Task Do(HttpContext context, Action change)
        {
            change();
            return ReplyAsync(context);
        }

        Task ReplyAsync(HttpContext context) => ControlApi.ReplyAsync(context, new { now = clock.GetUtcNow(), frozen = clock.IsFrozen });
    }
}

using System.Text.Json;
using Orgtap.SimulatedOrg.Hosting;
using Orgtap.SimulatedOrg.Limits;

namespace Orgtap.SimulatedOrg.Control;

/// <summary>Quota, tokens, users, open query cursors, and the log of what was asked.</summary>
internal static class AccessControl
{
    public static void Map(IEndpointRouteBuilder routes, OrgParts parts)
    {
        routes.MapControl("GET", "/quota", parts, QuotaAsync);
        routes.MapControl("POST", "/quota", parts, async context =>
        {
            var body = await ControlApi.BodyAsync(context);
            if (body.Number("limit") is { } limit) parts.Usage.Limit = limit;
            if (body.Number("background") is { } background) parts.Usage.Background = background;
            if (body.Number("count") is { } count) parts.Usage.Count(count);
            if (body.Flag("clear", false)) parts.Usage.Clear();
            if (body.TryGetProperty("app", out var app))
                parts.Usage.App = app.ValueKind == JsonValueKind.Null ? null : new AppQuota(app.Text("name"), app.Number("used") ?? 0, app.Number("limit") ?? 0);
            await QuotaAsync(context);
        });
        routes.MapControl("POST", "/tokens/revoke", parts, context => Do(context, parts.Tokens.RevokeAll));
        routes.MapControl("POST", "/tokens/expire", parts, context => Do(context, parts.Tokens.ExpireAll));
        routes.MapControl("POST", "/browsers/signout", parts, context => Do(context, parts.Browsers.SignOutAll));
        routes.MapControl("POST", "/cursors/close", parts, context => Do(context, parts.Cursors.CloseAll));
        routes.MapControl("POST", "/users/active", parts, async context =>
        {
            var body = await ControlApi.BodyAsync(context);
            var user = parts.Users.Find(body.Text("user")) ?? throw new ArgumentException("no such user");
            parts.Users.Put(user with { Active = body.Flag("active", true) });
            await ControlApi.ReplyAsync(context, new { ok = true });
        });
        routes.MapControl("POST", "/app/uninstalled", parts, async context =>
        {
            var app = parts.Apps.Find(parts.App.ClientId) ?? parts.App;
            parts.Apps.Put(app with { Uninstalled = (await ControlApi.BodyAsync(context)).Flag("uninstalled", true) });
            await ControlApi.ReplyAsync(context, new { ok = true });
        });
        routes.MapControl("GET", "/requests", parts, context =>
            ControlApi.ReplyAsync(context, new { counts = parts.Requests.Counts, entries = parts.Requests.Entries }));
        routes.MapControl("DELETE", "/requests", parts, context => Do(context, parts.Requests.Clear));

        Task QuotaAsync(HttpContext context) =>
            ControlApi.ReplyAsync(context, new { limit = parts.Usage.Limit, used = parts.Usage.Used, background = parts.Usage.Background });
    }

    private static Task Do(HttpContext context, Action change)
    {
        change();
        return ControlApi.ReplyAsync(context, new { ok = true });
    }
}

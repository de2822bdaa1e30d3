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
            SetQuota(await ControlApi.BodyAsync(context), parts);
            await QuotaAsync(context);
        });
        routes.MapControl("POST", "/tokens/revoke", parts, async context =>
        {
            var body = context.Request.ContentLength > 0 ? await ControlApi.BodyAsync(context) : default;
            if (body.ValueKind == JsonValueKind.Undefined) parts.Tokens.RevokeAll();
            else if (body.TryGetProperty("user", out _)) parts.Tokens.RevokeUser((parts.Users.Find(body.Text("user")) ?? throw new JsonException($"There is no user {body.Text("user")}.")).Id);
            else parts.Tokens.RevokeApp((parts.Apps.Find(body.Text("clientId")) ?? throw new JsonException($"There is no app {body.Text("clientId")}.")).ClientId);
            await ControlApi.ReplyAsync(context, new { ok = true });
        });
        routes.MapControl("POST", "/tokens/expire", parts, context => Do(context, parts.Tokens.ExpireAll));
        routes.MapControl("POST", "/browsers/signout", parts, context => Do(context, parts.Browsers.SignOutAll));
        routes.MapControl("POST", "/cursors/close", parts, context => Do(context, parts.Cursors.CloseAll));
        routes.MapControl("GET", "/requests", parts, context =>
            ControlApi.ReplyAsync(context, new { counts = parts.Requests.Counts, entries = parts.Requests.Entries }));
        routes.MapControl("DELETE", "/requests", parts, context => Do(context, parts.Requests.Clear));

        Task QuotaAsync(HttpContext context) =>
            ControlApi.ReplyAsync(context, new { limit = parts.Usage.Limit, used = parts.Usage.Used, background = parts.Usage.Background });
    }

    public static void SetQuota(JsonElement body, OrgParts parts)
    {
        if (body.Number("limit") is { } limit) parts.Usage.Limit = limit;
        if (body.Number("background") is { } background) parts.Usage.Background = background;
        if (body.Number("count") is { } count) parts.Usage.Count(count);
        if (body.Number("bulkJobs") is { } jobs) parts.Jobs.DailyJobs = jobs;
        if (body.Number("bulkMegabytes") is { } megabytes) parts.Jobs.DailyStorageMegabytes = megabytes;
        if (body.Flag("clear", false)) parts.Usage.Clear();
        if (body.TryGetProperty("app", out var app))
            parts.Usage.App = app.ValueKind == JsonValueKind.Null ? null : new AppQuota(app.Text("name"), app.Number("used") ?? 0, app.Number("limit") ?? 0);
    }

    /// <exception cref="JsonException">Neither expire nor revoke.</exception>
    public static void EndTokens(JsonElement what, OrgParts parts)
    {
        switch (what.ValueKind == JsonValueKind.String ? what.GetString() : null)
        {
            case "expire": parts.Tokens.ExpireAll(); break;
            case "revoke": parts.Tokens.RevokeAll(); break;
            default: throw new JsonException($"{what.GetRawText()} is neither \"expire\" nor \"revoke\".");
        }
    }

    private static Task Do(HttpContext context, Action change)
    {
        change();
        return ControlApi.ReplyAsync(context, new { ok = true });
    }
}

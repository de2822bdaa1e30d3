using System.Globalization;
using System.Text.Json;
using Orgtap.SimulatedOrg.Hosting;

namespace Orgtap.SimulatedOrg.Control;

/// <summary>Which API versions the org serves: an upgrade, an org that lags behind, versions that are retired under a client's feet.</summary>
internal static class VersionControl
{
    public static void Map(IEndpointRouteBuilder routes, OrgParts parts)
    {
        routes.MapControl("GET", "/versions", parts, ReplyAsync);
        routes.MapControl("POST", "/versions", parts, async context =>
        {
            Apply(await ControlApi.BodyAsync(context), parts);
            await ReplyAsync(context);
        });

        Task ReplyAsync(HttpContext context) => ControlApi.ReplyAsync(context, new { oldest = parts.Versions.Oldest, newest = parts.Versions.Newest });
    }

    /// <exception cref="JsonException">Not versions such as "59.0".</exception>
    /// <exception cref="ArgumentException">The oldest is not below the newest.</exception>
    public static void Apply(JsonElement body, OrgParts parts) => parts.Versions.Serve(Number(body, "oldest", parts.Versions.Oldest), Number(body, "newest", parts.Versions.Newest));

    private static int Number(JsonElement body, string name, string otherwise)
    {
        var text = body.TryGetProperty(name, out _) ? body.Text(name) : otherwise;
        return decimal.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number) && number == (int)number
            ? (int)number : throw new JsonException($"\"{name}\" is a version such as \"59.0\".");
    }
}

using System.Text.Json;
using Orgtap.SimulatedOrg.Hosting;
using Orgtap.SimulatedOrg.OAuth;

namespace Orgtap.SimulatedOrg.Control;

/// <summary>Who can sign in, with which apps, what the org as a whole lets in, and who tried.</summary>
internal static class PeopleControl
{
    public static void Map(IEndpointRouteBuilder routes, OrgParts parts)
    {
        routes.MapControl("GET", "/users", parts, context => ReplyAsync(context, parts.Users.All));
        routes.MapControl("POST", "/users", parts, async context => await ReplyAsync(context, PutUser(await ControlApi.BodyAsync(context), parts)));
        routes.MapControl("GET", "/apps", parts, context => ReplyAsync(context, parts.Apps.All));
        routes.MapControl("POST", "/apps", parts, async context => await ReplyAsync(context, PutApp(await ControlApi.BodyAsync(context), parts)));
        routes.MapControl("GET", "/org", parts, context => ReplyAsync(context, parts.Settings.Policies));
        routes.MapControl("POST", "/org", parts, async context => await ReplyAsync(context, PutPolicies(await ControlApi.BodyAsync(context), parts)));
        routes.MapControl("GET", "/logins", parts, context => ReplyAsync(context, parts.Logins.Attempts));
    }

    /// <summary>Changes the user of that name, or makes one: a row of User too, so that queries know of it.</summary>
    /// <exception cref="JsonException">No username, or a member that there is not.</exception>
    public static OrgUser PutUser(JsonElement body, OrgParts parts)
    {
        var username = body.Text("username");
        var known = parts.Users.Find(username);
        var user = JsonPatch.Apply(known ?? new OrgUser("", username, RandomText.Of(12), RandomText.Of(24), username), body, "username", "id", "email");
        var (first, last) = user.Name.LastIndexOf(' ') is var space and > 0 ? (user.Name[..space], user.Name[(space + 1)..]) : (null, user.Name);
        var row = new Dictionary<string, object?> { ["FirstName"] = first, ["LastName"] = last, ["IsActive"] = user.Active };
        if (known is null)
        {
            row["Username"] = row["Email"] = row["CommunityNickname"] = username;
            row["Alias"] = username[..Math.Min(8, username.Length)];
            user = user with { Id = parts.Store.Insert("User", row) };
        }
        else if ((known.Name, known.Active) != (user.Name, user.Active) && parts.Store.Read("User", user.Id) is not null) parts.Store.Update("User", user.Id, row);
        // A new security token is mailed with each new password.
        if (known is not null && known.Password != user.Password && known.SecurityToken == user.SecurityToken) user = user with { SecurityToken = RandomText.Of(24) };
        parts.Users.Put(user);
        return user;
    }

    /// <summary>Changes the app of that consumer key, or makes one. Blocking an app revokes all that it holds.</summary>
    /// <exception cref="JsonException">A member that there is not.</exception>
    /// <exception cref="FormatException">A certificate that is none.</exception>
    public static ConnectedApp PutApp(JsonElement body, OrgParts parts)
    {
        var clientId = body.TryGetProperty("clientId", out _) ? body.Text("clientId") : parts.App.ClientId;
        var app = parts.Apps.Find(clientId) ?? new ConnectedApp(clientId, RandomText.Of(64), clientId, [], ConnectedApp.AllScopes) { RequireSecret = true };
        app = JsonPatch.Apply(app, body, "clientId", "unattendedScopes");
        if (app.JwtCertificate is { } certificate) RsaKeys.Read(certificate).Dispose();
        if (app.RunAs is { } runAs && parts.Users.Find(runAs) is null) throw new JsonException($"\"runAs\": there is no user {runAs}.");
        parts.Apps.Put(app);
        if (app.Blocked) parts.Tokens.RevokeApp(clientId);
        return app;
    }

    /// <exception cref="JsonException">A member that there is not.</exception>
    public static OrgPolicies PutPolicies(JsonElement body, OrgParts parts) => parts.Settings.Policies = JsonPatch.Apply(parts.Settings.Policies, body);

    private static Task ReplyAsync(HttpContext context, object reply) => context.Response.WriteAsJsonAsync(reply, JsonPatch.Json, context.RequestAborted);
}

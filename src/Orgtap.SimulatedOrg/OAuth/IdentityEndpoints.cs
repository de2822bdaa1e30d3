using Orgtap.SimulatedOrg.Faults;
using Orgtap.SimulatedOrg.Rest;

namespace Orgtap.SimulatedOrg.OAuth;

/// <summary>Who a token belongs to: <c>/services/oauth2/userinfo</c> and <c>/id/{org}/{user}</c>.</summary>
internal sealed class IdentityEndpoints(OrgUsers users, TokenStore tokens, ApiVersions versions, string organizationId, DateTimeOffset userModified)
{
    public void Map(IEndpointRouteBuilder routes)
    {
        routes.MapMethods("/services/oauth2/userinfo", ["GET", "POST"], UserInfoAsync).WithDisplayName("userinfo");
        routes.MapGet("/id/{org}/{user}", IdentityAsync).WithDisplayName("identity");
    }

    private async Task UserInfoAsync(HttpContext context)
    {
        if (await UserAsync(context) is not { } user) return;
        var origin = Origin(context.Request);
        var (given, family) = Names(user);
        await context.Response.WriteAsJsonAsync(new
        {
            sub = $"{origin}/id/{organizationId}/{user.Id}",
            user_id = user.Id,
            organization_id = organizationId,
            preferred_username = user.Username,
            nickname = given,
            name = user.Name,
            email = user.Email,
            email_verified = true,
            given_name = given,
            family_name = family,
            zoneinfo = "Europe/Berlin",
            photos = Photos(origin),
            urls = Urls(origin, "{version}", user),
            active = IsShownActive(context, user),
            user_type = "STANDARD",
            locale = "en_US",
            utcOffset = 3_600_000,
            updated_at = SalesforceTime.Rest(userModified),
        }, context.RequestAborted);
    }

    private async Task IdentityAsync(HttpContext context)
    {
        if (await UserAsync(context) is not { } user) return;
        var (org, of) = ((string?)context.Request.RouteValues["org"], (string?)context.Request.RouteValues["user"]);
        if (org is null || !organizationId.StartsWith(org, StringComparison.Ordinal) || of is null || !user.Id.StartsWith(of, StringComparison.Ordinal))
        {
            await TextAsync(context, StatusCodes.Status403Forbidden, "Wrong_Org_Or_User");
            return;
        }
        var origin = Origin(context.Request);
        var (given, family) = Names(user);
        var version = context.Request.Query["version"].ToString() switch { "" => "{version}", "latest" => versions.Newest, var asked => asked };
        var identity = new Dictionary<string, object?>
        {
            ["id"] = $"{origin}/id/{organizationId}/{user.Id}",
            ["asserted_user"] = true,
            ["user_id"] = user.Id,
            ["organization_id"] = organizationId,
            ["username"] = user.Username,
            ["nick_name"] = given,
            ["display_name"] = user.Name,
            ["email"] = user.Email,
            ["email_verified"] = true,
            ["first_name"] = given,
            ["last_name"] = family,
            ["timezone"] = "Europe/Berlin",
            ["photos"] = Photos(origin),
            ["addr_street"] = null,
            ["addr_city"] = null,
            ["addr_state"] = null,
            ["addr_country"] = "DE",
            ["addr_zip"] = null,
            ["mobile_phone"] = null,
            ["mobile_phone_verified"] = false,
            ["is_lightning_login_user"] = false,
            ["status"] = new Dictionary<string, object?> { ["created_date"] = null, ["body"] = null },
            ["urls"] = Urls(origin, version, user),
            ["active"] = IsShownActive(context, user),
            ["user_type"] = "STANDARD",
            ["language"] = "en_US",
            ["locale"] = "en_US",
            ["utcOffset"] = 3_600_000,
            ["last_modified_date"] = SalesforceTime.Rest(userModified),
        };
        if (!IdentityXml.IsWanted(context.Request))
        {
            await context.Response.WriteAsJsonAsync(identity, context.RequestAborted);
            return;
        }
        context.Response.ContentType = "application/xml;charset=UTF-8";
        await context.Response.WriteAsync(IdentityXml.Of(identity), context.RequestAborted);
    }

    private async Task<OrgUser?> UserAsync(HttpContext context)
    {
        var token = AccessTokens.Of(context.Request);
        if (token is not null && tokens.Use(token) is { } session && users.ById(session.UserId) is { } user) return user;
        // Not the REST API's 401 with JSON: a 403 with one bare word.
        await TextAsync(context, StatusCodes.Status403Forbidden, token is null ? "Missing_OAuth_Token" : "Bad_OAuth_Token");
        return null;
    }

    private static bool IsShownActive(HttpContext context, OrgUser user) => user.Active && ActiveFaults.Of(context).Find<FaultEffect.InactiveIdentity>() is null;

    private static Task TextAsync(HttpContext context, int status, string text)
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = "text/plain;charset=UTF-8";
        return context.Response.WriteAsync(text, context.RequestAborted);
    }

    private static string Origin(HttpRequest request) => $"{request.Scheme}://{request.Host}";

    private static (string Given, string Family) Names(OrgUser user) =>
        user.Name.LastIndexOf(' ') is var space and > 0 ? (user.Name[..space], user.Name[(space + 1)..]) : ("", user.Name);

    private static Dictionary<string, string> Photos(string origin) => new()
    {
        ["picture"] = origin + "/profilephoto/005/F", ["thumbnail"] = origin + "/profilephoto/005/T",
    };

    private Dictionary<string, string> Urls(string origin, string version, OrgUser user) => new()
    {
        ["enterprise"] = $"{origin}/services/Soap/c/{version}/{organizationId}",
        ["metadata"] = $"{origin}/services/Soap/m/{version}/{organizationId}",
        ["partner"] = $"{origin}/services/Soap/u/{version}/{organizationId}",
        ["rest"] = $"{origin}/services/data/v{version}/",
        ["sobjects"] = $"{origin}/services/data/v{version}/sobjects/",
        ["search"] = $"{origin}/services/data/v{version}/search/",
        ["query"] = $"{origin}/services/data/v{version}/query/",
        ["recent"] = $"{origin}/services/data/v{version}/recent/",
        ["tooling_soap"] = $"{origin}/services/Soap/T/{version}/{organizationId}",
        ["tooling_rest"] = $"{origin}/services/data/v{version}/tooling/",
        ["profile"] = $"{origin}/{user.Id}",
        ["custom_domain"] = origin,
    };
}

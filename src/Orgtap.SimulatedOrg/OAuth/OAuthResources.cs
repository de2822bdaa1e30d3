using Orgtap.SimulatedOrg.Hosting;
using Orgtap.SimulatedOrg.Soap;

namespace Orgtap.SimulatedOrg.OAuth;

/// <summary>Puts everything about signing in and tokens on the server.</summary>
internal static class OAuthResources
{
    public static void Map(IEndpointRouteBuilder server, OrgParts parts)
    {
        var organizationId = parts.Store.OrganizationId;
        var rules = new LoginRules(parts.Settings, parts.Logins, parts.Clock);
        var consents = parts.Consents;
        var deviceCodes = new DeviceCodes(parts.Clock);
        var devices = new DeviceFlow(parts.Apps, deviceCodes, parts.Browsers, consents);
        var grants = new TokenGrants(parts.Users, parts.Tokens, parts.Codes, devices, new JwtAssertions(parts.Apps, parts.Clock), rules);

        new AuthorizeEndpoint(parts.Apps, parts.Tokens, parts.Codes, consents, parts.Browsers).Map(server);
        new SignInEndpoints(parts.Users, rules, consents, parts.Codes, deviceCodes, parts.Browsers).Map(server);
        devices.Map(server);
        var openId = new OpenId(parts.Key, parts.Users, organizationId, parts.Clock);
        openId.Map(server);
        new TokenEndpoint(parts.Apps, grants, devices, openId, organizationId).Map(server);
        new FrontDoor(parts.Users, parts.Tokens, parts.Browsers, parts.Clock).Map(server);
        var organizationName = parts.Store.Truth("Organization", ["Name"], includeDeleted: false).Select(row => row.Values[0]).FirstOrDefault() ?? "Simulated org";
        new SoapEndpoint(parts.Users, parts.Tokens, rules, parts.Settings, parts.Versions, organizationId, organizationName).Map(server);
        new TokenCare(parts.Users, parts.Apps, parts.Tokens, organizationId).Map(server);
        new IdentityEndpoints(parts.Users, parts.Tokens, parts.Versions, organizationId, parts.Clock.GetUtcNow()).Map(server);
    }
}

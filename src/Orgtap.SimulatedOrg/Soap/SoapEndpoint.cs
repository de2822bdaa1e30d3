using System.Globalization;
using System.Xml;
using System.Xml.Linq;
using Orgtap.SimulatedOrg.OAuth;
using Orgtap.SimulatedOrg.Rest;

namespace Orgtap.SimulatedOrg.Soap;

/// <summary>
/// <c>/services/Soap/u/NN.N</c>: <c>login()</c>, <c>logout()</c> and <c>getUserInfo()</c> of the partner API, which older clients sign in with. <c>login()</c> is
/// gone from API 65.0 on, and can be switched off for the org.
/// </summary>
internal sealed class SoapEndpoint(OrgUsers users, TokenStore tokens, LoginRules rules, OrgSettings settings, ApiVersions versions, string organizationId, string organizationName)
{
    private const decimal LastVersionWithLogin = 64.0m;
    private const int LongestMessage = 1 << 20;

    public void Map(IEndpointRouteBuilder routes) => routes.MapPost("/services/Soap/u/{version}/{**rest}", ServeAsync).WithDisplayName("soap");

    private async Task ServeAsync(HttpContext context)
    {
        try
        {
            var version = (string)context.Request.RouteValues["version"]!;
            if (!decimal.TryParse(version, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number) || versions.IsRetired(version))
                throw new SoapException("UNSUPPORTED_API_VERSION", "Invalid Api version specified on URL");
            var (header, call) = await ReadAsync(context.Request, context.RequestAborted);
            var answer = call.Name.LocalName switch
            {
                "login" => Login(header, call, number, version, context.Request),
                "logout" => Logout(header),
                "getUserInfo" => new XElement(SoapMessages.Partner + "getUserInfoResponse", SoapMessages.UserInfo("result", UserOf(header), organizationId, organizationName, settings.Policies.SessionLife)),
                var other => throw SoapException.Client($"No operation available for request {{{call.Name.NamespaceName}}}{other}"),
            };
            await SoapMessages.SendAsync(context, StatusCodes.Status200OK, SoapMessages.Envelope(answer));
        }
        catch (SoapException fault)
        {
            await SoapMessages.SendAsync(context, StatusCodes.Status500InternalServerError, SoapMessages.Envelope(fault));
        }
    }

    private XElement Login(XElement? header, XElement call, decimal number, string version, HttpRequest request)
    {
        if (number > LastVersionWithLogin) throw new SoapException("UNSUPPORTED_API_VERSION", $"SOAP API login() is not available in API version {version}");
        var scope = Text(header, "organizationId");
        if (scope is not null && !organizationId.StartsWith(scope, StringComparison.Ordinal)) throw SoapWords.Fault(LoginRefusal.WrongCredentials);
        var (user, refusal) = rules.Enter(LoginDoor.Soap, users, Text(call, "username") ?? "", Text(call, "password") ?? "", withToken: true, app: null);
        if (refusal is { } why) throw SoapWords.Fault(why);
        // A session that came of an expired password serves to change it, and for nothing else.
        var session = tokens.Open("", user!.Id, user.PasswordExpired ? ["change_password"] : [], approval: null);
        var origin = $"{request.Scheme}://{request.Host}";
        return new XElement(SoapMessages.Partner + "loginResponse", new XElement(SoapMessages.Partner + "result",
            SoapMessages.Value("metadataServerUrl", $"{origin}/services/Soap/m/{version}/{organizationId[..15]}"),
            SoapMessages.Value("passwordExpired", user.PasswordExpired),
            SoapMessages.Value("sandbox", false),
            SoapMessages.Value("serverUrl", $"{origin}/services/Soap/u/{version}/{organizationId[..15]}"),
            SoapMessages.Value("sessionId", session.AccessToken),
            SoapMessages.Value("userId", user.Id),
            SoapMessages.UserInfo("userInfo", user, organizationId, organizationName, settings.Policies.SessionLife)));
    }

    private XElement Logout(XElement? header)
    {
        UserOf(header);
        tokens.Revoke(Text(header, "sessionId")!);
        return new XElement(SoapMessages.Partner + "logoutResponse");
    }

    private OrgUser UserOf(XElement? header)
    {
        if (Text(header, "sessionId") is not { } id || tokens.Use(id) is not { } session || users.ById(session.UserId) is not { } user)
            throw new SoapException("INVALID_SESSION_ID", "Invalid Session ID found in SessionHeader: Illegal Session");
        if (!settings.Policies.RestApi) throw new SoapException("API_DISABLED_FOR_ORG", "API is not enabled for this Organization or Partner");
        return user.ApiEnabled ? user : throw new SoapException("API_CURRENTLY_DISABLED", "API is disabled for this User");
    }

    private static string? Text(XElement? from, string name) => from?.Descendants().FirstOrDefault(element => element.Name.LocalName == name)?.Value.Trim();

    private static async Task<(XElement? Header, XElement Call)> ReadAsync(HttpRequest request, CancellationToken cancellationToken)
    {
        try
        {
            using var reader = XmlReader.Create(request.Body, new XmlReaderSettings
            {
                Async = true, DtdProcessing = DtdProcessing.Prohibit, XmlResolver = null, MaxCharactersInDocument = LongestMessage,
            });
            var envelope = (await XDocument.LoadAsync(reader, LoadOptions.None, cancellationToken)).Root!;
            var call = envelope.Name == SoapMessages.Soap + "Envelope" ? envelope.Element(SoapMessages.Soap + "Body")?.Elements().FirstOrDefault() : null;
            return call is null ? throw SoapException.Client("The request is no SOAP message") : (envelope.Element(SoapMessages.Soap + "Header"), call);
        }
        catch (XmlException broken)
        {
            throw SoapException.Client(broken.Message);
        }
    }
}

using System.Net;
using System.Text;
using System.Xml.Linq;
using Orgtap.SimulatedOrg.OAuth;
using static Orgtap.Tests.SimulatedOrg.RunningOrg;

namespace Orgtap.Tests.SimulatedOrg.Soap;

public sealed class SoapLoginTests
{
    private static readonly XNamespace Partner = "urn:partner.soap.sforce.com";
    private static readonly XNamespace Sf = "urn:fault.partner.soap.sforce.com";

    [Theory]
    [InlineData("64.0")]
    [InlineData("50.0")]
    [InlineData("31.0")]
    public async Task A_login_gives_a_session_that_REST_takes(string version)
    {
        await using var org = await StartAsync(signIn: false);
        var answer = await SendAsync(org, Login("ann@example.com", "pt"), version);
        Assert.Equal((HttpStatusCode.OK, "text/xml"), (answer.StatusCode, answer.Content.Headers.ContentType!.MediaType));
        var result = (await XmlAsync(answer)).Descendants(Partner + "result").Single();
        Assert.Equal("false", result.Element(Partner + "passwordExpired")!.Value);
        Assert.Equal($"{org.Host.Address}services/Soap/u/{version}/{org.Host.Store.OrganizationId[..15]}", result.Element(Partner + "serverUrl")!.Value);
        Assert.Equal(org.Host.Users.First.Id, result.Element(Partner + "userId")!.Value);
        Assert.Equal(org.Host.Store.OrganizationId, result.Element(Partner + "userInfo")!.Element(Partner + "organizationId")!.Value);

        org.Http.DefaultRequestHeaders.Authorization = new("Bearer", result.Element(Partner + "sessionId")!.Value);
        Assert.Equal(40, (await org.QueryJsonAsync("SELECT Id FROM Contact")).GetProperty("totalSize").GetInt32());
    }

    [Fact]
    public async Task Clients_that_cut_values_out_of_the_text_find_them_without_prefix()
    {
        await using var org = await StartAsync(signIn: false);
        var text = await (await SendAsync(org, Login("ann@example.com", "pt"))).Content.ReadAsStringAsync(Cancel);
        foreach (var element in (string[])["<sessionId>", "<serverUrl>", "<userId>", "<organizationId>", "<passwordExpired>false</passwordExpired>"]) Assert.Contains(element, text);
        var fault = await (await SendAsync(org, Login("ann@example.com", "no"))).Content.ReadAsStringAsync(Cancel);
        foreach (var element in (string[])["<faultcode>sf:INVALID_LOGIN</faultcode>", "<faultstring>INVALID_LOGIN: ", "<sf:exceptionCode>INVALID_LOGIN</sf:exceptionCode>", "<sf:exceptionMessage>"])
            Assert.Contains(element, fault);
    }

    [Fact]
    public async Task The_password_without_token_and_a_wrong_one_are_told_apart()
    {
        await using var org = await StartAsync(signIn: false);
        Assert.Equal("INVALID_LOGIN", await FaultAsync(await SendAsync(org, Login("ann@example.com", "wrong"))));
        Assert.Equal("INVALID_LOGIN", await FaultAsync(await SendAsync(org, Login("nobody@example.com", "pt"))));
        Assert.Equal("LOGIN_MUST_USE_SECURITY_TOKEN", await FaultAsync(await SendAsync(org, Login("ann@example.com", "p"))));
        org.Host.Settings.Policies = org.Host.Settings.Policies with { TrustedNetwork = true };
        Assert.Equal(HttpStatusCode.OK, (await SendAsync(org, Login("ann@example.com", "p"))).StatusCode);
    }

    [Theory]
    [InlineData("""{"username":"ann@example.com","active":false}""", "/users", "INVALID_LOGIN")]
    [InlineData("""{"username":"ann@example.com","frozen":true}""", "/users", "INVALID_LOGIN")]
    [InlineData("""{"username":"ann@example.com","lockedOut":true}""", "/users", "INVALID_LOGIN")]
    [InlineData("""{"username":"ann@example.com","outsideLoginHours":true}""", "/users", "LOGIN_DURING_RESTRICTED_TIME")]
    [InlineData("""{"username":"ann@example.com","outsideIpRanges":true}""", "/users", "LOGIN_DURING_RESTRICTED_DOMAIN")]
    [InlineData("""{"username":"ann@example.com","usesAnyApiAuth":false}""", "/users", "INSUFFICIENT_ACCESS")]
    [InlineData("""{"locked":true}""", "/org", "ORG_LOCKED")]
    [InlineData("""{"soapLogin":false}""", "/org", "INVALID_OPERATION")]
    [InlineData("""{"loginsPerHour":0}""", "/org", "LOGIN_RATE_EXCEEDED")]
    public async Task Each_refusal_is_a_fault_with_its_code(string json, string path, string code)
    {
        await using var org = await StartAsync(signIn: false);
        Assert.Equal(HttpStatusCode.OK, (await org.ControlAsync(HttpMethod.Post, path, json)).StatusCode);
        Assert.Equal(code, await FaultAsync(await SendAsync(org, Login("ann@example.com", "pt"))));
        Assert.Equal(LoginDoor.Soap, org.Host.Logins.Attempts[^1].Door);
    }

    [Fact]
    public async Task An_expired_password_gives_a_session_that_the_API_refuses()
    {
        await using var org = await StartAsync(signIn: false);
        await org.ControlAsync(HttpMethod.Post, "/users", """{"username":"ann@example.com","passwordExpired":true}""");
        var result = (await XmlAsync(await SendAsync(org, Login("ann@example.com", "pt")))).Descendants(Partner + "result").Single();
        Assert.Equal("true", result.Element(Partner + "passwordExpired")!.Value);
        Assert.Equal(401, (await ErrorAsync(await org.GetAsync(Root, ("Authorization", "Bearer " + result.Element(Partner + "sessionId")!.Value)))).Status);
    }

    [Theory]
    [InlineData("65.0")]
    [InlineData("66.0")]
    [InlineData("30.0")]
    [InlineData("newest")]
    public async Task Login_is_not_in_newer_or_retired_versions(string version)
    {
        await using var org = await StartAsync(signIn: false);
        Assert.Equal("UNSUPPORTED_API_VERSION", await FaultAsync(await SendAsync(org, Login("ann@example.com", "pt"), version)));
    }

    [Fact]
    public async Task Logout_ends_the_session_in_any_version()
    {
        await using var org = await StartAsync();
        var session = org.Http.DefaultRequestHeaders.Authorization!.Parameter!;
        var header = $"<SessionHeader xmlns=\"urn:partner.soap.sforce.com\"><sessionId>{session}</sessionId></SessionHeader>";
        var info = (await XmlAsync(await SendAsync(org, Envelope("<getUserInfo xmlns=\"urn:partner.soap.sforce.com\"/>", header), "66.0"))).Descendants(Partner + "result").Single();
        Assert.Equal("ann@example.com", info.Element(Partner + "userName")!.Value);
        Assert.Equal(HttpStatusCode.OK, (await SendAsync(org, Envelope("<logout xmlns=\"urn:partner.soap.sforce.com\"/>", header), "66.0")).StatusCode);
        Assert.Equal(401, (await ErrorAsync(await org.GetAsync(Root))).Status);
        Assert.Equal("INVALID_SESSION_ID", await FaultAsync(await SendAsync(org, Envelope("<logout xmlns=\"urn:partner.soap.sforce.com\"/>", header), "66.0")));
    }

    [Theory]
    [InlineData("nonsense")]
    [InlineData("<a/>")]
    [InlineData("<!DOCTYPE a [<!ENTITY x SYSTEM \"file:///etc/passwd\">]><a>&x;</a>")]
    [InlineData("<e:Envelope xmlns:e=\"http://schemas.xmlsoap.org/soap/envelope/\"><e:Body><merge xmlns=\"urn:partner.soap.sforce.com\"/></e:Body></e:Envelope>")]
    public async Task What_is_no_call_is_the_clients_fault(string body)
    {
        await using var org = await StartAsync(signIn: false);
        var answer = await SendAsync(org, body);
        Assert.Equal(HttpStatusCode.InternalServerError, answer.StatusCode);
        Assert.Equal("soapenv:Client", (await XmlAsync(answer)).Descendants("faultcode").Single().Value);
    }

    [Fact]
    public async Task The_organization_of_a_login_scope_must_be_this_one()
    {
        await using var org = await StartAsync(options => options, signIn: false);
        Assert.Equal(HttpStatusCode.OK, (await SendAsync(org, Login("ann@example.com", "pt", Scope(org.Host.Store.OrganizationId)))).StatusCode);
        Assert.Equal("INVALID_LOGIN", await FaultAsync(await SendAsync(org, Login("ann@example.com", "pt", Scope("00D000000000001")))));

        static string Scope(string id) => $"<urn:LoginScopeHeader xmlns:urn=\"urn:partner.soap.sforce.com\"><urn:organizationId>{id}</urn:organizationId></urn:LoginScopeHeader>";
    }

    internal static string Login(string username, string password, string header = "") =>
        Envelope($"<n1:login xmlns:n1=\"urn:partner.soap.sforce.com\"><n1:username>{username}</n1:username><n1:password>{password}</n1:password></n1:login>", header);

    internal static Task<HttpResponseMessage> SendAsync(RunningOrg org, string message, string version = "59.0")
    {
        var request = new HttpRequestMessage(HttpMethod.Post, "/services/Soap/u/" + version) { Content = new StringContent(message, Encoding.UTF8, "text/xml") };
        request.Headers.TryAddWithoutValidation("SOAPAction", "login");
        return org.Http.SendAsync(request, Cancel);
    }

    private static string Envelope(string call, string header = "") =>
        $"<se:Envelope xmlns:se=\"http://schemas.xmlsoap.org/soap/envelope/\"><se:Header>{header}</se:Header><se:Body>{call}</se:Body></se:Envelope>";

    private static async Task<XDocument> XmlAsync(HttpResponseMessage answer) => XDocument.Parse(await answer.Content.ReadAsStringAsync(Cancel));

    private static async Task<string> FaultAsync(HttpResponseMessage answer)
    {
        Assert.Equal(HttpStatusCode.InternalServerError, answer.StatusCode);
        return (await XmlAsync(answer)).Descendants(Sf + "exceptionCode").Single().Value;
    }
}

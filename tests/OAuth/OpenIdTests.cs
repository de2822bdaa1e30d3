using System.Buffers.Text;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Xml.Linq;
using Orgtap.SimulatedOrg.Hosting;
using static Orgtap.Tests.SimulatedOrg.RunningOrg;

namespace Orgtap.Tests.SimulatedOrg.OAuth;

public sealed class OpenIdTests
{
    [Fact]
    public async Task An_ID_token_is_verified_with_the_key_that_discovery_leads_to()
    {
        await using var org = await StartAsync(signIn: false);
        var tokens = await SignInAsync(org, ("scope", "openid api email"), ("nonce", "n-1"));
        var discovery = await org.GetJsonAsync("/.well-known/openid-configuration");
        var keys = await org.GetJsonAsync(new Uri(discovery.GetProperty("jwks_uri").GetString()!).PathAndQuery);

        var claims = Verify(tokens.GetProperty("id_token").GetString()!, keys);
        Assert.Equal(discovery.GetProperty("issuer").GetString(), claims.GetProperty("iss").GetString());
        Assert.Equal(("key", "n-1", "ann@example.com"), (claims.GetProperty("aud").GetString(), claims.GetProperty("nonce").GetString(), claims.GetProperty("email").GetString()));
        Assert.Equal(tokens.GetProperty("id").GetString(), claims.GetProperty("sub").GetString());
        Assert.Equal(Noon.ToUnixTimeSeconds(), claims.GetProperty("iat").GetInt64());
        Assert.True(claims.GetProperty("exp").GetInt64() > claims.GetProperty("iat").GetInt64());
        var hash = SHA256.HashData(Encoding.ASCII.GetBytes(tokens.GetProperty("access_token").GetString()!));
        Assert.Equal(Base64Url.EncodeToString(hash.AsSpan(0, 16)), claims.GetProperty("at_hash").GetString());
    }

    [Fact]
    public async Task Without_the_scope_openid_there_is_no_ID_token()
    {
        await using var org = await StartAsync(signIn: false);
        Assert.False((await SignInAsync(org, ("scope", "api id"))).TryGetProperty("id_token", out _));
    }

    [Fact]
    public async Task Discovery_names_addresses_that_answer()
    {
        await using var org = await StartAsync(signIn: false);
        var discovery = await org.GetJsonAsync("/.well-known/openid-configuration");
        foreach (var name in (string[])["authorization_endpoint", "token_endpoint", "revocation_endpoint", "introspection_endpoint", "userinfo_endpoint", "jwks_uri"])
        {
            var answer = await org.GetAsync(new Uri(discovery.GetProperty(name).GetString()!).PathAndQuery);
            Assert.NotEqual(HttpStatusCode.NotFound, answer.StatusCode);
        }
    }

    [Fact]
    public async Task Each_org_has_a_key_of_its_own()
    {
        await using var one = await StartAsync(signIn: false);
        await using var other = await StartAsync(signIn: false);
        var key = (await one.GetJsonAsync("/id/keys")).ToString();
        Assert.Equal(key, (await one.GetJsonAsync("/id/keys")).ToString());
        Assert.NotEqual(key, (await other.GetJsonAsync("/id/keys")).ToString());
    }

    [Theory]
    [InlineData("?format=xml", null)]
    [InlineData("", "application/xml")]
    public async Task Identity_comes_as_XML_where_asked_for(string query, string? accept)
    {
        await using var org = await StartAsync();
        var path = $"/id/{org.Host.Store.OrganizationId}/{org.Host.Users.First.Id}";
        using var answer = await org.GetAsync(path + query, accept is null ? [] : [("Accept", accept)]);
        Assert.Equal("application/xml", answer.Content.Headers.ContentType!.MediaType);
        var user = XDocument.Parse(await answer.Content.ReadAsStringAsync(Cancel)).Root!;
        var json = await org.GetJsonAsync(path + "?format=json");
        Assert.Equal("user", user.Name.LocalName);
        Assert.Equal(json.EnumerateObject().Select(member => member.Name), user.Elements().Select(element => element.Name.LocalName));
        Assert.Equal(json.GetProperty("username").GetString(), user.Element("username")!.Value);
        Assert.Equal("true", user.Element("active")!.Value);
        Assert.Equal(json.GetProperty("urls").GetProperty("rest").GetString(), user.Element("urls")!.Element("rest")!.Value);
    }

    [Theory]
    [InlineData("?version=latest", "/services/data/v68.0/")]
    [InlineData("?version=59.0", "/services/data/v59.0/")]
    [InlineData("?format=json", "/services/data/v{version}/")]
    public async Task Identity_fills_in_the_version_that_was_asked_for(string query, string end)
    {
        await using var org = await StartAsync(signIn: false);
        var token = await org.PasswordTokenAsync();
        using var answer = await org.GetAsync($"/id/{org.Host.Store.OrganizationId}/{org.Host.Users.First.Id}{query}&oauth_token={Uri.EscapeDataString(token)}");
        Assert.EndsWith(end, (await JsonAsync(answer, HttpStatusCode.OK)).GetProperty("urls").GetProperty("rest").GetString());
    }

    [Fact]
    public async Task Revoking_a_refresh_token_takes_its_access_tokens_with_it()
    {
        await using var org = await StartAsync(signIn: false);
        var tokens = await SignInAsync(org);
        var access = tokens.GetProperty("access_token").GetString()!;
        Assert.True((await IntrospectAsync(org, access)).GetProperty("active").GetBoolean());
        using var revoked = await org.PostFormAsync("/services/oauth2/revoke", ("token", tokens.GetProperty("refresh_token").GetString()!));
        Assert.Equal((HttpStatusCode.OK, ""), (revoked.StatusCode, await revoked.Content.ReadAsStringAsync(Cancel)));
        Assert.False((await IntrospectAsync(org, access)).GetProperty("active").GetBoolean());
        Assert.Equal(HttpStatusCode.Forbidden, (await org.GetAsync("/services/oauth2/userinfo", ("Authorization", "Bearer " + access))).StatusCode);
    }

    [Fact]
    public async Task Single_access_signs_a_browser_in_once()
    {
        await using var org = await StartAsync();
        var reply = await org.GetJsonAsync("/services/oauth2/singleaccess?redirect_uri=%2Flightning");
        using var browser = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false });
        var address = new Uri(reply.GetProperty("frontdoor_uri").GetString()!);
        Assert.Contains("startURL=%2Flightning", address.Query);
        using var first = await browser.GetAsync(address, Cancel);
        Assert.Contains("logged in as ann@example.com", await first.Content.ReadAsStringAsync(Cancel));
        Assert.Contains("Allow Access?", await browser.GetStringAsync(WebServerFlowTests.Address(org), Cancel));
        Assert.Equal(HttpStatusCode.Forbidden, (await browser.GetAsync(address, Cancel)).StatusCode);

        var late = (await org.GetJsonAsync("/services/oauth2/singleaccess")).GetProperty("frontdoor_uri").GetString()!;
        org.Host.Clock.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal(HttpStatusCode.Forbidden, (await browser.GetAsync(late, Cancel)).StatusCode);
    }

    [Fact]
    public async Task Single_access_wants_a_session_that_may_be_used_in_a_browser()
    {
        await using var org = await StartAsync(signIn: false);
        Assert.Equal(HttpStatusCode.Forbidden, (await org.GetAsync("/services/oauth2/singleaccess", ("Authorization", "Bearer nonsense"))).StatusCode);
        var api = org.Host.Tokens.Open("key", org.Host.Users.First.Id, ["api"], approval: null);
        Assert.Equal(HttpStatusCode.Forbidden, (await org.GetAsync("/services/oauth2/singleaccess", ("Authorization", "Bearer " + api.AccessToken))).StatusCode);
    }

    private static async Task<JsonElement> SignInAsync(RunningOrg org, params (string, string)[] parameters)
    {
        using var admin = new SimulatedAdmin("ann@example.com", "p");
        var callback = await admin.AllowAsync(WebServerFlowTests.Address(org, parameters), Cancel);
        var code = Microsoft.AspNetCore.WebUtilities.QueryHelpers.ParseQuery(callback.Query)["code"].ToString();
        return await JsonAsync(await org.TokenAsync(("grant_type", "authorization_code"), ("code", code), ("client_id", "key"), ("client_secret", "secret"), ("redirect_uri", "http://localhost:7777/callback")), HttpStatusCode.OK);
    }

    private static async Task<JsonElement> IntrospectAsync(RunningOrg org, string token) =>
        await JsonAsync(await org.PostFormAsync("/services/oauth2/introspect", ("token", token), ("client_id", "key"), ("client_secret", "secret")), HttpStatusCode.OK);

    private static JsonElement Verify(string token, JsonElement keys)
    {
        var parts = token.Split('.');
        var header = JsonSerializer.Deserialize<JsonElement>(Base64Url.DecodeFromChars(parts[0]));
        Assert.Equal("RS256", header.GetProperty("alg").GetString());
        var key = keys.GetProperty("keys").EnumerateArray().Single(one => one.GetProperty("kid").GetString() == header.GetProperty("kid").GetString());
        using var rsa = RSA.Create(new RSAParameters { Modulus = Base64Url.DecodeFromChars(key.GetProperty("n").GetString()!), Exponent = Base64Url.DecodeFromChars(key.GetProperty("e").GetString()!) });
        Assert.True(rsa.VerifyData(Encoding.ASCII.GetBytes(parts[0] + "." + parts[1]), Base64Url.DecodeFromChars(parts[2]), HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1));
        return JsonSerializer.Deserialize<JsonElement>(Base64Url.DecodeFromChars(parts[1]));
    }
}

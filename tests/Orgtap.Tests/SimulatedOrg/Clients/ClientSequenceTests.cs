using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Orgtap.Tests.SimulatedOrg.OAuth;
using static Orgtap.Tests.SimulatedOrg.RunningOrg;

namespace Orgtap.Tests.SimulatedOrg.Clients;

/// <summary>What clients that are not installed here send, request by request, as their sources show: simple-salesforce, the Singer taps, restforce.</summary>
public sealed partial class ClientSequenceTests
{
    [Fact]
    public async Task Simple_salesforce_signs_in_by_SOAP_and_queries_with_trailing_slashes()
    {
        await using var org = await StartAsync(signIn: false);
        var session = await SimpleSalesforceLoginAsync(org);
        const string Base = "/services/data/v59.0/";
        (string, string)[] headers = [("Authorization", "Bearer " + session), ("Content-Type", "application/json"), ("X-PrettyPrint", "1")];

        Assert.NotEmpty((await JsonAsync(await org.GetAsync(Base + "sobjects", headers), HttpStatusCode.OK)).GetProperty("sobjects").EnumerateArray());
        Assert.Equal("Account", (await JsonAsync(await org.GetAsync(Base + "sobjects/Account/describe", headers), HttpStatusCode.OK)).GetProperty("name").GetString());
        var limits = await JsonAsync(await org.GetAsync(Base + "limits/", headers), HttpStatusCode.OK);
        Assert.True(limits.GetProperty("DailyApiRequests").GetProperty("Max").GetInt64() > 0);

        // Its query_all asks for further pages by the whole address, its query_more by the last part of it.
        var page = await JsonAsync(await org.GetAsync(Base + "query/?q=SELECT+Id+FROM+Account", headers), HttpStatusCode.OK);
        var first = page.GetProperty("records")[0].GetProperty("Id").GetString()!;
        var rows = page.GetProperty("records").GetArrayLength();
        var next = page.GetProperty("nextRecordsUrl").GetString()!;
        using (var again = await org.GetAsync($"{Base}query/{next[(next.LastIndexOf('/') + 1)..]}", headers)) Assert.Equal(HttpStatusCode.OK, again.StatusCode);
        while (!page.GetProperty("done").GetBoolean())
        {
            page = await JsonAsync(await org.GetAsync(page.GetProperty("nextRecordsUrl").GetString()!, headers), HttpStatusCode.OK);
            rows += page.GetProperty("records").GetArrayLength();
        }
        Assert.Equal(page.GetProperty("totalSize").GetInt32(), rows);
        Assert.True((await JsonAsync(await org.GetAsync(Base + "queryAll/?q=SELECT+Id+FROM+Account+WHERE+IsDeleted+%3D+true", headers), HttpStatusCode.OK)).GetProperty("totalSize").GetInt32() > 0);
        Assert.Equal(first, (await JsonAsync(await org.GetAsync(Base + "sobjects/Account/" + first, headers), HttpStatusCode.OK)).GetProperty("Id").GetString());
        using (var deleted = await org.GetAsync(Base + "sobjects/Account/deleted/?start=2026-05-30T00%3A00%3A00%2B00%3A00&end=2026-06-01T00%3A00%3A00%2B00%3A00", headers))
            Assert.Equal(HttpStatusCode.OK, deleted.StatusCode);
    }

    [Fact]
    public async Task Simple_salesforce_exports_by_Bulk_2_and_needs_the_number_of_records()
    {
        await using var org = await StartAsync(signIn: false);
        var session = await SimpleSalesforceLoginAsync(org);
        const string Jobs = "/services/data/v59.0/jobs/query";
        (string, string)[] headers = [("Authorization", "Bearer " + session), ("X-PrettyPrint", "1"), ("ACCEPT", "application/json")];
        var job = (await JsonAsync(await org.SendAsync(HttpMethod.Post, Jobs,
            """{"operation":"query","query":"SELECT Id, Name FROM Account","columnDelimiter":"COMMA","lineEnding":"LF"}""", headers), HttpStatusCode.OK)).GetProperty("id").GetString();
        while ((await JsonAsync(await org.GetAsync($"{Jobs}/{job}", headers))).GetProperty("state").GetString() != "JobComplete") org.Host.Clock.Advance(TimeSpan.FromSeconds(1));
        var (locator, rows) = ("", 0);
        do
        {
            using var page = await org.GetAsync($"{Jobs}/{job}/results?maxRecords=1000{(locator.Length > 0 ? "&locator=" + locator : "")}",
                ("Authorization", "Bearer " + session), ("ACCEPT", "text/csv"), ("Accept-Encoding", "gzip, deflate"));
            rows += int.Parse(page.Headers.GetValues("Sforce-NumberOfRecords").Single());
            locator = page.Headers.GetValues("Sforce-Locator").Single();
        } while (locator != "null");
        Assert.Equal(org.Host.Store.Count("Account", includeDeleted: false), rows);
    }

    [Fact]
    public async Task Simple_salesforce_reads_a_list_of_errors_when_its_session_has_ended()
    {
        await using var org = await StartAsync(signIn: false);
        var session = await SimpleSalesforceLoginAsync(org);
        org.Host.Tokens.ExpireAll();
        Assert.Equal((401, "INVALID_SESSION_ID", "Session expired or invalid"), await ErrorAsync(await org.GetAsync("/services/data/v59.0/limits/", ("Authorization", "Bearer " + session))));
    }

    [Fact]
    public async Task Simple_salesforce_sends_client_credentials_as_Basic()
    {
        await using var org = await StartAsync(signIn: false);
        using var request = new HttpRequestMessage(HttpMethod.Post, "/services/oauth2/token") { Content = new FormUrlEncodedContent([KeyValuePair.Create("grant_type", "client_credentials")]) };
        request.Headers.Authorization = new AuthenticationHeaderValue("Basic", Convert.ToBase64String("key:secret"u8));
        using var answer = await org.Http.SendAsync(request, Cancel);
        var reply = await JsonAsync(answer, HttpStatusCode.OK);
        Assert.Equal(org.Host.Address.ToString().TrimEnd('/'), reply.GetProperty("instance_url").GetString());
    }

    [Fact]
    public async Task The_Singer_tap_refreshes_describes_in_batches_and_reads_by_queryAll()
    {
        await using var org = await StartAsync(signIn: false);
        var token = await RefreshAsync(org);
        var bearer = ("Authorization", "Bearer " + token);
        const string Base = "/services/data/v61.0/";

        var names = (await JsonAsync(await org.GetAsync(Base + "sobjects", bearer), HttpStatusCode.OK)).GetProperty("sobjects").EnumerateArray().Select(one => one.GetProperty("name").GetString()!).ToArray();
        using (var limits = await org.GetAsync(Base + "limits", bearer))
        {
            // The tap looks for exactly this form, and for batches of the Bulk API to see whether that may be used.
            Assert.Matches(ApiUsage(), limits.Headers.GetValues("Sforce-Limit-Info").Single());
            Assert.True((await JsonAsync(limits, HttpStatusCode.OK)).GetProperty("DailyBulkApiBatches").GetProperty("Max").GetInt64() > 0);
        }
        var chunk = names.Take(25).ToArray();
        var batch = JsonSerializer.Serialize(new { haltOnError = true, batchRequests = chunk.Select(name => new { method = "GET", url = $"/services/data/v61.0/sobjects/{name}/describe" }) });
        var described = await JsonAsync(await org.SendAsync(HttpMethod.Post, Base + "composite/batch", batch, bearer), HttpStatusCode.OK);
        Assert.False(described.GetProperty("hasErrors").GetBoolean());
        Assert.Equal(chunk, described.GetProperty("results").EnumerateArray().Select(one => one.GetProperty("result").GetProperty("name").GetString()));

        // Microseconds and two blanks are its own.
        var soql = Uri.EscapeDataString("SELECT Id,Name,SystemModstamp FROM Account WHERE SystemModstamp >= 2020-01-01T00:00:00.000000Z  ORDER BY SystemModstamp ASC");
        var path = $"{Base}queryAll?q={soql}";
        var stamps = new List<string>();
        while (path is not null)
        {
            var page = await JsonAsync(await org.GetAsync(path, bearer), HttpStatusCode.OK);
            stamps.AddRange(page.GetProperty("records").EnumerateArray().Select(row => row.GetProperty("SystemModstamp").GetString()!));
            path = page.TryGetProperty("nextRecordsUrl", out var next) ? next.GetString() : null;
        }
        Assert.Equal(org.Host.Store.Count("Account", includeDeleted: true), stamps.Count);
        Assert.Equal(stamps.Order(StringComparer.Ordinal), stamps);
    }

    [Fact]
    public async Task The_Singer_tap_keeps_a_rotated_refresh_token()
    {
        await using var org = await StartAsync(options => options with { RotateRefreshTokens = true }, signIn: false);
        var refresh = org.Host.Tokens.Approve("key", org.Host.Users.First.Id, ["api", "refresh_token"]).RefreshToken!;
        for (var quarter = 0; quarter < 3; quarter++)
        {
            var reply = await JsonAsync(await org.TokenAsync(("grant_type", "refresh_token"), ("client_id", "key"), ("client_secret", "secret"), ("refresh_token", refresh)), HttpStatusCode.OK);
            Assert.NotEqual(refresh, refresh = reply.GetProperty("refresh_token").GetString()!);
            org.Host.Clock.Advance(TimeSpan.FromMinutes(15));
        }
    }

    [Fact]
    public async Task The_Singer_tap_halves_its_window_after_a_query_timeout_and_stops_at_a_disabled_API()
    {
        await using var org = await StartAsync(signIn: false);
        var bearer = ("Authorization", "Bearer " + await RefreshAsync(org));
        org.Host.Faults.Add("GET */queryAll*", new Orgtap.SimulatedOrg.Faults.FaultEffect.RestError(400, "QUERY_TIMEOUT", "Your query request was running for too long."), times: 1);
        Assert.Equal("QUERY_TIMEOUT", (await ErrorAsync(await org.GetAsync("/services/data/v61.0/queryAll?q=SELECT+Id+FROM+Account", bearer))).Code);
        Assert.Equal(HttpStatusCode.OK, (await org.GetAsync("/services/data/v61.0/queryAll?q=SELECT+Id+FROM+Account", bearer)).StatusCode);
        org.Host.Settings.Policies = org.Host.Settings.Policies with { RestApi = false };
        Assert.Equal("API_DISABLED_FOR_ORG", (await ErrorAsync(await org.GetAsync("/services/data/v61.0/limits", bearer))).Code);
    }

    [Fact]
    public async Task The_Meltano_tap_exports_by_Bulk_2_until_the_locator_says_null()
    {
        await using var org = await StartAsync(signIn: false);
        var bearer = ("Authorization", "Bearer " + await RefreshAsync(org));
        var batch = """{"batchRequests":[{"method":"GET","url":"/services/data/v60.0/sobjects/Account/describe"},{"method":"GET","url":"/services/data/v60.0/sobjects/Nope/describe"}]}""";
        var described = (await JsonAsync(await org.SendAsync(HttpMethod.Post, "/services/data/v60.0/composite/batch", batch, bearer), HttpStatusCode.OK)).GetProperty("results");
        Assert.Equal([200, 404], described.EnumerateArray().Select(one => one.GetProperty("statusCode").GetInt32()));

        const string Jobs = "/services/data/v60.0/jobs/query";
        var job = (await JsonAsync(await org.SendAsync(HttpMethod.Post, Jobs,
            """{"operation":"queryAll","query":"SELECT Id,Name FROM Account WHERE SystemModstamp >= 2020-01-01T00:00:00+00:00 "}""", bearer), HttpStatusCode.OK)).GetProperty("id").GetString();
        while ((await JsonAsync(await org.GetAsync($"{Jobs}/{job}", bearer))).GetProperty("state").GetString() != "JobComplete") org.Host.Clock.Advance(TimeSpan.FromSeconds(1));
        var (locator, lines) = ("", 0);
        do
        {
            using var page = await org.GetAsync($"{Jobs}/{job}/results?maxRecords=700{(locator.Length > 0 ? "&locator=" + locator : "")}", bearer);
            lines += int.Parse(page.Headers.GetValues("Sforce-NumberOfRecords").Single());
            locator = page.Headers.GetValues("Sforce-Locator").Single();
        } while (locator != "null");
        Assert.Equal(org.Host.Store.Count("Account", includeDeleted: true), lines);
    }

    [Theory]
    [InlineData("password")]
    [InlineData("refresh_token")]
    [InlineData("client_credentials")]
    [InlineData("jwt")]
    public async Task Restforce_signs_in_in_each_of_its_ways_and_reads_with_the_older_header(string way)
    {
        using var key = new SigningKey();
        await using var org = await StartAsync(options => options with { JwtCertificate = key.CertificatePem }, signIn: false);
        (string, string)[] app = [("client_id", "key"), ("client_secret", "secret")];
        (string, string)[] form = way switch
        {
            "password" => [("grant_type", "password"), .. app, ("username", "ann@example.com"), ("password", "pt")],
            "refresh_token" => [("grant_type", "refresh_token"), ("refresh_token", org.Host.Tokens.Approve("key", org.Host.Users.First.Id, ["api", "refresh_token"]).RefreshToken!), .. app],
            "client_credentials" => [("grant_type", "client_credentials"), .. app],
            // Its audience is the bare host.
            _ => [("grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer"),
                ("assertion", key.Sign(new { iss = "key", sub = "ann@example.com", aud = "login.salesforce.com", iat = Noon.ToUnixTimeSeconds(), exp = Noon.ToUnixTimeSeconds() + 180 }))],
        };
        var reply = await JsonAsync(await org.TokenAsync(form), HttpStatusCode.OK);
        var header = ("Authorization", "OAuth " + reply.GetProperty("access_token").GetString());
        const string Base = "/services/data/v58.0/";

        var identity = (await JsonAsync(await org.GetAsync(Base, header), HttpStatusCode.OK)).GetProperty("identity").GetString()!;
        using var who = await org.GetAsync(new Uri(org.Host.Address, identity).PathAndQuery, header);
        Assert.Equal("ann@example.com", (await JsonAsync(who, HttpStatusCode.OK)).GetProperty("username").GetString());
        var page = await JsonAsync(await org.GetAsync(Base + "query?q=select%20Id%20from%20Account", header), HttpStatusCode.OK);
        Assert.Equal(HttpStatusCode.OK, (await org.GetAsync(page.GetProperty("nextRecordsUrl").GetString()!, header)).StatusCode);
        Assert.Equal(org.Host.Store.OrganizationId, (await JsonAsync(await org.GetAsync(Base + "query?q=select%20id%20from%20Organization", header), HttpStatusCode.OK)).GetProperty("records")[0].GetProperty("Id").GetString());
        Assert.Equal(HttpStatusCode.OK, (await org.GetAsync(Base + "sobjects/Account/updated/?start=2026-05-30T00:00:00Z&end=2026-06-01T00:00:00Z", header)).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await org.GetAsync(Base + "limits", header)).StatusCode);
    }

    private static async Task<string> SimpleSalesforceLoginAsync(RunningOrg org)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/services/Soap/u/59.0")
        {
            Content = new ByteArrayContent(Encoding.UTF8.GetBytes("""
                <?xml version="1.0" encoding="utf-8" ?>
                <env:Envelope xmlns:env="http://schemas.xmlsoap.org/soap/envelope/" xmlns:urn="urn:partner.soap.sforce.com">
                  <env:Header><urn:CallOptions><urn:client>simple-salesforce</urn:client><urn:defaultNamespace>sf</urn:defaultNamespace></urn:CallOptions></env:Header>
                  <env:Body><n1:login xmlns:n1="urn:partner.soap.sforce.com"><n1:username>ann@example.com</n1:username><n1:password>pt</n1:password></n1:login></env:Body>
                </env:Envelope>
                """)),
        };
        request.Content.Headers.TryAddWithoutValidation("content-type", "text/xml");
        request.Headers.TryAddWithoutValidation("charset", "UTF-8");
        request.Headers.TryAddWithoutValidation("SOAPAction", "login");
        using var answer = await org.Http.SendAsync(request, Cancel);
        var text = await answer.Content.ReadAsStringAsync(Cancel);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal(org.Host.Address.Authority, new Uri(ServerUrl().Match(text).Groups[1].Value).Authority);
        return SessionId().Match(text).Groups[1].Value;
    }

    private static async Task<string> RefreshAsync(RunningOrg org)
    {
        var refresh = org.Host.Tokens.Approve("key", org.Host.Users.First.Id, ["api", "refresh_token"]).RefreshToken!;
        var reply = await JsonAsync(await org.TokenAsync(("grant_type", "refresh_token"), ("client_id", "key"), ("client_secret", "secret"), ("refresh_token", refresh)), HttpStatusCode.OK);
        return reply.GetProperty("access_token").GetString()!;
    }

    [GeneratedRegex(@"^api-usage=(\d+)/(\d+)$")]
    private static partial Regex ApiUsage();

    [GeneratedRegex("<serverUrl>([^<]+)</serverUrl>")]
    private static partial Regex ServerUrl();

    [GeneratedRegex("<sessionId>([^<]+)</sessionId>")]
    private static partial Regex SessionId();
}

using System.Net;
using Orgtap.SimulatedOrg.Hosting;
using static Orgtap.Tests.SimulatedOrg.RunningOrg;

namespace Orgtap.Tests.SimulatedOrg.Rest;

public sealed class VersionsAndSessionsTests
{
    [Fact]
    public async Task Versions_need_no_session_and_carry_the_season()
    {
        await using var org = await StartAsync(signIn: false);
        var versions = (await org.GetJsonAsync("/services/data")).EnumerateArray().ToArray();
        Assert.Equal(38, versions.Length);
        Assert.Equal(("68.0", "/services/data/v68.0", "Winter '27"), Row(versions[^1]));
        Assert.Equal(("67.0", "/services/data/v67.0", "Summer '26"), Row(versions[^2]));
        Assert.Equal(("58.0", "/services/data/v58.0", "Summer '23"), Row(versions[^11]));
        Assert.Equal(("31.0", "/services/data/v31.0", "Summer '14"), Row(versions[0]));

        static (string?, string?, string?) Row(System.Text.Json.JsonElement row) =>
            (row.GetProperty("version").GetString(), row.GetProperty("url").GetString(), row.GetProperty("label").GetString());
    }

    [Theory]
    [InlineData("v69.0", 404)]
    [InlineData("v66", 404)]
    [InlineData("vABC", 404)]
    [InlineData("v30.0", 410)]
    [InlineData("v66.0", 200)]
    public async Task Only_offered_versions_are_served(string version, int status)
    {
        await using var org = await StartAsync();
        Assert.Equal(status, (int)(await org.GetAsync("/services/data/" + version)).StatusCode);
    }

    [Fact]
    public async Task An_older_org_offers_no_newer_version()
    {
        await using var org = await StartAsync(options => options with { Oldness = new Oldness { MaxApiVersion = 50.0m } });
        Assert.Equal("50.0", (await org.GetJsonAsync("/services/data")).EnumerateArray().Last().GetProperty("version").GetString());
        Assert.Equal(HttpStatusCode.NotFound, (await org.GetAsync(Root)).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await org.GetAsync("/services/data/v50.0/")).StatusCode);
    }

    [Theory]
    [InlineData("Authorization", "OAuth ")]
    [InlineData("Authorization", "Bearer ")]
    [InlineData("X-SFDC-Session", "")]
    public async Task A_session_may_come_in_the_headers_that_clients_use(string header, string scheme)
    {
        await using var org = await StartAsync(signIn: false);
        Assert.Equal(HttpStatusCode.OK, (await org.GetAsync(Root, (header, scheme + await org.PasswordTokenAsync()))).StatusCode);
    }

    [Fact]
    public async Task Without_a_session_the_answer_is_the_recorded_one()
    {
        var recorded = Fixture("wiremock-rest-create-invalid-token.json").GetProperty("response");
        await using var org = await StartAsync(signIn: false);
        var response = await org.GetAsync(Root + "/limits");
        Assert.Equal(recorded.GetProperty("status").GetInt32(), (int)response.StatusCode);
        Assert.Equal(recorded.GetProperty("body").GetString(), await response.Content.ReadAsStringAsync(Cancel));
        Assert.Equal("Token", response.Headers.WwwAuthenticate.Single().Scheme);
        Assert.False(response.Headers.Contains("Sforce-Limit-Info"));
    }

    [Fact]
    public async Task Versions_come_and_go_while_a_client_works()
    {
        await using var org = await StartAsync();
        Assert.Equal(HttpStatusCode.OK, (await org.GetAsync("/services/data/v59.0/limits")).StatusCode);
        await JsonAsync(await org.ControlAsync(HttpMethod.Post, "/versions", """{"oldest":"60.0","newest":"65.0"}"""), HttpStatusCode.OK);
        Assert.Equal((410, "GONE"), await ErrorAsync(await org.GetAsync("/services/data/v59.0/limits")) is var (retired, gone, _) ? (retired, gone) : default);
        Assert.Equal(404, (await ErrorAsync(await org.GetAsync("/services/data/v66.0/limits"))).Status);
        Assert.Equal(["60.0", "61.0", "62.0", "63.0", "64.0", "65.0"], (await org.GetJsonAsync("/services/data")).EnumerateArray().Select(version => version.GetProperty("version").GetString()));
        Assert.EndsWith("/v65.0/", (await org.GetJsonAsync($"/id/{org.Host.Store.OrganizationId}/{org.Host.Users.First.Id}?version=latest")).GetProperty("urls").GetProperty("rest").GetString());
        Assert.Equal(HttpStatusCode.BadRequest, (await org.ControlAsync(HttpMethod.Post, "/versions", """{"oldest":"70.0"}""")).StatusCode);
        await JsonAsync(await org.ControlAsync(HttpMethod.Post, "/versions", """{"oldest":"31.0","newest":"68.0"}"""), HttpStatusCode.OK);
        Assert.Equal(HttpStatusCode.OK, (await org.GetAsync("/services/data/v66.0/limits")).StatusCode);
    }

    [Fact]
    public async Task A_token_without_the_api_scope_is_not_valid_for_REST()
    {
        await using var org = await StartAsync(signIn: false);
        var session = org.Host.Tokens.Open("key", org.Host.Users.First.Id, ["id"], approval: null);
        var response = await org.GetAsync(Root, ("Authorization", "Bearer " + session.AccessToken));
        Assert.Equal((401, "INVALID_SESSION_ID", "This session is not valid for use with the REST API"), await ErrorAsync(response));
    }

    [Fact]
    public async Task Unknown_resources_are_not_found_in_the_usual_shape()
    {
        await using var org = await StartAsync();
        Assert.Equal((404, "NOT_FOUND", "The requested resource does not exist"), await ErrorAsync(await org.GetAsync(Root + "/nothing/here")));
    }

    [Fact]
    public async Task Addresses_and_headers_beyond_16384_bytes_are_refused_without_a_body()
    {
        await using var org = await StartAsync();
        var response = await org.QueryAsync("SELECT Id FROM Account WHERE Name = '" + new string('x', 16_384) + "'");
        Assert.Equal(HttpStatusCode.RequestUriTooLong, response.StatusCode);
        Assert.Empty(await response.Content.ReadAsByteArrayAsync(Cancel));
    }
}

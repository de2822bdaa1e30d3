using System.Net;
using Orgtap.SimulatedOrg.Control;
using static Orgtap.Tests.SimulatedOrg.RunningOrg;

namespace Orgtap.Tests.SimulatedOrg.Control;

public sealed class ScenarioTests
{
    [Fact]
    public async Task Steps_happen_in_the_order_of_their_times_before_the_next_request()
    {
        await using var org = await StartAsync(options => options with
        {
            Scenario = """
                {
                  // Comments and trailing commas are allowed.
                  "steps": [
                    {"at": "00:30:00", "user": {"username": "ann@example.com", "apiEnabled": false}},
                    {"at": "00:05:00", "fault": {"route": "GET */limits", "duration": "00:05:00", "effect": {"kind": "closed"}}},
                    {"fault": {"route": "GET */limits", "nth": 1, "effect": {"kind": "answer", "status": 500}}},
                    {"at": "00:40:00", "org": {"restApi": false}},
                    {"at": "00:50:00", "tokens": "revoke"},
                  ]
                }
                """,
        });
        Assert.Equal(500, await LimitsAsync(0));
        Assert.Equal(200, await LimitsAsync(0));
        Assert.Equal(503, await LimitsAsync(5));
        Assert.Equal(503, await LimitsAsync(4));
        Assert.Equal(200, await LimitsAsync(1));
        Assert.Equal("API_CURRENTLY_DISABLED", (await ErrorAsync(await AfterAsync(20))).Code);
        Assert.Equal("API_DISABLED_FOR_ORG", (await ErrorAsync(await AfterAsync(10))).Code);
        Assert.Equal(401, await LimitsAsync(10));
        var steps = (await JsonAsync(await org.ControlAsync(HttpMethod.Get, "/scenario"), HttpStatusCode.OK)).EnumerateArray().ToArray();
        Assert.Equal(["fault", "fault", "user", "org", "tokens"], steps.Select(step => step.GetProperty("kind").GetString()));
        Assert.All(steps, step => Assert.True(step.GetProperty("done").GetBoolean()));

        async Task<int> LimitsAsync(int minutes) => (int)(await AfterAsync(minutes)).StatusCode;

        Task<HttpResponseMessage> AfterAsync(int minutes)
        {
            org.Host.Clock.Advance(TimeSpan.FromMinutes(minutes));
            return org.GetAsync(Root + "/limits");
        }
    }

    [Fact]
    public async Task Rows_schema_quota_and_apps_change_too_and_a_step_that_fails_says_why()
    {
        await using var org = await StartAsync(options => options with
        {
            Scenario = """
                {"steps": [
                  {"at": "00:01:00", "change": {"kind": "insert", "object": "Account", "values": {"Name": "From the scenario"}}},
                  {"at": "00:01:00", "schema": {"kind": "hideField", "object": "Account", "field": "Phone"}},
                  {"at": "00:01:00", "quota": {"limit": 77}},
                  {"at": "00:01:00", "app": {"rotateRefreshTokens": true}},
                  {"at": "00:01:00", "change": {"kind": "delete", "object": "Account", "id": "001000000000000AAA"}}
                ]}
                """,
        });
        org.Host.Clock.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal(1, (await org.QueryJsonAsync("SELECT Id FROM Account WHERE Name = 'From the scenario'")).GetProperty("totalSize").GetInt32());
        Assert.Equal("INVALID_FIELD", (await ErrorAsync(await org.QueryAsync("SELECT Phone FROM Account"))).Code);
        Assert.Equal(77, org.Host.Usage.Limit);
        Assert.True(org.Host.Apps.Find("key")!.RotateRefreshTokens);
        var steps = (await JsonAsync(await org.ControlAsync(HttpMethod.Get, "/scenario"))).EnumerateArray().ToArray();
        Assert.All(steps[..4], step => Assert.Null(step.GetProperty("error").GetString()));
        Assert.NotEmpty(steps[4].GetProperty("error").GetString()!);
    }

    [Theory]
    [InlineData("nonsense", "not JSON")]
    [InlineData("[]", "list \"steps\"")]
    [InlineData("""{"steps":[{"at":"00:00:01"}]}""", "Step 1 needs")]
    [InlineData("""{"steps":[{"user":{}},{"at":"soon","user":{}}]}""", "Step 2: \"at\"")]
    [InlineData("""{"steps":[{"fault":{"route":"*","effect":{"kind":"nonsense"}}}]}""", "Step 1: Not a rule")]
    [InlineData("""{"steps":[{"user":{},"org":{}}]}""", "Step 1 needs")]
    public void What_is_no_scenario_is_refused_with_the_number_of_the_step(string json, string words) =>
        Assert.Contains(words, Assert.Throws<FormatException>(() => Scenario.Parse(json)).Message);
}

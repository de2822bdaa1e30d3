using System.Net;
using System.Text.Json;
using Orgtap.SimulatedOrg.Control;
using static Orgtap.Tests.SimulatedOrg.RunningOrg;

namespace Orgtap.Tests.SimulatedOrg.Control;

public sealed class ControlApiTests
{
    [Fact]
    public async Task Without_the_key_nothing_is_done()
    {
        await using var org = await StartAsync();
        Assert.Equal(HttpStatusCode.Unauthorized, (await org.SendAsync(HttpMethod.Post, "/control/clock/advance", """{"by":"01:00:00"}""")).StatusCode);
        Assert.Equal(HttpStatusCode.Unauthorized, (await org.GetAsync("/control/truth/Account", ("X-Control-Key", "guess"))).StatusCode);
        Assert.Equal(Noon, org.Host.Clock.GetUtcNow());
    }

    [Fact]
    public async Task The_clock_is_advanced_and_set_free()
    {
        await using var org = await StartAsync();
        var reply = await JsonAsync(await org.ControlAsync(HttpMethod.Post, "/clock/advance", """{"by":"1.02:00:00"}"""), HttpStatusCode.OK);
        Assert.Equal(Noon.AddHours(26), reply.GetProperty("now").GetDateTimeOffset());
        Assert.True(reply.GetProperty("frozen").GetBoolean());
        Assert.False((await JsonAsync(await org.ControlAsync(HttpMethod.Post, "/clock/run"))).GetProperty("frozen").GetBoolean());
    }

    [Fact]
    public async Task Rows_are_inserted_changed_deleted_and_brought_back()
    {
        await using var org = await StartAsync();
        var store = org.Host.Store;
        var id = await ChangeAsync("""{"kind":"insert","object":"Account","values":{"Name":"New","NumberOfEmployees":7,"AnnualRevenue":1.5,"Website":null}}""");
        Assert.Equal("New", store.Read("Account", id)!["Name"]);
        await ChangeAsync($$"""{"kind":"update","object":"Account","id":"{{id}}","values":{"Name":"Newer"} }""");
        Assert.Equal("Newer", store.Read("Account", id)!["Name"]);
        await ChangeAsync($$"""{"kind":"delete","object":"Account","id":"{{id}}"}""");
        Assert.Equal(true, store.Read("Account", id)!["IsDeleted"]);
        await ChangeAsync($$"""{"kind":"undelete","object":"Account","id":"{{id}}"}""");
        Assert.Equal(false, store.Read("Account", id)!["IsDeleted"]);
        await ChangeAsync($$"""{"kind":"hardDelete","object":"Account","id":"{{id}}"}""");
        Assert.Null(store.Read("Account", id));
        Assert.Equal(HttpStatusCode.BadRequest, (await org.ControlAsync(HttpMethod.Post, "/changes", """{"kind":"explode","object":"Account","id":"x"}""")).StatusCode);

        async Task<string> ChangeAsync(string json) =>
            (await JsonAsync(await org.ControlAsync(HttpMethod.Post, "/changes", json), HttpStatusCode.OK)).GetProperty("id").GetString()!;
    }

    [Fact]
    public async Task Random_changes_follow_from_their_seed()
    {
        await using var first = await StartAsync();
        await using var second = await StartAsync();
        foreach (var org in (RunningOrg[])[first, second])
        {
            var counts = await JsonAsync(await org.ControlAsync(HttpMethod.Post, "/changes/random", """{"count":300,"seed":9,"objects":["Account","Contact"]}"""), HttpStatusCode.OK);
            Assert.All(counts.EnumerateObject(), kind => Assert.True(kind.Value.GetInt32() > 0, kind.Name));
            Assert.Equal(300, counts.EnumerateObject().Sum(kind => kind.Value.GetInt32()));
        }
        string[] fields = ["Id", "Name", "Description", "IsDeleted", "SystemModstamp"];
        Assert.Equal(Rows(first), Rows(second));
        new RandomChanges(first.Host.Store, 10).Apply(10, "Account");
        Assert.NotEqual(Rows(first), Rows(second));

        IEnumerable<string> Rows(RunningOrg org) => org.Host.Store.Truth("Account", fields, includeDeleted: true).Select(row => string.Join('|', row.Values)).ToArray();
    }

    [Fact]
    public async Task Fields_appear_vanish_and_hide()
    {
        await using var org = await StartAsync();
        await SchemaAsync("""{"kind":"addField","object":"Account","field":"Score__c","type":"double","precision":10,"scale":3}""");
        Assert.Equal(("double", 3), (org.Host.Store.Schema.Find("Account")!.Field("Score__c")!.Type, org.Host.Store.Schema.Find("Account")!.Field("Score__c")!.Scale));
        Assert.Equal(HttpStatusCode.OK, (await org.QueryAsync("SELECT Score__c FROM Account LIMIT 1")).StatusCode);
        await SchemaAsync("""{"kind":"removeField","object":"Account","field":"Score__c"}""");
        await SchemaAsync("""{"kind":"hideField","object":"Account","field":"Phone"}""");
        await SchemaAsync("""{"kind":"hideObject","object":"Contact"}""");
        Assert.Equal("INVALID_FIELD", (await ErrorAsync(await org.QueryAsync("SELECT Score__c FROM Account"))).Code);
        Assert.Equal("INVALID_FIELD", (await ErrorAsync(await org.QueryAsync("SELECT Phone FROM Account"))).Code);
        Assert.Equal("INVALID_TYPE", (await ErrorAsync(await org.QueryAsync("SELECT Id FROM Contact"))).Code);
        await SchemaAsync("""{"kind":"hideObject","object":"Contact","hidden":false}""");
        Assert.Equal(HttpStatusCode.OK, (await org.QueryAsync("SELECT Id FROM Contact")).StatusCode);

        async Task SchemaAsync(string json) => await JsonAsync(await org.ControlAsync(HttpMethod.Post, "/schema", json), HttpStatusCode.OK);
    }

    [Fact]
    public async Task Quota_tokens_and_users_are_at_its_mercy()
    {
        await using var org = await StartAsync();
        var quota = await JsonAsync(await org.ControlAsync(HttpMethod.Post, "/quota", """{"limit":200,"background":150,"count":20}"""), HttpStatusCode.OK);
        Assert.Equal((200, 170), (quota.GetProperty("limit").GetInt64(), quota.GetProperty("used").GetInt64()));
        await org.ControlAsync(HttpMethod.Post, "/tokens/expire");
        Assert.Equal(HttpStatusCode.Unauthorized, (await org.GetAsync(Root)).StatusCode);
        await org.ControlAsync(HttpMethod.Post, "/users", """{"username":"ann@example.com","active":false}""");
        await Assert.ThrowsAsync<KeyNotFoundException>(org.PasswordTokenAsync);
    }

    [Fact]
    public async Task Faults_are_added_listed_and_removed_as_JSON()
    {
        await using var org = await StartAsync();
        var added = await JsonAsync(await org.ControlAsync(HttpMethod.Post, "/faults", """{"route":"GET */limits","nth":1,"effect":{"kind":"answer","status":500,"body":"<html>"}}"""), HttpStatusCode.OK);
        Assert.Equal(HttpStatusCode.InternalServerError, (await org.GetAsync(Root + "/limits")).StatusCode);
        var listed = (await JsonAsync(await org.ControlAsync(HttpMethod.Get, "/faults")))[0];
        Assert.Equal((1, "answer"), (listed.GetProperty("fired").GetInt32(), listed.GetProperty("rule").GetProperty("effect").GetProperty("kind").GetString()));
        await org.ControlAsync(HttpMethod.Delete, "/faults/" + added.GetProperty("number").GetInt32());
        Assert.Empty(org.Host.Faults.Rules);
        Assert.Equal(HttpStatusCode.BadRequest, (await org.ControlAsync(HttpMethod.Post, "/faults", """{"route":"*","effect":{"kind":"nonsense"}}""")).StatusCode);
    }

    [Fact]
    public async Task The_log_tells_what_was_asked_and_what_it_cost_without_secrets()
    {
        await using var org = await StartAsync();
        await org.ControlAsync(HttpMethod.Delete, "/requests");
        await org.GetAsync(Root + "/limits");
        await org.QueryAsync("SELECT Id FROM Contact");
        await org.GetAsync("/services/oauth2/userinfo?oauth_token=very-secret");
        var log = await JsonAsync(await org.ControlAsync(HttpMethod.Get, "/requests"));
        Assert.Equal(["limits", "query", "userinfo"], log.GetProperty("entries").EnumerateArray().Select(entry => entry.GetProperty("kind").GetString()));
        Assert.Equal([1, 1, 0], log.GetProperty("entries").EnumerateArray().Select(entry => entry.GetProperty("calls").GetInt32()));
        Assert.Equal(1, log.GetProperty("counts").GetProperty("query").GetInt64());
        Assert.DoesNotContain("very-secret", log.ToString());
    }

    [Fact]
    public async Task The_truth_comes_as_lines_of_canonical_texts()
    {
        await using var org = await StartAsync();
        org.Host.Store.Delete("Contact", org.Host.Store.RandomId("Contact", new Random(1))!);
        var response = await org.ControlAsync(HttpMethod.Get, "/truth/Contact?fields=Id,Email,IsDeleted&includeDeleted=true");
        var lines = (await response.Content.ReadAsStringAsync(Cancel)).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        var truth = org.Host.Store.Truth("Contact", ["Id", "Email", "IsDeleted"], includeDeleted: true).Select(row => row.Values).ToArray();
        Assert.Equal(truth, lines.Select(line => JsonSerializer.Deserialize<string?[]>(line)!));
        Assert.Equal(HttpStatusCode.BadRequest, (await org.ControlAsync(HttpMethod.Get, "/truth/Contact?fields=Nothing")).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await org.ControlAsync(HttpMethod.Get, "/truth/Account")).StatusCode);
    }
}

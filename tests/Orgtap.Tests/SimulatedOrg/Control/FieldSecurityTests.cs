using System.Net;
using System.Text.Json;
using Orgtap.Tests.SimulatedOrg.Streaming;
using static Orgtap.Tests.SimulatedOrg.RunningOrg;

namespace Orgtap.Tests.SimulatedOrg.Control;

public sealed class FieldSecurityTests
{
    [Fact]
    public async Task A_field_hidden_from_one_user_is_absent_for_him_and_there_for_the_others()
    {
        await using var org = await StartAsync();
        var bob = await org.BobAsync();
        await SchemaAsync(org, """{"kind":"hideField","object":"account","field":"phone","user":"bob@example.com"}""");

        Assert.DoesNotContain("Phone", await FieldsAsync(org, bob));
        Assert.Contains("Phone", await FieldsAsync(org));
        Assert.Equal("INVALID_FIELD", (await ErrorAsync(await QueryAsync(org, "SELECT Phone FROM Account LIMIT 1", bob))).Code);
        Assert.Equal("INVALID_FIELD", (await ErrorAsync(await QueryAsync(org, "SELECT Account.Phone FROM Contact LIMIT 1", bob))).Code);
        Assert.Equal(HttpStatusCode.OK, (await QueryAsync(org, "SELECT Phone FROM Account LIMIT 1")).StatusCode);
        var all = (await JsonAsync(await QueryAsync(org, "SELECT FIELDS(STANDARD) FROM Account LIMIT 1", bob), HttpStatusCode.OK)).GetProperty("records")[0];
        Assert.False(all.TryGetProperty("Phone", out _));

        await SchemaAsync(org, """{"kind":"hideField","object":"Account","field":"Phone","user":"bob@example.com","hidden":false}""");
        Assert.Contains("Phone", await FieldsAsync(org, bob));
    }

    [Fact]
    public async Task An_object_hidden_from_one_user_is_neither_listed_nor_queried_nor_exported_by_him()
    {
        await using var org = await StartAsync();
        var bob = await org.BobAsync();
        await SchemaAsync(org, """{"kind":"hideObject","object":"Contact","user":"bob@example.com"}""");
        Assert.DoesNotContain("Contact", await ObjectsAsync(org, bob));
        Assert.Contains("Contact", await ObjectsAsync(org));
        Assert.Equal("INVALID_TYPE", (await ErrorAsync(await QueryAsync(org, "SELECT Id FROM Contact", bob))).Code);
        Assert.Equal(HttpStatusCode.NotFound, (await SendAsync(org, HttpMethod.Get, Root + "/sobjects/Contact/describe", null, bob)).StatusCode);
        const string Job = """{"operation":"query","query":"SELECT Id FROM Contact"}""";
        Assert.Equal(HttpStatusCode.BadRequest, (await SendAsync(org, HttpMethod.Post, Root + "/jobs/query", Job, bob)).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await org.SendAsync(HttpMethod.Post, Root + "/jobs/query", Job)).StatusCode);
    }

    [Fact]
    public async Task What_everybody_may_not_see_stays_hidden_too_and_describe_is_no_longer_unchanged()
    {
        await using var org = await StartAsync();
        var bob = await org.BobAsync();
        using var before = await SendAsync(org, HttpMethod.Get, Root + "/sobjects/Account/describe", null, bob);
        var unchangedSince = ("If-Modified-Since", before.Content.Headers.LastModified!.Value.ToString("R"));
        org.Host.Clock.Advance(TimeSpan.FromSeconds(2));
        Assert.Equal(HttpStatusCode.NotModified, (await SendAsync(org, HttpMethod.Get, Root + "/sobjects/Account/describe", null, bob, unchangedSince)).StatusCode);
        await SchemaAsync(org, """{"kind":"hideField","object":"Account","field":"Phone","user":"bob@example.com"}""");
        await SchemaAsync(org, """{"kind":"hideField","object":"Account","field":"Fax"}""");
        Assert.Equal(HttpStatusCode.OK, (await SendAsync(org, HttpMethod.Get, Root + "/sobjects/Account/describe", null, bob, unchangedSince)).StatusCode);
        var fields = await FieldsAsync(org, bob);
        Assert.DoesNotContain("Phone", fields);
        Assert.DoesNotContain("Fax", fields);
        Assert.DoesNotContain("Fax", await FieldsAsync(org));
    }

    [Theory]
    [InlineData("""{"kind":"hideField","object":"Account","field":"Phone","user":"nobody"}""", "no user nobody")]
    [InlineData("""{"kind":"hideField","object":"Account","field":"Nope","user":"ann@example.com"}""", "Account has no Nope")]
    [InlineData("""{"kind":"removeField","object":"Account","field":"Phone","user":"ann@example.com"}""", "not with removeField")]
    public async Task What_makes_no_sense_is_explained(string json, string words)
    {
        await using var org = await StartAsync(signIn: false);
        Assert.Contains(words, (await JsonAsync(await org.ControlAsync(HttpMethod.Post, "/schema", json), HttpStatusCode.BadRequest)).GetProperty("error").GetString());
    }

    [Fact]
    public async Task A_hidden_field_is_hidden_in_composite_calls_exports_and_change_events_too()
    {
        await using var org = await StartAsync();
        var bob = await org.BobAsync();
        await SchemaAsync(org, """{"kind":"hideField","object":"Account","field":"Phone","user":"bob@example.com"}""");

        const string Both = """{"compositeRequest":[{"method":"GET","url":"/services/data/v66.0/query?q=SELECT+Phone+FROM+Account+LIMIT+1","referenceId":"a"},{"method":"GET","url":"/services/data/v66.0/sobjects/Account/describe","referenceId":"b"}]}""";
        var parts = (await JsonAsync(await org.AsAsync(bob, HttpMethod.Post, Root + "/composite", Both), HttpStatusCode.OK)).GetProperty("compositeResponse");
        Assert.Equal("INVALID_FIELD", parts[0].GetProperty("body")[0].GetProperty("errorCode").GetString());
        Assert.DoesNotContain("Phone", Names(parts[1].GetProperty("body").GetProperty("fields")));

        const string Job = """{"operation":"query","query":"SELECT Id, Phone FROM Account"}""";
        Assert.Equal(HttpStatusCode.BadRequest, (await org.AsAsync(bob, HttpMethod.Post, Root + "/jobs/query", Job)).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await org.SendAsync(HttpMethod.Post, Root + "/jobs/query", Job)).StatusCode);

        using var his = await BayeuxClient.HandshakeAsync(org, token: bob);
        using var hers = await BayeuxClient.HandshakeAsync(org);
        foreach (var client in new[] { his, hers }) await client.SubscribeAsync("/data/AccountChangeEvent", -1);
        org.Host.Store.Update("Account", org.Host.Store.Truth("Account", ["Name"], false).First().Id, new Dictionary<string, object?> { ["Phone"] = "+1 555 0100", ["Fax"] = "+1 555 0101" });
        var (seen, whole) = (Assert.Single(await his.EventsAsync()).GetProperty("payload"), Assert.Single(await hers.EventsAsync()).GetProperty("payload"));
        Assert.False(seen.TryGetProperty("Phone", out _));
        Assert.DoesNotContain("Phone", seen.GetRawText(), StringComparison.Ordinal);
        Assert.Equal(("+1 555 0101", "+1 555 0100"), (seen.GetProperty("Fax").GetString(), whole.GetProperty("Phone").GetString()));
    }

    private static async Task SchemaAsync(RunningOrg org, string json) => await JsonAsync(await org.ControlAsync(HttpMethod.Post, "/schema", json), HttpStatusCode.OK);

    private static Task<HttpResponseMessage> SendAsync(RunningOrg org, HttpMethod method, string path, string? json, string? token, params (string, string)[] headers) => org.AsAsync(token, method, path, json, headers);

    private static Task<HttpResponseMessage> QueryAsync(RunningOrg org, string soql, string? token = null) =>
        SendAsync(org, HttpMethod.Get, $"{Root}/query?q={Uri.EscapeDataString(soql)}", null, token);

    private static async Task<string?[]> FieldsAsync(RunningOrg org, string? token = null) =>
        Names((await JsonAsync(await SendAsync(org, HttpMethod.Get, Root + "/sobjects/Account/describe", null, token), HttpStatusCode.OK)).GetProperty("fields"));

    private static async Task<string?[]> ObjectsAsync(RunningOrg org, string? token = null) =>
        Names((await JsonAsync(await SendAsync(org, HttpMethod.Get, Root + "/sobjects", null, token), HttpStatusCode.OK)).GetProperty("sobjects"));

    private static string?[] Names(JsonElement list) => [.. list.EnumerateArray().Select(one => one.GetProperty("name").GetString())];
}

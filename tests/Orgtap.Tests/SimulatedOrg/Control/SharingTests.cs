using System.Net;
using System.Text.Json;
using Orgtap.Tests.SimulatedOrg.Streaming;
using static Orgtap.Tests.SimulatedOrg.RunningOrg;

namespace Orgtap.Tests.SimulatedOrg.Control;

/// <summary>Rows that sharing shows to some users and not to others.</summary>
public sealed class SharingTests : IAsyncLifetime
{
    private RunningOrg _org = null!;
    private string _bob = "";

    public async ValueTask InitializeAsync()
    {
        _org = await StartAsync();
        _bob = await _org.BobAsync();
    }

    public ValueTask DisposeAsync() => _org.DisposeAsync();

    [Fact]
    public async Task A_row_hidden_from_one_user_is_there_for_the_others()
    {
        var id = _org.Host.Store.Truth("Account", ["Name"], false).First().Id;
        await ControlAsync("/changes", $$"""{"kind":"hide","object":"Account","id":"{{id}}","user":"bob@example.com"}""");

        Assert.Equal((0, 1), (await CountAsync($"SELECT Id FROM Account WHERE Id = '{id}'", _bob), await CountAsync($"SELECT Id FROM Account WHERE Id = '{id}'")));
        Assert.Equal(await CountAsync("SELECT Id FROM Account") - 1, await CountAsync("SELECT Id FROM Account", _bob));
        Assert.Equal(HttpStatusCode.NotFound, (await _org.AsAsync(_bob, HttpMethod.Get, $"{Root}/sobjects/Account/{id}")).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await _org.GetAsync($"{Root}/sobjects/Account/{id}")).StatusCode);

        await ControlAsync("/changes", $$"""{"kind":"show","object":"Account","id":"{{id}}","user":"bob@example.com"}""");
        Assert.Equal(1, await CountAsync($"SELECT Id FROM Account WHERE Id = '{id}'", _bob));
    }

    [Fact]
    public async Task Under_private_sharing_a_user_sees_what_he_owns_in_queries_exports_counts_and_lists_of_deleted_records()
    {
        var bobsId = _org.Host.Users.Find("bob@example.com")!.Id;
        string[] his = [.. _org.Host.Store.Truth("Account", ["Name"], false).Skip(5).Take(7).Select(row => row.Id)];
        foreach (var id in his) _org.Host.Store.Update("Account", id, new Dictionary<string, object?> { ["OwnerId"] = bobsId });
        await ControlAsync("/sharing", """{"user":"bob@example.com","object":"account","rows":"owned"}""");

        Assert.Equal(7, await CountAsync("SELECT Id FROM Account", _bob));
        Assert.Equal(7, (await JsonAsync(await QueryAsync("SELECT COUNT() FROM Account", _bob))).GetProperty("totalSize").GetInt64());
        Assert.Equal(7, (await JsonAsync(await QueryAsync("SELECT COUNT(Id) n FROM Account", _bob))).GetProperty("records")[0].GetProperty("n").GetInt64());
        Assert.True(await CountAsync("SELECT Id FROM Account") > 2_000);

        var job = await JsonAsync(await _org.AsAsync(_bob, HttpMethod.Post, Root + "/jobs/query", """{"operation":"query","query":"SELECT Id FROM Account"}"""), HttpStatusCode.OK);
        var csv = await (await _org.AsAsync(_bob, HttpMethod.Get, $"{Root}/jobs/query/{job.GetProperty("id").GetString()}/results")).Content.ReadAsStringAsync(Cancel);
        Assert.Equal(his.Order(), csv.Split('\n', StringSplitOptions.RemoveEmptyEntries).Skip(1).Select(line => line.Trim('"', '\r')).Order());

        _org.Host.Store.Delete("Account", his[0]);
        _org.Host.Store.Delete("Account", _org.Host.Store.Truth("Account", ["Name"], false).Skip(50).First().Id);
        var window = $"?start={Uri.EscapeDataString("2026-06-01T11:00:00+00:00")}&end={Uri.EscapeDataString("2026-06-01T12:30:00+00:00")}";
        _org.Host.Clock.Advance(TimeSpan.FromHours(1));
        var deleted = (await JsonAsync(await _org.AsAsync(_bob, HttpMethod.Get, $"{Root}/sobjects/Account/deleted/{window}"), HttpStatusCode.OK)).GetProperty("deletedRecords");
        Assert.Equal(his[0], Assert.Single(deleted.EnumerateArray()).GetProperty("id").GetString());

        await ControlAsync("/sharing", """{"user":"bob@example.com","object":"Account","rows":"all"}""");
        Assert.True(await CountAsync("SELECT Id FROM Account", _bob) > 2_000);
    }

    [Fact]
    public async Task Change_events_ignore_sharing_as_Salesforces_do()
    {
        await ControlAsync("/sharing", """{"user":"bob@example.com","object":"Account","rows":"owned"}""");
        using var his = await BayeuxClient.HandshakeAsync(_org, token: _bob);
        await his.SubscribeAsync("/data/AccountChangeEvent", -1);
        _org.Host.Store.Insert("Account", new Dictionary<string, object?> { ["Name"] = "Somebody else's" });
        Assert.Single(await his.EventsAsync());
    }

    [Theory]
    [InlineData("""{"user":"nobody","object":"Account","rows":"owned"}""", "no user nobody")]
    [InlineData("""{"user":"bob@example.com","object":"Account","rows":"some"}""", "neither owned nor all")]
    [InlineData("""{"user":"bob@example.com","object":"CaseStatus","rows":"owned"}""", "has no OwnerId")]
    public async Task What_makes_no_sense_is_explained(string json, string words) =>
        Assert.Contains(words, (await JsonAsync(await _org.ControlAsync(HttpMethod.Post, "/sharing", json), HttpStatusCode.BadRequest)).GetProperty("error").GetString(), StringComparison.Ordinal);

    private async Task ControlAsync(string path, string json) => await JsonAsync(await _org.ControlAsync(HttpMethod.Post, path, json), HttpStatusCode.OK);

    private Task<HttpResponseMessage> QueryAsync(string soql, string? token = null) => _org.AsAsync(token, HttpMethod.Get, $"{Root}/query?q={Uri.EscapeDataString(soql)}");

    private async Task<long> CountAsync(string soql, string? token = null) => (await JsonAsync(await QueryAsync(soql, token), HttpStatusCode.OK)).GetProperty("totalSize").GetInt64();
}

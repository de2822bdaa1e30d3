using System.Text.Json;
using Orgtap.SimulatedOrg.Faults;

namespace Orgtap.Tests.SimulatedOrg.Streaming;

/// <summary>Change events as a client sees them, and everything that Salesforce refuses or lets go wrong about them.</summary>
public sealed class CometdTests
{
    private const string Accounts = "/data/AccountChangeEvent";

    [Fact]
    public async Task A_held_connect_ends_when_something_changes()
    {
        await using var org = await RunningOrg.StartAsync();
        using var client = await BayeuxClient.HandshakeAsync(org);
        await client.SubscribeAsync(Accounts, -1);
        var held = client.ConnectAsync(wait: true);

        var id = Insert(org, "one");

        var messages = await held;
        Assert.Equal(id, messages[0].GetProperty("data").Header().GetProperty("recordIds")[0].GetString());
        Assert.True(messages[^1].GetProperty("successful").GetBoolean());
    }

    [Fact]
    public async Task A_connect_without_events_is_held_for_110_seconds_on_the_orgs_clock()
    {
        await using var org = await RunningOrg.StartAsync();
        using var client = await BayeuxClient.HandshakeAsync(org);
        var before = org.Host.Requests.Entries.Count;
        var held = client.ConnectAsync(wait: true);
        while (!org.Host.Clock.HasTimers) await Task.Yield();

        org.Host.Clock.Advance(TimeSpan.FromSeconds(109));
        Assert.Equal(before, org.Host.Requests.Entries.Count);
        org.Host.Clock.Advance(TimeSpan.FromSeconds(1));

        Assert.Single(await held);
    }

    [Theory]
    [InlineData("UPDATE", "GAP_UPDATE", "001000000000001AAA")]
    [InlineData("OVERFLOW", "GAP_OVERFLOW", "000000000000000AAA")]
    public async Task A_gap_is_told_without_fields(string change, string kind, string id)
    {
        await using var org = await RunningOrg.StartAsync();
        using var client = await BayeuxClient.HandshakeAsync(org);
        await client.SubscribeAsync(Accounts, -1);

        using (await org.ControlAsync(HttpMethod.Post, "/events", $$"""{"kind":"gap","object":"Account","change":"{{change}}","ids":["001000000000001AAA"]}""")) { }

        var gap = Assert.Single(await client.EventsAsync());
        Assert.Equal((kind, id), (gap.Kind(), gap.Header().GetProperty("recordIds")[0].GetString()));
        Assert.Equal(["ChangeEventHeader"], gap.GetProperty("payload").EnumerateObject().Select(member => member.Name));
    }

    [Fact]
    public async Task Replay_brings_what_is_retained_and_only_what_came_later()
    {
        await using var org = await RunningOrg.StartAsync();
        Insert(org, "a");
        Insert(org, "b");
        using var first = await BayeuxClient.HandshakeAsync(org);
        await first.SubscribeAsync(Accounts, -2);
        var all = await first.EventsAsync();
        using var second = await BayeuxClient.HandshakeAsync(org);
        await second.SubscribeAsync(Accounts, all[0].ReplayId());
        using var third = await BayeuxClient.HandshakeAsync(org);
        await third.SubscribeAsync(Accounts, -1);

        Assert.Equal(["a", "b"], all.Select(data => data.GetProperty("payload").GetProperty("Name").GetString()));
        Assert.Equal(all[1].ReplayId(), Assert.Single(await second.EventsAsync()).ReplayId());
        Assert.Empty(await third.EventsAsync());
        Assert.Empty(await first.EventsAsync());
    }

    [Fact]
    public async Task Events_older_than_72_hours_are_gone_and_their_replay_id_is_refused()
    {
        await using var org = await RunningOrg.StartAsync();
        Insert(org, "old");
        using var first = await BayeuxClient.HandshakeAsync(org);
        await first.SubscribeAsync(Accounts, -2);
        var old = Assert.Single(await first.EventsAsync()).ReplayId();
        org.Host.Clock.Advance(TimeSpan.FromHours(73));
        Insert(org, "new");

        using var second = await BayeuxClient.HandshakeAsync(org);
        Assert.StartsWith($"400::The replayId {{{old}}} you provided was invalid", (await second.SubscribeAsync(Accounts, old)).Error(), StringComparison.Ordinal);
        await second.SubscribeAsync(Accounts, -2);
        Assert.Equal("new", Assert.Single(await second.EventsAsync()).GetProperty("payload").GetProperty("Name").GetString());
    }

    [Fact]
    public async Task A_client_that_stays_away_too_long_or_loses_its_cookie_is_unknown()
    {
        await using var org = await RunningOrg.StartAsync();
        using var slow = await BayeuxClient.HandshakeAsync(org);
        using var forgetful = await BayeuxClient.HandshakeAsync(org, keepsCookies: false);

        var lost = Assert.Single(await forgetful.ConnectAsync());
        org.Host.Clock.Advance(TimeSpan.FromSeconds(41));
        var late = Assert.Single(await slow.ConnectAsync());

        Assert.Equal(("403::Unknown client", "handshake"), (lost.Error(), lost.Reconnect()));
        Assert.Equal(("403::Unknown client", "handshake"), (late.Error(), late.Reconnect()));
    }

    [Fact]
    public async Task Revoking_the_session_ends_the_stream()
    {
        await using var org = await RunningOrg.StartAsync();
        using var client = await BayeuxClient.HandshakeAsync(org);
        org.Host.Tokens.RevokeAll();

        var reply = Assert.Single(await client.ConnectAsync());

        Assert.Equal(("401::Authentication invalid", "none"), (reply.Error(), reply.Reconnect()));
    }

    [Fact]
    public async Task A_handshake_without_a_token_says_so()
    {
        await using var org = await RunningOrg.StartAsync();
        using var client = new BayeuxClient(org, token: null);

        var reply = Assert.Single(await client.SendAsync("""{"channel":"/meta/handshake","version":"1.0"}"""));

        Assert.Equal("403::Handshake denied", reply.Error());
        Assert.Equal("401::Request requires authentication", reply.GetProperty("ext").GetProperty("sfdc").GetProperty("failureReason").GetString());
    }

    [Fact]
    public async Task An_object_the_user_may_not_read_has_no_events_for_him()
    {
        await using var org = await RunningOrg.StartAsync();
        org.Host.Store.Schema.HideObject("Account", hidden: true);
        using var client = await BayeuxClient.HandshakeAsync(org);

        Assert.Equal("403:denied_by_security_policy:create_denied", (await client.SubscribeAsync(Accounts, -1)).Error());
    }

    [Fact]
    public async Task The_days_events_can_be_used_up()
    {
        await using var org = await RunningOrg.StartAsync();
        org.Host.Changes.DailyLimit = 1;
        using var client = await BayeuxClient.HandshakeAsync(org);
        await client.SubscribeAsync(Accounts, -1);
        Insert(org, "one");
        Assert.Single(await client.EventsAsync());

        Assert.Equal("403::Organization total events daily limit exceeded", Assert.Single(await client.ConnectAsync()).Error());
        org.Host.Clock.Advance(TimeSpan.FromHours(24));
        using var tomorrow = await BayeuxClient.HandshakeAsync(org);
        Assert.True((await tomorrow.SubscribeAsync(Accounts, -1)).GetProperty("successful").GetBoolean());
    }

    [Fact]
    public async Task A_fault_rule_refuses_messages_in_Salesforces_words()
    {
        await using var org = await RunningOrg.StartAsync();
        using var client = await BayeuxClient.HandshakeAsync(org);
        org.Host.Faults.Add("POST /cometd/*", new FaultEffect.StreamError("503::Server is too busy"), times: 1);

        var refused = Assert.Single(await client.ConnectAsync());

        Assert.Equal(("503::Server is too busy", "retry"), (refused.Error(), refused.Reconnect()));
        Assert.True(Assert.Single(await client.ConnectAsync()).GetProperty("successful").GetBoolean());
    }

    [Fact]
    public async Task A_fault_rule_sends_events_twice()
    {
        await using var org = await RunningOrg.StartAsync();
        using var client = await BayeuxClient.HandshakeAsync(org);
        await client.SubscribeAsync(Accounts, -1);
        Insert(org, "once");
        var sent = Assert.Single(await client.EventsAsync());
        org.Host.Faults.Add("POST /cometd/*", new FaultEffect.RepeatEvents(), times: 1);

        Assert.Equal(sent.ReplayId(), Assert.Single(await client.EventsAsync()).ReplayId());
        Assert.Empty(await client.EventsAsync());
    }

    [Fact]
    public async Task A_hard_delete_and_a_merge_are_told_and_changes_of_sharing_are_not()
    {
        await using var org = await RunningOrg.StartAsync();
        var (winner, loser, third) = (Insert(org, "winner"), Insert(org, "loser"), Insert(org, "third"));
        using var client = await BayeuxClient.HandshakeAsync(org);
        await client.SubscribeAsync(Accounts, -1);

        org.Host.Store.Merge("Account", winner, loser);
        org.Host.Store.HardDelete("Account", third);
        org.Host.Store.HardDelete("Account", loser);
        org.Host.Store.Share("Account", winner, visible: false);
        var events = await client.EventsAsync();

        Assert.Equal([("DELETE", loser), ("DELETE", third)], events.Where(data => data.Kind() == "DELETE").Select(data => (data.Kind(), IdOf(data))));
        Assert.All(events, data => Assert.Contains(data.Kind(), new[] { "DELETE", "UPDATE" }));
    }

    [Fact]
    public async Task Replay_ids_ascend_with_gaps_and_sequence_and_stamps_are_those_of_the_change()
    {
        await using var org = await RunningOrg.StartAsync();
        for (var i = 0; i < 20; i++) Insert(org, "n" + i);
        using var client = await BayeuxClient.HandshakeAsync(org);
        await client.SubscribeAsync("/data/ChangeEvents", -2);

        var events = await client.EventsAsync();

        var ids = events.Select(data => data.ReplayId()).ToArray();
        Assert.Equal(20, ids.Length);
        Assert.Equal(ids.Order(), ids);
        Assert.True(ids[^1] - ids[0] > 19);
        Assert.All(events, data => Assert.Equal(RunningOrg.Noon.ToUnixTimeMilliseconds(), data.Header().GetProperty("commitTimestamp").GetInt64()));
    }

    private static string IdOf(JsonElement data) => data.Header().GetProperty("recordIds")[0].GetString()!;

    private static string Insert(RunningOrg org, string name) => org.Host.Store.Insert("Account", new Dictionary<string, object?> { ["Name"] = name });
}

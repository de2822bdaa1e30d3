using System.Net;
using System.Text.Json;
using Orgtap.SimulatedOrg.Data.Conversations;

namespace Orgtap.Tests.SimulatedOrg.Conversations;

public sealed class ConversationEntryTests : IAsyncLifetime
{
    private RunningOrg _org = null!;

    public async ValueTask InitializeAsync() => _org = await RunningOrg.StartAsync(options => options with
    {
        Records = new Dictionary<string, long>
        {
            ["User"] = 5, ["MessagingChannel"] = 7, ["MessagingEndUser"] = 20, ["MessagingSession"] = 90, ["Conversation"] = 72, ["VoiceCall"] = 12,
            ["ConversationParticipant"] = 216, ["ConversationEntry"] = 800, ["Case"] = 20,
        },
    });

    public ValueTask DisposeAsync() => _org.DisposeAsync();

    [Fact]
    public async Task The_way_from_a_session_to_its_text_is_the_documented_one()
    {
        var session = (await RecordsAsync("SELECT Id, ConversationId FROM MessagingSession WHERE ConversationId != null LIMIT 1"))[0];
        var conversation = (await RecordsAsync($"SELECT ConversationIdentifier FROM Conversation WHERE Id = '{session.GetProperty("ConversationId").GetString()}'"))[0];
        var entries = await EntriesAsync(conversation.GetProperty("ConversationIdentifier").GetString()!, "?recordLimit=1000");
        Assert.Contains(entries, entry => entry.GetProperty("relatedRecords")[0].GetString() == session.GetProperty("Id").GetString() && entry.GetProperty("messageText").GetString() != "");
        Assert.All(entries, entry => Assert.Equal(["clientDuration", "clientTimestamp", "identifier", "messageText", "relatedRecords", "sender", "serverReceivedTimestamp"],
            entry.EnumerateObject().Select(member => member.Name)));
    }

    [Fact]
    public async Task The_object_has_no_text_for_enhanced_sessions_but_has_it_for_legacy_ones_and_calls()
    {
        var entries = await RecordsAsync("SELECT ConversationId, EntryType, Message FROM ConversationEntry");
        var legacy = (await RecordsAsync("SELECT Id FROM MessagingSession WHERE ConversationId = null")).Select(row => row.GetProperty("Id").GetString()!).ToHashSet();
        foreach (var entry in entries.Where(entry => entry.GetProperty("EntryType").GetString() == "Text"))
        {
            var parent = entry.GetProperty("ConversationId").GetString()!;
            var hasText = entry.GetProperty("Message").ValueKind == JsonValueKind.String;
            if (parent.StartsWith("0LQ", StringComparison.Ordinal)) Assert.True(hasText);
            else if (hasText) Assert.Contains(parent, legacy);
        }
        Assert.Contains(entries, entry => entry.GetProperty("Message").ValueKind == JsonValueKind.String && legacy.Contains(entry.GetProperty("ConversationId").GetString()!));
        Assert.Contains(entries, entry => entry.GetProperty("Message").ValueKind == JsonValueKind.Null && entry.GetProperty("EntryType").GetString() == "Text");
    }

    [Fact]
    public async Task One_conversation_spans_several_sessions()
    {
        var conversations = (await RecordsAsync("SELECT Id, ConversationId FROM MessagingSession WHERE ConversationId != null")).GroupBy(row => row.GetProperty("ConversationId").GetString()!);
        var shared = conversations.First(sessions => sessions.Count() == 2);
        var entries = await EntriesAsync(await IdentifierAsync(shared.Key), "?recordLimit=1000");
        Assert.Equal(shared.Select(row => row.GetProperty("Id").GetString()).Order(), entries.Select(entry => entry.GetProperty("relatedRecords")[0].GetString()).Distinct().Order());
    }

    [Fact]
    public async Task Pages_are_unordered_pieces_from_either_end_of_a_span_of_time()
    {
        var identifier = await IdentifierOfLongAsync();
        var truth = _org.Host.Store.Conversations.Entries(identifier)!;
        Assert.True(truth.Count > 1_000);
        var usual = await EntriesAsync(identifier, "");
        Assert.Equal(truth.TakeLast(25).Select(entry => entry.Identifier).Order(), usual.Select(Identifier).Order());
        Assert.NotEqual(usual.Select(Stamp).Order(), usual.Select(Stamp));

        var all = new Dictionary<string, JsonElement>();
        for (var from = 0L; ;)
        {
            var page = await EntriesAsync(identifier, $"?recordLimit=1000&queryDirection=FromStart&startTimestamp={from}");
            foreach (var entry in page) all[Identifier(entry)] = entry;
            if (page.Count < 1_000) break;
            from = page.Max(Stamp);
        }
        Assert.Equal(truth.Select(entry => entry.Identifier).Order(), all.Keys.Order());
        var middle = truth[truth.Count / 2].Turn.At.ToUnixTimeMilliseconds();
        Assert.All(await EntriesAsync(identifier, $"?recordLimit=1000&endTimestamp={middle}"), entry => Assert.True(Stamp(entry) <= middle));
    }

    [Fact]
    public async Task Texts_of_every_kind_are_among_them()
    {
        var texts = new List<JsonElement>();
        foreach (var conversation in await RecordsAsync("SELECT ConversationIdentifier FROM Conversation"))
            texts.AddRange(await EntriesAsync(conversation.GetProperty("ConversationIdentifier").GetString()!, "?recordLimit=1000"));
        string Text(JsonElement entry) => entry.GetProperty("messageText").GetString()!;
        string Role(JsonElement entry) => entry.GetProperty("sender").GetProperty("role").GetString()!;
        Assert.Equal(["Agent", "Chatbot", "EndUser", "System"], texts.Select(Role).Distinct().Order());
        Assert.Contains(texts, entry => Text(entry).Contains("\r\n", StringComparison.Ordinal));
        Assert.Contains(texts, entry => Text(entry).Contains("<i>no markup</i> &amp;", StringComparison.Ordinal));
        Assert.Contains(texts, entry => Text(entry).Length == 0 && Role(entry) != "System");
        Assert.Contains(texts.GroupBy(entry => (entry.GetProperty("relatedRecords")[0].GetString(), Stamp(entry))), together => together.Count() > 1);
        Assert.Contains(texts, entry => entry.GetProperty("clientTimestamp").GetInt64() != Stamp(entry));
        Assert.Contains(texts, entry => entry.GetProperty("relatedRecords")[0].GetString()!.StartsWith("0LQ", StringComparison.Ordinal) && Text(entry).Length > 0);
    }

    [Fact]
    public async Task A_thousand_calls_an_hour_are_allowed_for_each_user_and_app()
    {
        var identifier = await IdentifierOfLongAsync();
        using (await _org.ControlAsync(HttpMethod.Post, "/conversations/limit", """{"limit":3}""")) { }
        for (var i = 0; i < 3; i++) await EntriesAsync(identifier, "");
        var refused = await RunningOrg.ErrorAsync(await _org.GetAsync($"{RunningOrg.Root}/connect/conversation/{identifier}/entries"));
        Assert.Equal((503, "REQUEST_LIMIT_EXCEEDED"), (refused.Status, refused.Code));
        using (var other = await _org.QueryAsync("SELECT Id FROM Case LIMIT 1")) Assert.Equal(HttpStatusCode.OK, other.StatusCode);
        _org.Host.Clock.Advance(TimeSpan.FromHours(1));
        await EntriesAsync(identifier, "");
    }

    [Fact]
    public async Task A_conversation_goes_on_is_redacted_and_purged()
    {
        var session = (await RecordsAsync("SELECT Id, ConversationId, SystemModstamp FROM MessagingSession WHERE ConversationId != null LIMIT 1"))[0];
        var identifier = await IdentifierAsync(session.GetProperty("ConversationId").GetString()!);
        var record = session.GetProperty("Id").GetString()!;
        _org.Host.Clock.Advance(TimeSpan.FromMinutes(5));
        var log = _org.Host.Store.Conversations;
        var entry = log.Append(identifier, record, new Turn(_org.Host.Clock.GetUtcNow(), "Ada", SpeakerRole.EndUser, "One more thing"));
        Assert.Equal("One more thing", (await EntriesAsync(identifier, "?recordLimit=1"))[0].GetProperty("messageText").GetString());
        var touched = (await RecordsAsync($"SELECT SystemModstamp FROM MessagingSession WHERE Id = '{record}'"))[0];
        Assert.NotEqual(session.GetProperty("SystemModstamp").GetString(), touched.GetProperty("SystemModstamp").GetString());

        log.Rewrite(identifier, entry, "");
        var redacted = (await EntriesAsync(identifier, "?recordLimit=1"))[0];
        Assert.Equal((entry, ""), (Identifier(redacted), redacted.GetProperty("messageText").GetString()));
        using (await _org.ControlAsync(HttpMethod.Post, "/conversations", $$"""{"kind":"purge","conversation":"{{identifier}}"}""")) { }
        Assert.Equal((404, "NOT_FOUND"), (await RunningOrg.ErrorAsync(await _org.GetAsync($"{RunningOrg.Root}/connect/conversation/{identifier}/entries"))) is var gone ? (gone.Status, gone.Code) : default);
    }

    [Theory]
    [InlineData("recordLimit=0")]
    [InlineData("recordLimit=1001")]
    [InlineData("recordLimit=many")]
    [InlineData("queryDirection=Sideways")]
    public async Task A_wrong_parameter_is_refused_by_name(string parameter)
    {
        var (status, code, message) = await RunningOrg.ErrorAsync(await _org.GetAsync($"{RunningOrg.Root}/connect/conversation/{await IdentifierOfLongAsync()}/entries?{parameter}"));
        Assert.Equal((400, "ILLEGAL_QUERY_PARAMETER_VALUE"), (status, code));
        Assert.Contains(parameter.Split('=')[0], message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Versions_before_51_and_strange_identifiers_find_nothing()
    {
        var identifier = await IdentifierOfLongAsync();
        using var old = await _org.GetAsync($"/services/data/v50.0/connect/conversation/{identifier}/entries");
        Assert.Equal(HttpStatusCode.NotFound, old.StatusCode);
        using var strange = await _org.GetAsync($"{RunningOrg.Root}/connect/conversation/{Guid.Empty}/entries");
        Assert.Equal(HttpStatusCode.NotFound, strange.StatusCode);
    }

    private static string Identifier(JsonElement entry) => entry.GetProperty("identifier").GetString()!;
    private static long Stamp(JsonElement entry) => entry.GetProperty("serverReceivedTimestamp").GetInt64();

    private async Task<string> IdentifierAsync(string conversation) =>
        (await RecordsAsync($"SELECT ConversationIdentifier FROM Conversation WHERE Id = '{conversation}'"))[0].GetProperty("ConversationIdentifier").GetString()!;

    /// <summary>Session 48 is the first long one; it belongs to conversation 32.</summary>
    private async Task<string> IdentifierOfLongAsync()
    {
        var id = Orgtap.SimulatedOrg.Data.SalesforceId.Text("0Mw", 48);
        return await IdentifierAsync((await RecordsAsync($"SELECT ConversationId FROM MessagingSession WHERE Id = '{id}'", "queryAll"))[0].GetProperty("ConversationId").GetString()!);
    }

    private async Task<IReadOnlyList<JsonElement>> EntriesAsync(string identifier, string query) =>
        [.. (await _org.GetJsonAsync($"{RunningOrg.Root}/connect/conversation/{identifier}/entries{query}")).GetProperty("conversationEntries").EnumerateArray()];

    private async Task<IReadOnlyList<JsonElement>> RecordsAsync(string soql, string resource = "query") =>
        [.. (await RunningOrg.JsonAsync(await _org.QueryAsync(soql, resource), HttpStatusCode.OK)).GetProperty("records").EnumerateArray()];
}

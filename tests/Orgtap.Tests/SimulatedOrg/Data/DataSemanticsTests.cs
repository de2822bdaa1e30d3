using System.Net;
using System.Text.Json;
using Orgtap.SimulatedOrg.Data;

namespace Orgtap.Tests.SimulatedOrg.Data;

/// <summary>What makes incremental reading hard, seen as a client sees it.</summary>
public sealed class DataSemanticsTests : IAsyncLifetime
{
    private RunningOrg _org = null!;

    public async ValueTask InitializeAsync() => _org = await RunningOrg.StartAsync(options => options with
    {
        Records = new Dictionary<string, long>
        {
            ["User"] = 5, ["Group"] = 2, ["Account"] = 900, ["Contact"] = 60, ["Case"] = 40, ["Invoice__c"] = 30, ["acme__Shipment__c"] = 20, ["AccountHistory"] = 50, ["CaseHistory"] = 50, ["AccountShare"] = 50,
            ["CaseFeed"] = 40, ["AccountFeed"] = 40, ["ContentDocument"] = 5, ["ContentDocumentLink"] = 20, ["FeedItem"] = 10, ["Vote"] = 10, ["UserFieldAccess"] = 10,
        },
    });

    public ValueTask DisposeAsync() => _org.DisposeAsync();

    private OrgStore Store => _org.Host.Store;

    [Fact]
    public async Task A_late_commit_appears_behind_a_cursor_that_has_moved_on()
    {
        var began = _org.Host.Clock.GetUtcNow();
        var id = Store.Insert("Account", new Dictionary<string, object?> { ["Name"] = "Slow transaction" });
        Store.Share("Account", id, visible: false);
        _org.Host.Clock.Advance(TimeSpan.FromMinutes(5));
        var soql = $"SELECT Id FROM Account WHERE SystemModstamp >= {began:yyyy-MM-ddTHH:mm:ssZ}";
        Assert.Empty(await IdsAsync(soql));
        Store.Share("Account", id, visible: true);
        Assert.Equal([id], await IdsAsync(soql));
        Assert.Equal("2026-06-01T12:00:00.000+0000", (await RecordsAsync($"SELECT SystemModstamp FROM Account WHERE Id = '{id}'"))[0].GetProperty("SystemModstamp").GetString());
    }

    [Fact]
    public async Task Stamps_of_a_server_whose_clock_is_ahead_lie_in_the_future()
    {
        var ahead = _org.Host.Clock.GetUtcNow().AddSeconds(40);
        var id = Store.Insert("Account", new Dictionary<string, object?> { ["Name"] = "Early", ["SystemModstamp"] = ahead, ["LastModifiedDate"] = ahead });
        Assert.Equal([id], await IdsAsync($"SELECT Id FROM Account WHERE SystemModstamp > {_org.Host.Clock.GetUtcNow():yyyy-MM-ddTHH:mm:ssZ}"));
    }

    [Fact]
    public async Task A_formula_changes_with_its_parent_and_no_stamp_moves()
    {
        var before = (await RecordsAsync("SELECT Id, Account__c, Account_Name__c, SystemModstamp FROM Invoice__c WHERE Account__c != null LIMIT 1"))[0];
        _org.Host.Clock.Advance(TimeSpan.FromMinutes(1));
        Store.Update("Account", before.GetProperty("Account__c").GetString()!, new Dictionary<string, object?> { ["Name"] = "Renamed" });
        var after = (await RecordsAsync($"SELECT Account_Name__c, SystemModstamp FROM Invoice__c WHERE Id = '{before.GetProperty("Id").GetString()}'"))[0];
        Assert.Equal("Renamed", after.GetProperty("Account_Name__c").GetString());
        Assert.Equal(before.GetProperty("SystemModstamp").GetString(), after.GetProperty("SystemModstamp").GetString());
    }

    [Fact]
    public async Task The_loser_of_a_merge_is_in_the_bin_and_names_the_winner()
    {
        var ids = await IdsAsync("SELECT Id FROM Contact LIMIT 2");
        Store.Merge("Contact", ids[0], ids[1]);
        Assert.Empty(await IdsAsync($"SELECT Id FROM Contact WHERE Id = '{ids[1]}'"));
        var loser = (await RecordsAsync($"SELECT IsDeleted, MasterRecordId FROM Contact WHERE Id = '{ids[1]}'", "queryAll"))[0];
        Assert.Equal((true, ids[0]), (loser.GetProperty("IsDeleted").GetBoolean(), loser.GetProperty("MasterRecordId").GetString()));
    }

    [Fact]
    public async Task A_hard_delete_is_in_no_query_but_in_the_list_of_deleted_records()
    {
        var id = (await IdsAsync("SELECT Id FROM Contact LIMIT 1"))[0];
        Store.HardDelete("Contact", id);
        _org.Host.Clock.Advance(TimeSpan.FromMinutes(2));
        Assert.Empty(await IdsAsync($"SELECT Id FROM Contact WHERE Id = '{id}'", "queryAll"));
        var listed = await _org.GetJsonAsync($"{RunningOrg.Root}/sobjects/Contact/deleted/?start=2026-06-01T11:59:00Z&end=2026-06-01T12:02:00Z");
        Assert.Contains(listed.GetProperty("deletedRecords").EnumerateArray(), record => record.GetProperty("id").GetString() == id);
    }

    [Fact]
    public async Task A_bulk_load_gives_hundreds_of_rows_one_stamp()
    {
        var moment = new DateTimeOffset(2026, 6, 1, 12, 0, 0, TimeSpan.Zero);
        for (var i = 0; i < 300; i++) Store.Insert("Account", new Dictionary<string, object?> { ["Name"] = $"Load {i}" });
        Assert.Equal(300, (await IdsAsync($"SELECT Id FROM Account WHERE SystemModstamp = {moment:yyyy-MM-ddTHH:mm:ssZ}")).Count);
    }

    [Fact]
    public async Task Sharing_hides_a_row_from_queries_lists_and_counts_and_no_stamp_moves()
    {
        var id = (await IdsAsync("SELECT Id FROM Account LIMIT 1"))[0];
        var count = (await _org.QueryJsonAsync("SELECT COUNT() FROM Account")).GetProperty("totalSize").GetInt64();
        Store.Share("Account", id, visible: false);
        Assert.Empty(await IdsAsync($"SELECT Id FROM Account WHERE Id = '{id}'", "queryAll"));
        Assert.Equal(count - 1, (await _org.QueryJsonAsync("SELECT COUNT() FROM Account")).GetProperty("totalSize").GetInt64());
        using (var record = await _org.GetAsync($"{RunningOrg.Root}/sobjects/Account/{id}")) Assert.Equal(HttpStatusCode.NotFound, record.StatusCode);
        Store.Share("Account", id, visible: true);
        Assert.Single(await IdsAsync($"SELECT Id FROM Account WHERE Id = '{id}' AND SystemModstamp < 2026-06-01T12:00:00Z"));
    }

    [Theory]
    [InlineData("AccountHistory", "CreatedDate", "SystemModstamp")]
    [InlineData("CaseHistory", "CreatedDate", "LastModifiedDate")]
    [InlineData("AccountShare", "LastModifiedDate", "CreatedDate")]
    [InlineData("CaseFeed", "SystemModstamp", "")]
    public async Task History_share_and_feed_have_cursors_of_their_own(string sobject, string cursor, string missing)
    {
        var names = (await _org.GetJsonAsync($"{RunningOrg.Root}/sobjects/{sobject}/describe")).GetProperty("fields").EnumerateArray().Select(field => field.GetProperty("name").GetString()!).ToHashSet();
        Assert.Contains(cursor, names);
        Assert.DoesNotContain(missing, names);
        Assert.NotEmpty(await IdsAsync($"SELECT Id FROM {sobject} WHERE {cursor} < 2026-06-01T12:00:00Z ORDER BY {cursor}"));
    }

    [Fact]
    public async Task A_feed_that_Bulk_refuses_is_read_through_REST()
    {
        using var job = await _org.SendAsync(HttpMethod.Post, RunningOrg.Root + "/jobs/query", """{"operation":"query","query":"SELECT Id FROM AccountFeed"}""");
        Assert.Equal("INVALIDENTITY", (await RunningOrg.ErrorAsync(job)).Code);
        Assert.NotEmpty(await IdsAsync("SELECT Id, Body FROM AccountFeed"));
    }

    [Fact]
    public async Task A_packages_object_is_read_by_its_prefixed_names_and_relationships()
    {
        var rows = await RecordsAsync("SELECT Id, acme__Net_Weight__c, acme__Account__r.Name FROM acme__Shipment__c WHERE acme__Account__c != null");
        Assert.NotNull(rows[0].GetProperty("acme__Account__r").GetProperty("Name").GetString());
    }

    [Theory]
    [InlineData("ContentDocumentLink", "ContentDocumentId IN (SELECT Id FROM ContentDocument)", "requires a filter by a single Id on ContentDocumentId or LinkedEntityId")]
    [InlineData("Vote", "ParentId IN (SELECT Id FROM FeedItem)", "must filter using the following syntax")]
    [InlineData("UserFieldAccess", "UserId IN (SELECT Id FROM User)", "a filter on a reified column is required [UserId,DurableId]")]
    public async Task Some_objects_answer_only_to_a_filter(string sobject, string filter, string words)
    {
        var (status, code, message) = await RunningOrg.ErrorAsync(await _org.QueryAsync($"SELECT Id FROM {sobject}"));
        Assert.Equal((400, "MALFORMED_QUERY"), (status, code));
        Assert.Contains(words, message, StringComparison.Ordinal);
        Assert.NotEmpty(await IdsAsync($"SELECT Id FROM {sobject} WHERE {filter}"));
        using var or = await _org.QueryAsync($"SELECT Id FROM {sobject} WHERE {filter.Split(" IN")[0]} = '005000000000000AAA' OR Id != null");
        Assert.Equal(HttpStatusCode.BadRequest, or.StatusCode);
    }

    [Fact]
    public async Task The_lists_of_changes_lag_are_purged_and_refuse_too_many()
    {
        const string Window = "/?start=2026-06-01T11:00:00Z&end=2026-06-01T12:30:00Z";
        _org.Host.Clock.Advance(TimeSpan.FromMinutes(30));
        using (await _org.ControlAsync(HttpMethod.Post, "/replication", """{"lag":"00:05:00"}""")) { }
        Assert.Equal("2026-06-01T12:25:00.000+0000", (await _org.GetJsonAsync($"{RunningOrg.Root}/sobjects/Account/updated{Window}")).GetProperty("latestDateCovered").GetString());
        using (await _org.ControlAsync(HttpMethod.Post, "/replication", """{"purgedBefore":"2026-06-01T11:30:00Z"}""")) { }
        Assert.Equal((400, "INVALID_REPLICATION_DATE"), (await RunningOrg.ErrorAsync(await _org.GetAsync($"{RunningOrg.Root}/sobjects/Account/deleted{Window}"))) is var early ? (early.Status, early.Code) : default);
        Assert.Equal("2026-06-01T11:30:00.000+0000", (await _org.GetJsonAsync($"{RunningOrg.Root}/sobjects/Account/deleted/?start=2026-06-01T11:30:00Z&end=2026-06-01T12:20:00Z")).GetProperty("earliestDateAvailable").GetString());
        foreach (var id in await IdsAsync("SELECT Id FROM Account LIMIT 4")) Store.Update("Account", id, new Dictionary<string, object?> { ["LastModifiedDate"] = RunningOrg.Noon, ["SystemModstamp"] = RunningOrg.Noon });
        using (await _org.ControlAsync(HttpMethod.Post, "/replication", """{"mostIds":3}""")) { }
        Assert.Equal("EXCEEDED_ID_LIMIT", (await RunningOrg.ErrorAsync(await _org.GetAsync($"{RunningOrg.Root}/sobjects/Account/updated{Window}"))).Code);
    }

    [Fact]
    public async Task Ids_of_fifteen_and_eighteen_characters_name_the_same_record()
    {
        var id = (await IdsAsync("SELECT Id FROM Account LIMIT 1"))[0];
        Assert.Equal([id], await IdsAsync($"SELECT Id FROM Account WHERE Id = '{id[..15]}'"));
        Assert.Equal(id, (await _org.GetJsonAsync($"{RunningOrg.Root}/sobjects/Account/{id[..15]}")).GetProperty("Id").GetString());
    }

    private async Task<IReadOnlyList<string>> IdsAsync(string soql, string resource = "query") =>
        [.. (await RecordsAsync(soql, resource)).Select(row => row.GetProperty("Id").GetString()!)];

    private async Task<IReadOnlyList<JsonElement>> RecordsAsync(string soql, string resource = "query") =>
        [.. (await RunningOrg.JsonAsync(await _org.QueryAsync(soql, resource), HttpStatusCode.OK)).GetProperty("records").EnumerateArray()];
}

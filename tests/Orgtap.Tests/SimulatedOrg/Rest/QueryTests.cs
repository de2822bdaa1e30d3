using System.Net;
using System.Text.Json;
using Orgtap.SimulatedOrg.Faults;
using static Orgtap.Tests.SimulatedOrg.RunningOrg;

namespace Orgtap.Tests.SimulatedOrg.Rest;

public sealed class QueryTests
{
    [Fact]
    public async Task Pages_follow_each_other_until_done_and_hold_every_row_once()
    {
        await using var org = await StartAsync();
        var page = await org.QueryJsonAsync("SELECT Id, Name FROM Account");
        var expected = org.Host.Store.Truth("Account", ["Id", "Name"], includeDeleted: false).Select(row => (row.Values[0], row.Values[1])).ToHashSet();
        Assert.Equal(expected.Count, page.GetProperty("totalSize").GetInt32());
        Assert.Equal(2_000, page.GetProperty("records").GetArrayLength());
        Assert.Matches("^/services/data/v66.0/query/01g[0-9A-Za-z]{15}-2000$", page.GetProperty("nextRecordsUrl").GetString());
        Assert.Equal("/services/data/v66.0/sobjects/Account/" + page.GetProperty("records")[0].GetProperty("Id").GetString(),
            page.GetProperty("records")[0].GetProperty("attributes").GetProperty("url").GetString());

        var rows = Rows(page).ToList();
        while (page.TryGetProperty("nextRecordsUrl", out var next)) rows.AddRange(Rows(page = await org.GetJsonAsync(next.GetString()!)));
        Assert.True(page.GetProperty("done").GetBoolean());
        Assert.Equal(expected.Count, rows.Count);
        Assert.Equal(expected, rows.ToHashSet());

        static IEnumerable<(string?, string?)> Rows(JsonElement page) =>
            page.GetProperty("records").EnumerateArray().Select(row => (row.GetProperty("Id").GetString(), row.GetProperty("Name").GetString()));
    }

    [Fact]
    public async Task The_first_page_has_the_members_of_a_recorded_one_in_its_order()
    {
        var recorded = Fixture("wiremock-rest-query-with-next-records-url.json").GetProperty("response").GetProperty("body").GetString()!;
        await using var org = await StartAsync();
        Assert.Equal(JsonSerializer.Deserialize<JsonElement>(recorded).EnumerateObject().Select(member => member.Name),
            (await org.QueryJsonAsync("SELECT Id FROM Account")).EnumerateObject().Select(member => member.Name));
    }

    [Theory]
    [InlineData("batchSize=500", 500)]
    [InlineData("batchSize=1", 200)]
    [InlineData("batchSize=999999", 2_000)]
    public async Task The_batch_size_is_a_wish_between_200_and_2000(string option, int rows)
    {
        await using var org = await StartAsync();
        var page = await JsonAsync(await org.GetAsync(Root + "/query?q=SELECT+Id+FROM+Account", ("Sforce-Query-Options", option)));
        Assert.Equal(rows, page.GetProperty("records").GetArrayLength());
    }

    [Fact]
    public async Task QueryAll_sees_deleted_rows_and_its_pages_come_from_query()
    {
        await using var org = await StartAsync();
        var id = org.Host.Store.RandomId("Account", new Random(1))!;
        org.Host.Store.Delete("Account", id);
        Assert.Equal(0, (await org.QueryJsonAsync($"SELECT Id FROM Account WHERE Id = '{id}'")).GetProperty("totalSize").GetInt32());
        var all = await JsonAsync(await org.QueryAsync($"SELECT Id, IsDeleted FROM Account WHERE Id = '{id}'", "queryAll"));
        Assert.True(all.GetProperty("records")[0].GetProperty("IsDeleted").GetBoolean());
        Assert.StartsWith(Root + "/query/", (await JsonAsync(await org.QueryAsync("SELECT Id FROM Account", "queryAll"))).GetProperty("nextRecordsUrl").GetString());
    }

    [Fact]
    public async Task Count_answers_with_a_number_and_no_records()
    {
        await using var org = await StartAsync();
        var page = await org.QueryJsonAsync("SELECT COUNT() FROM Account");
        Assert.Equal(org.Host.Store.Count("Account", includeDeleted: false), page.GetProperty("totalSize").GetInt64());
        Assert.Equal(0, page.GetProperty("records").GetArrayLength());
    }

    [Fact]
    public async Task A_locator_dies_after_two_days_and_the_eleventh_cursor_closes_the_first()
    {
        await using var org = await StartAsync(options => options with { SessionLife = TimeSpan.FromDays(30) });
        var first = (await org.QueryJsonAsync("SELECT Id FROM Account")).GetProperty("nextRecordsUrl").GetString()!;
        org.Host.Clock.Advance(TimeSpan.FromHours(1));
        var others = new List<string>();
        for (var cursor = 0; cursor < 10; cursor++) others.Add((await org.QueryJsonAsync("SELECT Id FROM Account")).GetProperty("nextRecordsUrl").GetString()!);
        Assert.Equal((400, "INVALID_QUERY_LOCATOR", "invalid query locator"), await ErrorAsync(await org.GetAsync(first)));
        Assert.Equal(HttpStatusCode.OK, (await org.GetAsync(others[0])).StatusCode);
        org.Host.Clock.Advance(TimeSpan.FromDays(2));
        Assert.Equal("INVALID_QUERY_LOCATOR", (await ErrorAsync(await org.GetAsync(others[0]))).Code);
    }

    [Fact]
    public async Task A_wrong_query_is_refused_with_the_code_of_its_mistake()
    {
        await using var org = await StartAsync();
        Assert.Equal((400, "MALFORMED_QUERY"), Short(await ErrorAsync(await org.QueryAsync("SELEKT Name FROM Account"))));
        Assert.Equal((400, "INVALID_TYPE"), Short(await ErrorAsync(await org.QueryAsync("SELECT Id FROM Nothing"))));
        var (status, code, message) = await ErrorAsync(await org.QueryAsync("SELECT Id, Nothing FROM Account"));
        Assert.Equal((400, "INVALID_FIELD"), (status, code));
        Assert.Contains("ERROR at Row:1:Column:12", message);

        static (int, string) Short((int Status, string Code, string Message) error) => (error.Status, error.Code);
    }

    [Fact]
    public async Task Dropped_rows_are_missing_although_the_total_says_all()
    {
        await using var org = await StartAsync();
        org.Host.Faults.Add(new FaultRule("GET */query?q=*", new FaultEffect.DropRows(3)) { SObject = "Contact" });
        var page = await org.QueryJsonAsync("SELECT Id FROM Contact");
        Assert.Equal(page.GetProperty("totalSize").GetInt32() - 3, page.GetProperty("records").GetArrayLength());
        Assert.True(page.GetProperty("done").GetBoolean());
    }

    [Fact]
    public async Task One_record_comes_with_all_its_fields_and_a_deleted_one_says_so()
    {
        await using var org = await StartAsync();
        var id = org.Host.Store.RandomId("Contact", new Random(2))!;
        var record = await org.GetJsonAsync($"{Root}/sobjects/Contact/{id}");
        foreach (var field in org.Host.Store.Schema.Find("Contact")!.Fields) Assert.True(record.TryGetProperty(field.Name, out _), field.Name);
        Assert.Equal(["attributes", "Id"], (await org.GetJsonAsync($"{Root}/sobjects/Contact/{id}?fields=Id")).EnumerateObject().Select(member => member.Name));
        org.Host.Store.Delete("Contact", id);
        Assert.Equal((404, "ENTITY_IS_DELETED", "entity is deleted"), await ErrorAsync(await org.GetAsync($"{Root}/sobjects/Contact/{id}")));
    }

    [Fact]
    public async Task Updated_and_deleted_lists_hold_what_changed_in_the_window()
    {
        await using var org = await StartAsync();
        var (changed, gone) = (org.Host.Store.RandomId("Account", new Random(3))!, org.Host.Store.RandomId("Contact", new Random(4))!);
        org.Host.Clock.Advance(TimeSpan.FromMinutes(5));
        org.Host.Store.Update("Account", changed, new Dictionary<string, object?> { ["Name"] = "Changed" });
        org.Host.Store.HardDelete("Contact", gone);
        org.Host.Clock.Advance(TimeSpan.FromMinutes(5));

        const string Window = "start=2026-06-01T12:01:30Z&end=2026-06-01T12:10:00%2B00:00";
        var updated = await org.GetJsonAsync($"{Root}/sobjects/Account/updated/?{Window}");
        Assert.Equal([changed], updated.GetProperty("ids").EnumerateArray().Select(id => id.GetString()));
        Assert.Equal("2026-06-01T12:10:00.000+0000", updated.GetProperty("latestDateCovered").GetString());
        var deleted = await org.GetJsonAsync($"{Root}/sobjects/Contact/deleted?{Window}");
        Assert.Equal(gone, deleted.GetProperty("deletedRecords")[0].GetProperty("id").GetString());
        Assert.Equal("2026-06-01T12:05:00.000+0000", deleted.GetProperty("deletedRecords")[0].GetProperty("deletedDate").GetString());
        Assert.Equal("INVALID_REPLICATION_DATE",
            (await ErrorAsync(await org.GetAsync($"{Root}/sobjects/Contact/deleted?start=2026-05-01T00:00:00Z&end=2026-06-01T00:00:00Z"))).Code);
    }
}

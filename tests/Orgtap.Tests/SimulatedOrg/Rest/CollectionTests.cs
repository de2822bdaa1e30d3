using System.Net;
using System.Text.Json;

namespace Orgtap.Tests.SimulatedOrg.Rest;

public sealed class CollectionTests
{
    [Fact]
    public async Task Records_come_in_the_order_of_their_Ids_for_one_call_and_null_for_those_that_are_not_there()
    {
        await using var org = await RunningOrg.StartAsync();
        var ids = (await org.QueryJsonAsync("SELECT Id FROM Account LIMIT 3")).GetProperty("records").EnumerateArray().Select(row => row.GetProperty("Id").GetString()!).ToList();
        org.Host.Store.Delete("Account", ids[1]);
        var before = org.Host.Usage.Used;
        string[] asked = [ids[2], ids[1], ids[0][..15]];
        var body = JsonSerializer.Serialize(new { ids = asked, fields = (string[])["Name", "Owner.Name"] });
        var records = await RunningOrg.JsonAsync(await org.SendAsync(HttpMethod.Post, RunningOrg.Root + "/composite/sobjects/Account", body), HttpStatusCode.OK);
        Assert.Equal([ids[2], null, ids[0]], records.EnumerateArray().Select(record => record.ValueKind == JsonValueKind.Null ? null : record.GetProperty("Id").GetString()));
        Assert.Equal(before + 1, org.Host.Usage.Used);
        var same = await org.GetJsonAsync($"{RunningOrg.Root}/composite/sobjects/Account?ids={ids[0]}&fields=Name");
        Assert.Equal(records[2].GetProperty("Name").GetString(), same[0].GetProperty("Name").GetString());
    }

    [Theory]
    [InlineData("""{"ids":["nothing"],"fields":["Name"]}""", "MALFORMED_ID")]
    [InlineData("""{"ids":["001000000000001AAA"],"fields":["Nope"]}""", "INVALID_FIELD")]
    [InlineData("""{"ids":[],"fields":["Name"]}""", "REQUIRED_FIELD_MISSING")]
    [InlineData("""{"ids":"001000000000001AAA"}""", "JSON_PARSER_ERROR")]
    public async Task A_wrong_list_is_refused_with_the_code_of_its_mistake(string body, string code)
    {
        await using var org = await RunningOrg.StartAsync();
        Assert.Equal(code, (await RunningOrg.ErrorAsync(await org.SendAsync(HttpMethod.Post, RunningOrg.Root + "/composite/sobjects/Account", body))).Code);
    }
}

using System.Net;
using static Orgtap.Tests.SimulatedOrg.RunningOrg;

namespace Orgtap.Tests.SimulatedOrg.Rest;

public sealed class DescribeResourceTests
{
    [Theory]
    [InlineData("/sobjects")]
    [InlineData("/sobjects/Account/describe")]
    [InlineData("/sobjects/account/describe/")]
    public async Task An_unchanged_describe_answers_304_until_the_schema_changes(string path)
    {
        await using var org = await StartAsync();
        var first = await org.GetAsync(Root + path);
        var stamp = first.Content.Headers.LastModified!.Value.ToString("R");
        var second = await org.GetAsync(Root + path, ("If-Modified-Since", stamp));
        Assert.Equal(HttpStatusCode.NotModified, second.StatusCode);
        Assert.Empty(await second.Content.ReadAsByteArrayAsync(Cancel));

        org.Host.Clock.Advance(TimeSpan.FromSeconds(5));
        org.Host.Store.Schema.HideField("Account", "Phone", hidden: true);
        Assert.Equal(HttpStatusCode.OK, (await org.GetAsync(Root + path, ("If-Modified-Since", stamp))).StatusCode);
    }

    [Fact]
    public async Task A_hidden_object_is_neither_listed_nor_described()
    {
        await using var org = await StartAsync();
        org.Host.Store.Schema.HideObject("Contact", hidden: true);
        var names = (await org.GetJsonAsync(Root + "/sobjects")).GetProperty("sobjects").EnumerateArray().Select(row => row.GetProperty("name").GetString());
        Assert.DoesNotContain("Contact", names);
        Assert.Equal((404, "NOT_FOUND", "The requested resource does not exist"), await ErrorAsync(await org.GetAsync(Root + "/sobjects/Contact/describe")));
    }

    [Fact]
    public async Task The_list_of_objects_has_the_members_of_a_recorded_one()
    {
        var recorded = Fixture("cumulusci-GET_sobjects_Global_describe.json");
        await using var org = await StartAsync();
        var global = await org.GetJsonAsync(Root + "/sobjects");
        foreach (var member in recorded.EnumerateObject()) Assert.Equal(member.Value.ValueKind, global.GetProperty(member.Name).ValueKind);
    }

    [Fact]
    public async Task Answers_are_gzipped_when_the_client_takes_it()
    {
        await using var org = await StartAsync();
        Assert.Contains("gzip", (await org.GetAsync(Root + "/sobjects", ("Accept-Encoding", "gzip"))).Content.Headers.ContentEncoding);
        Assert.Empty((await org.GetAsync(Root + "/sobjects")).Content.Headers.ContentEncoding);
    }
}

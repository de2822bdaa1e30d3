using System.Net;
using Orgtap.SimulatedOrg.Hosting;
using Orgtap.SimulatedOrg.Limits;
using static Orgtap.Tests.SimulatedOrg.RunningOrg;

namespace Orgtap.Tests.SimulatedOrg.Limits;

public sealed class QuotaTests
{
    [Fact]
    public void Calls_leave_the_count_24_hours_after_they_were_made()
    {
        var clock = Frozen();
        var usage = new ApiUsage(clock, 100);
        usage.Count(30);
        clock.Advance(TimeSpan.FromHours(23));
        usage.Count(20);
        Assert.Equal(50, usage.Used);
        clock.Advance(TimeSpan.FromHours(1));
        Assert.Equal(20, usage.Used);
        clock.Advance(TimeSpan.FromHours(23));
        Assert.Equal(0, usage.Used);
    }

    [Fact]
    public void At_the_limit_nothing_more_is_counted()
    {
        var usage = new ApiUsage(Frozen(), 10) { Background = 8 };
        Assert.True(usage.TryCount(2));
        Assert.False(usage.TryCount(1));
        Assert.Equal("api-usage=10/10", usage.Header);
    }

    [Fact]
    public async Task Every_authenticated_reply_tells_the_use_and_past_the_limit_calls_are_refused()
    {
        await using var org = await StartAsync(options => options with { ApiLimit = 2 });
        Assert.Equal("api-usage=1/2", Header(await org.GetAsync(Root)));
        Assert.Equal("api-usage=2/2", Header(await org.GetAsync(Root + "/nothing")));
        var refused = await org.GetAsync(Root);
        Assert.Equal("api-usage=2/2", Header(refused));
        Assert.Equal((403, "REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded."), await ErrorAsync(refused));
    }

    [Fact]
    public async Task The_header_can_tell_a_quota_of_the_app_too_or_be_missing()
    {
        await using var org = await StartAsync();
        org.Host.Usage.App = new AppQuota("Orgtap", 17, 250);
        Assert.Equal("api-usage=1/15000; per-app-api-usage=17/250(appName=Orgtap)", Header(await org.GetAsync(Root)));
        org.Host.Faults.Add("*", new Orgtap.SimulatedOrg.Faults.FaultEffect.OmitHeader("Sforce-Limit-Info"));
        Assert.False((await org.GetAsync(Root)).Headers.Contains("Sforce-Limit-Info"));
    }

    [Fact]
    public async Task Limits_have_the_recorded_shape_and_the_counted_use()
    {
        await using var org = await StartAsync();
        org.Host.Usage.Background = 100;
        var limits = await org.GetJsonAsync(Root + "/limits");
        Assert.Equal(15_000 - 101, limits.GetProperty("DailyApiRequests").GetProperty("Remaining").GetInt64());
        var recorded = Fixture("camel-limits.json");
        foreach (var name in (string[])["DailyApiRequests", "DataStorageMB", "FileStorageMB", "DailyAsyncApexExecutions"])
            foreach (var member in recorded.GetProperty(name).EnumerateObject())
                Assert.Equal(member.Value.ValueKind, limits.GetProperty(name).GetProperty(member.Name).ValueKind);
    }

    [Fact]
    public async Task Record_counts_leave_out_what_the_user_cannot_see()
    {
        await using var org = await StartAsync();
        var counts = await org.GetJsonAsync(Root + "/limits/recordCount?sObjects=Account,Nothing,Contact");
        Assert.Equal(["Account", "Contact"], counts.GetProperty("sObjects").EnumerateArray().Select(row => row.GetProperty("name").GetString()));
        Assert.Equal(org.Host.Store.Count("Account", includeDeleted: false), counts.GetProperty("sObjects")[0].GetProperty("count").GetInt64());

        await using var old = await StartAsync(options => options with { Oldness = new Oldness { NoRecordCountResource = true } });
        Assert.Equal(HttpStatusCode.NotFound, (await old.GetAsync(Root + "/limits/recordCount?sObjects=Account")).StatusCode);
    }

    private static string Header(HttpResponseMessage response) => response.Headers.GetValues("Sforce-Limit-Info").Single();

    private static SimulatedClock Frozen() => new(Noon, frozen: true);
}

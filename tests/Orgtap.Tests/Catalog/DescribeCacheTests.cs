using System.Text;
using Dapper;
using Orgtap.Catalog;
using Orgtap.Primitives;
using Orgtap.Salesforce.Describe;
using Orgtap.Tests.Salesforce;
using Orgtap.Tests.Syncs;

namespace Orgtap.Tests.Catalog;

public sealed class DescribeCacheTests
{
    private const string Resource = "v68.0/sobjects/Invoice__c";

    private static readonly string Body = $$"""{"name":"Invoice__c","label":"Größe €","fields":[{{string.Join(',', Enumerable.Range(0, 300).Select(i => $$"""{"name":"Field_{{i}}__c","type":"string","length":255,"nillable":true}"""))}}]}""";

    [Fact]
    public void A_describe_is_stored_in_a_tenth_of_its_length_and_read_back_to_the_letter()
    {
        var packed = DescribeText.Pack(Body);
        Assert.InRange(packed.Length, 1, Encoding.UTF8.GetByteCount(Body) / 10);
        Assert.Equal(Body, DescribeText.Unpack(packed));
        Assert.Equal("", DescribeText.Unpack(DescribeText.Pack("")));
        // As an earlier version left it.
        Assert.Equal(Body, DescribeText.Unpack(Body));
    }

    [Fact]
    public async Task A_describe_that_did_not_change_is_not_written_again_and_counts_as_fetched_now()
    {
        await using var org = await SyncedOrg.StartAsync();
        await org.OpenAsync();
        var time = new ManualTime();
        var (cache, id, stop) = (new DescribeCache(org.Store, time), org.Connection.Id, TestContext.Current.CancellationToken);
        await cache.GetAsync(id, Resource, TimeSpan.FromHours(1), Answer(Body), Changes, stop);
        // Written otherwise, it is still the same text: whoever writes it again would pack it.
        await org.Store.WriteAsync(transaction => transaction.Connection!.ExecuteAsync("UPDATE describes SET body = @Body WHERE resource = @Resource", new { Body, Resource }, transaction), stop);

        time.Advance(TimeSpan.FromHours(2));
        Assert.Equal(Body, await cache.GetAsync(id, Resource, TimeSpan.FromHours(1), Answer(null), Changes, stop));
        Assert.Equal(Body, await StoredAsync());
        Assert.Equal(time.GetUtcNow(), (await cache.FetchedAsync(id, stop))[Resource]);

        time.Advance(TimeSpan.FromHours(2));
        var changed = Body.Replace("Field_7__c", "Field_8000__c", StringComparison.Ordinal);
        Assert.Equal(changed, await cache.GetAsync(id, Resource, TimeSpan.FromHours(1), Answer(changed), Changes, stop));
        Assert.Equal(changed, (await cache.FindAsync(id, Resource, stop))!.Body);
        Assert.StartsWith("br:", await StoredAsync(), StringComparison.Ordinal);
        Assert.Equal(changed, Assert.Single(_told));

        async Task<string> StoredAsync()
        {
            await using var db = await org.Store.ConnectAsync(stop);
            return await db.ExecuteScalarAsync<string>("SELECT body FROM describes WHERE resource = @Resource", new { Resource }) ?? "";
        }
    }

    private readonly List<string> _told = [];

    private IReadOnlyList<SchemaChange> Changes(string before, string after)
    {
        _told.Add(after);
        return [];
    }

    private static Func<string?, Task<DescribeAnswer>> Answer(string? body) => _ => Task.FromResult(new DescribeAnswer(body, "Sat, 21 Nov 2026 12:00:00 GMT"));
}

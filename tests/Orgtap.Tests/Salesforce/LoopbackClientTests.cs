using System.Text;
using Orgtap.Primitives;
using Orgtap.Quota;
using Orgtap.Salesforce;
using Orgtap.Salesforce.Bulk;
using Orgtap.Salesforce.Describe;
using Orgtap.Salesforce.Query;
using Orgtap.Salesforce.Soql;
using Orgtap.SimulatedOrg.Hosting;
using Orgtap.Tests.Authorization;

namespace Orgtap.Tests.Salesforce;

/// <summary>The client and its pipeline against the simulated org, over real HTTP.</summary>
public sealed class LoopbackClientTests
{
    private static readonly string AllAccounts = SoqlQuery.Select("Id", "Name").From("Account").ToString();

    [Fact]
    public async Task Describes_are_read_once_and_then_only_when_they_change()
    {
        await using var org = await LoopbackOrg.StartAsync();
        var client = org.Open(await org.ConnectAsync());
        Assert.Equal(ApiVersion.Newest, await client.VersionAsync(default));
        var global = await client.GlobalDescribeAsync(null, default);
        Assert.Contains(GlobalDescribe.Parse(global.Body!).Objects, item => item.Name == "Account" && item.Queryable);
        var account = await client.DescribeAsync("Account", null, default);
        Assert.Equal("id", ObjectDescribe.Parse(account.Body!).Field("Id")!.Type);
        Assert.Null((await client.GlobalDescribeAsync(global.LastModified, default)).Body);
        Assert.Null((await client.DescribeAsync("Account", account.LastModified, default)).Body);
        Assert.Equal(4, org.Counter.Calls);
    }

    [Fact]
    public async Task Reads_a_query_to_its_end()
    {
        await using var org = await LoopbackOrg.StartAsync();
        var client = org.Open(await org.ConnectAsync());
        var ids = new HashSet<string>();
        var pages = 0;
        await foreach (var page in client.QueryAsync(AllAccounts, false, default))
        {
            using (page)
                foreach (var row in page.Records.EnumerateArray()) Assert.True(ids.Add(row.GetProperty("Id").GetString()!));
            pages++;
        }

        Assert.Equal((2, org.Host.Store.Count("Account", false)), (pages, ids.Count));
    }

    [Theory]
    [InlineData(LocatorStyle.Base64)]
    [InlineData(LocatorStyle.Odd)]
    public async Task Reads_a_bulk_job_page_by_page(LocatorStyle locators)
    {
        await using var org = await LoopbackOrg.StartAsync(options => options with { Oldness = new Oldness { Locators = locators } });
        var bulk = org.Open(await org.ConnectAsync()).Bulk;
        var job = await bulk.CreateAsync(AllAccounts, true, default);
        job = await bulk.GetAsync(job.Id, job.ApiVersion, default);
        Assert.Equal((BulkJobState.JobComplete, org.Host.Store.Count("Account", true)), (job.State, job.NumberRecordsProcessed));

        long rows = 0, lines = 0;
        string? locator = null;
        do
        {
            await using var page = await bulk.ResultsAsync(job.Id, job.ApiVersion, locator, 1000, default);
            using var reader = new StreamReader(page.Body, Encoding.UTF8);
            Assert.Equal("\"Id\",\"Name\"", await reader.ReadLineAsync(TestContext.Current.CancellationToken));
            lines += (await reader.ReadToEndAsync(TestContext.Current.CancellationToken)).Split("\"\n\"001", StringSplitOptions.None).Length;
            rows += page.NumberOfRecords!.Value;
            locator = page.NextLocator;
        }
        while (locator is not null);
        Assert.Equal((job.NumberRecordsProcessed, rows), (rows, lines));

        Assert.Contains(await bulk.ListAsync(default), listed => listed.Id == job.Id);
        await bulk.DeleteAsync(job.Id, job.ApiVersion, default);
        await Assert.ThrowsAsync<BulkJobGoneException>(() => bulk.GetAsync(job.Id, job.ApiVersion, default));
        Assert.True(org.Counter.Bytes > 30_000);
    }

    [Fact]
    public async Task Knows_where_all_pages_of_a_bulk_job_begin()
    {
        await using var org = await LoopbackOrg.StartAsync(options => options with { BulkPageRows = 250 });
        var bulk = org.Open(await org.ConnectAsync()).Bulk;
        var job = await bulk.CreateAsync(AllAccounts, false, default);
        await bulk.GetAsync(job.Id, job.ApiVersion, default);
        var locators = await bulk.ResultPageLocatorsAsync(job.Id, job.ApiVersion, default);
        long rows = 0;
        foreach (var locator in locators!)
        {
            await using var page = await bulk.ResultsAsync(job.Id, job.ApiVersion, locator, 0, default);
            await page.Body.CopyToAsync(Stream.Null, TestContext.Current.CancellationToken);
            rows += page.NumberOfRecords!.Value;
        }

        Assert.Equal(org.Host.Store.Count("Account", false), rows);
        Assert.True(locators.Count >= 12);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Results_before_their_time_are_told_apart(bool empty)
    {
        await using var org = await LoopbackOrg.StartAsync(options => options with { BulkDelay = TimeSpan.FromMinutes(1), Oldness = new Oldness { EarlyResultsAreEmpty = empty } });
        var bulk = org.Open(await org.ConnectAsync()).Bulk;
        var job = await bulk.CreateAsync(AllAccounts, false, default);
        await Assert.ThrowsAsync<BulkJobNotReadyException>(() => bulk.ResultsAsync(job.Id, job.ApiVersion, null, 0, default));
        Assert.Equal(BulkJobState.Aborted, (await bulk.AbortAsync(job.Id, job.ApiVersion, default)).State);
    }

    [Fact]
    public async Task An_object_that_bulk_cannot_serve_is_unsupported()
    {
        await using var org = await LoopbackOrg.StartAsync();
        var failure = await Assert.ThrowsAsync<SalesforceException>(async () =>
            await org.Open(await org.ConnectAsync()).Bulk.CreateAsync(SoqlQuery.Select("Id").From("CaseStatus").ToString(), false, default));
        Assert.Equal(FailureKind.Unsupported, failure.Kind);
    }

    [Fact]
    public async Task A_field_that_is_gone_is_a_changed_schema()
    {
        await using var org = await LoopbackOrg.StartAsync();
        var client = org.Open(await org.ConnectAsync());
        var query = SoqlQuery.Select("Id", "Gone__c").From("Account").ToString();
        Assert.Equal(FailureKind.SchemaChanged, (await Assert.ThrowsAsync<SalesforceException>(() => client.Bulk.CreateAsync(query, false, default))).Kind);
        Assert.Equal(FailureKind.SchemaChanged, (await Assert.ThrowsAsync<SalesforceException>(async () =>
        {
            await foreach (var page in client.QueryAsync(query, false, default)) page.Dispose();
        })).Kind);
    }

    [Theory]
    [InlineData(false, false)]
    [InlineData(true, false)]
    [InlineData(true, true)]
    public async Task Counts_rows_with_what_the_org_offers(bool noStatistics, bool noComposite)
    {
        var oldness = new Oldness { MaxApiVersion = 50.0m, NoRecordCountResource = noStatistics, NoComposite = noComposite, NoResultPages = true };
        await using var org = await LoopbackOrg.StartAsync(options => options with { Oldness = oldness });
        var client = org.Open(await org.ConnectAsync());
        Assert.Equal("50.0", (await client.VersionAsync(default)).ToString());
        var counts = await client.CountAsync(["Account", "Contact", "NoSuchObject__c"], default);
        Assert.Equal((org.Host.Store.Count("Account", false), org.Host.Store.Count("Contact", false), false), (counts["Account"], counts["Contact"], counts.ContainsKey("NoSuchObject__c")));
        if (noComposite)
            Assert.Equal(FailureKind.Unsupported, (await Assert.ThrowsAsync<SalesforceException>(() => client.CompositeAsync([CompositeCall.Describe("r", "Account")], default))).Kind);
        var job = await client.Bulk.CreateAsync(AllAccounts, false, default);
        Assert.Null(await client.Bulk.ResultPageLocatorsAsync(job.Id, job.ApiVersion, default));
    }

    [Fact]
    public async Task Eight_workers_never_take_the_org_beyond_the_threshold()
    {
        await using var org = await LoopbackOrg.StartAsync(options => options with { ApiLimit = 60 });
        var connection = await org.ConnectAsync(threshold: 50);
        var stops = await Task.WhenAll(Enumerable.Range(0, 8).Select(async _ =>
        {
            try
            {
                while (true) await org.Open(connection).LimitsAsync(default);
            }
            catch (QuotaStopException stop)
            {
                return stop;
            }
        }));
        Assert.Equal(30, org.Host.Usage.Used);
        Assert.All(stops, stop => Assert.Contains("30 of its 60", stop.Message, StringComparison.Ordinal));
        Assert.Equal(new ApiUse(30, 60, 29, org.Store.Time.GetUtcNow()), await org.Guard.UseAsync(connection.OrgId!.Value, default));
        Assert.Equal(29, org.Counter.Calls);

        org.Host.Clock.Advance(TimeSpan.FromHours(25));
        org.Store.Time.Advance(TimeSpan.FromMinutes(15));
        await org.Open(connection).LimitsAsync(default);
    }

    [Fact]
    public async Task The_orgs_own_limit_stops_a_connection_that_others_used_up()
    {
        await using var org = await LoopbackOrg.StartAsync(options => options with { ApiLimit = 100 });
        var connection = await org.ConnectAsync(threshold: 100);
        org.Host.Usage.Count(200);
        await Assert.ThrowsAsync<QuotaStopException>(() => org.Open(connection).LimitsAsync(default));
        org.Host.Requests.Clear();
        await Assert.ThrowsAsync<QuotaStopException>(() => org.Open(connection).LimitsAsync(default));
        Assert.Empty(org.Host.Requests.Entries);
    }
}

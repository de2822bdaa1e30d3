using Orgtap.Connections;
using Orgtap.Primitives;
using Orgtap.Quota;
using Orgtap.Salesforce;
using Orgtap.Tests.Authorization;
using Orgtap.Tests.Salesforce;
using Orgtap.Tests.Storage;

namespace Orgtap.Tests.Quota;

public abstract class MeteredHandlerTests(StoreDatabase database)
{
    [Fact]
    public async Task Stops_between_two_calls_and_says_use_limit_and_threshold()
    {
        var used = 11_998;
        var org = new ScriptedOrg(_ => Limited(ScriptedOrg.Json("{}"), ++used, 15_000));
        await using var store = await TestStore.CreateAsync(database, org);
        await using var guard = new QuotaGuard(store.Control, store.Time);
        var connection = await store.AddConnectionAsync();
        using var pipeline = Pipeline(guard, store, connection, org);
        (await SendAsync(pipeline)).Dispose();
        (await SendAsync(pipeline)).Dispose();
        var stop = await Assert.ThrowsAsync<QuotaStopException>(() => SendAsync(pipeline));
        Assert.Equal("The org has used 12,000 of its 15,000 API calls of the last 24 hours; acme stops at 12,000 (80 %).", stop.Message);
        Assert.Equal(store.Time.GetUtcNow() + TimeSpan.FromMinutes(15), stop.Until);
        Assert.Equal(2, org.Asked.Count);

        await store.Connections.SetQuotaThresholdAsync(connection.Id, 90, default);
        (await SendAsync(pipeline)).Dispose();
    }

    [Fact]
    public async Task Counts_every_call_that_salesforce_counts()
    {
        var answers = new Queue<HttpResponseMessage>([ScriptedOrg.Versions(), ScriptedOrg.Empty(503), ScriptedOrg.Json("{}")]);
        var org = new ScriptedOrg(_ => Limited(answers.Dequeue(), 7, 1000));
        await using var store = await TestStore.CreateAsync(database, org);
        await using var guard = new QuotaGuard(store.Control, store.Time);
        var connection = await store.AddConnectionAsync();
        var counter = new CallCounter();
        using var pipeline = Pipeline(guard, store, connection, org);
        (await SendAsync(pipeline, "/services/data", counter)).Dispose();
        Assert.Equal(0, counter.Calls);
        (await SendAsync(pipeline, "/services/data/v66.0/limits", counter)).Dispose();
        (await SendAsync(pipeline, "/services/data/v66.0/limits", counter)).Dispose();
        Assert.Equal(2, counter.Calls);
        Assert.Equal((7L, 1000L, 2L), await guard.UseAsync(connection.OrgId!.Value, default) is { } use ? (use.Used, use.Maximum, use.Own) : default);
    }

    [Fact]
    public async Task The_orgs_own_limit_stops_all_its_connections()
    {
        var org = new ScriptedOrg(_ => ScriptedOrg.Error(403, "REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded."));
        await using var store = await TestStore.CreateAsync(database, org);
        await using var guard = new QuotaGuard(store.Control, store.Time);
        using var one = Pipeline(guard, store, await store.AddConnectionAsync(), org);
        using var two = Pipeline(guard, store, await store.AddConnectionAsync("other", threshold: 100), org);
        var stop = await Assert.ThrowsAsync<QuotaStopException>(() => SendAsync(one));
        Assert.Contains("TotalRequests", stop.Detail, StringComparison.Ordinal);
        await Assert.ThrowsAsync<QuotaStopException>(() => SendAsync(two));
        Assert.Single(org.Asked);
    }

    [Fact]
    public async Task Another_403_passes_with_its_body()
    {
        var org = new ScriptedOrg(_ => Limited(ScriptedOrg.Error(403, "INSUFFICIENT_ACCESS", "no"), 1, 10));
        await using var store = await TestStore.CreateAsync(database, org);
        await using var guard = new QuotaGuard(store.Control, store.Time);
        using var pipeline = Pipeline(guard, store, await store.AddConnectionAsync(), org);
        using var response = await SendAsync(pipeline);
        Assert.Contains("INSUFFICIENT_ACCESS", await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_call_that_breaks_is_taken_as_counted()
    {
        var org = new ScriptedOrg(_ => throw new HttpRequestException("reset"));
        await using var store = await TestStore.CreateAsync(database, org);
        await using var guard = new QuotaGuard(store.Control, store.Time);
        var connection = await store.AddConnectionAsync();
        await guard.ObserveAsync(connection.OrgId!.Value, new ApiUseHeader(5, 1000), default);
        using var pipeline = Pipeline(guard, store, connection, org);
        await Assert.ThrowsAsync<HttpRequestException>(() => SendAsync(pipeline));
        Assert.Equal(6, (await guard.UseAsync(connection.OrgId.Value, default))!.Used);
    }

    [Fact]
    public async Task A_session_that_ended_during_a_stop_does_not_spoil_the_probe()
    {
        var answers = new Queue<HttpResponseMessage>([ScriptedOrg.Error(401, "INVALID_SESSION_ID", "Session expired or invalid"), Limited(ScriptedOrg.Json("{}"), 10, 1000)]);
        var org = new ScriptedOrg(_ => answers.Dequeue());
        await using var store = await TestStore.CreateAsync(database, org);
        await using var guard = new QuotaGuard(store.Control, store.Time);
        var connection = await store.AddConnectionAsync();
        await guard.ObserveAsync(connection.OrgId!.Value, new ApiUseHeader(900, 1000), default);
        using var pipeline = Pipeline(guard, store, connection, org);
        await Assert.ThrowsAsync<QuotaStopException>(() => SendAsync(pipeline));
        store.Time.Advance(TimeSpan.FromMinutes(15));
        (await SendAsync(pipeline)).Dispose();
        (await SendAsync(pipeline)).Dispose();
        Assert.Equal(10, (await guard.UseAsync(connection.OrgId.Value, default))!.Used);
    }

    private static HttpResponseMessage Limited(HttpResponseMessage response, long used, long maximum)
    {
        response.Headers.TryAddWithoutValidation("Sforce-Limit-Info", $"api-usage={used}/{maximum}");
        return response;
    }

    private static HttpMessageInvoker Pipeline(QuotaGuard guard, TestStore store, Connection connection, ScriptedOrg org) => new(new MeteredHandler(guard, store.Connections, connection.Id) { InnerHandler = org });

    private static Task<HttpResponseMessage> SendAsync(HttpMessageInvoker pipeline, string path = "/services/data/v66.0/limits", CallCounter? counter = null)
    {
        var request = new HttpRequestMessage(HttpMethod.Get, new Uri(ScriptedOrg.Instance, path));
        request.Options.Set(OrgRequest.Counter, counter ?? new CallCounter());
        return pipeline.SendAsync(request, default);
    }

    public sealed class OnSqlite() : MeteredHandlerTests(StoreDatabase.Sqlite);

    public sealed class OnPostgres() : MeteredHandlerTests(StoreDatabase.Postgres);
}

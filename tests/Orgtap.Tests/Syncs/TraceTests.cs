using System.Collections.Concurrent;
using System.Diagnostics;

namespace Orgtap.Tests.Syncs;

public sealed class TraceTests
{
    [Fact]
    public async Task A_run_is_one_trace_that_holds_its_calls_to_Salesforce()
    {
        var seen = new ConcurrentBag<Activity>();
        using var listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name is "Orgtap" or "System.Net.Http", Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllData, ActivityStopped = seen.Add,
        };
        ActivitySource.AddActivityListener(listener);
        await using var org = await SyncedOrg.StartAsync();
        await org.OpenAsync();
        await org.SelectAsync("Account", "Contact");

        var run = await org.SyncAsync();

        // Other tests run beside this one; theirs are other connections'.
        var trace = Assert.Single(seen, activity => activity.OperationName == "orgtap.run" && Equals(activity.GetTagItem("orgtap.connection"), org.Connection.Id.Value));
        Assert.Equal(run.Id.Value, trace.GetTagItem("orgtap.run"));
        var calls = seen.Where(activity => activity.Source.Name == "System.Net.Http" && activity.TraceId == trace.TraceId).ToList();
        Assert.True(calls.Count >= run.ApiCalls, $"{calls.Count} calls in the trace, {run.ApiCalls} in the run");
    }
}

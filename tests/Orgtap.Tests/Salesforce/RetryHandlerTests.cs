using System.Net;
using Orgtap.Primitives;
using Orgtap.Salesforce;

namespace Orgtap.Tests.Salesforce;

public sealed class RetryHandlerTests
{
    private readonly ManualTime _time = new();

    [Fact]
    public async Task Asks_again_after_a_passing_failure()
    {
        var answers = new Queue<HttpResponseMessage>([ScriptedOrg.Empty(503), ScriptedOrg.Error(403, "REQUEST_LIMIT_EXCEEDED", "ConcurrentRequests Limit exceeded."), ScriptedOrg.Json("{}")]);
        var org = new ScriptedOrg(_ => answers.Dequeue());
        using var response = await SendAsync(org, HttpMethod.Get);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal(3, org.Asked.Count);
    }

    [Fact]
    public async Task Gives_up_after_a_few_tries()
    {
        var org = new ScriptedOrg(_ => ScriptedOrg.Empty(503));
        var failure = await Assert.ThrowsAsync<SalesforceException>(() => SendAsync(org, HttpMethod.Get));
        Assert.Equal(FailureKind.Transient, failure.Kind);
        Assert.Equal(RetryHandler.MaximumAttempts, org.Asked.Count);
    }

    [Theory]
    [InlineData("POST")]
    [InlineData("PATCH")]
    [InlineData("DELETE")]
    public async Task Never_repeats_what_changes_something(string method)
    {
        var org = new ScriptedOrg(_ => ScriptedOrg.Empty(503));
        await Assert.ThrowsAsync<SalesforceException>(() => SendAsync(org, new HttpMethod(method)));
        Assert.Single(org.Asked);
    }

    [Fact]
    public async Task Repeats_a_post_that_changes_nothing()
    {
        var answers = new Queue<HttpResponseMessage>([ScriptedOrg.Empty(502), ScriptedOrg.Json("{}")]);
        var org = new ScriptedOrg(_ => answers.Dequeue());
        using var response = await SendAsync(org, HttpMethod.Post, request =>
        {
            request.Options.Set(OrgRequest.Repeatable, true);
            request.Content = new StringContent("""{"a":1}""");
        });
        Assert.Equal(["""{"a":1}""", """{"a":1}"""], org.Asked.Select(asked => asked.Body));
    }

    [Theory]
    [InlineData(400, "INVALID_FIELD")]
    [InlineData(401, "INVALID_SESSION_ID")]
    [InlineData(403, "API_DISABLED_FOR_ORG")]
    public async Task Does_not_repeat_what_cannot_pass(int status, string code)
    {
        var org = new ScriptedOrg(_ => ScriptedOrg.Error(status, code, "x"));
        await Assert.ThrowsAsync<SalesforceException>(() => SendAsync(org, HttpMethod.Get));
        Assert.Single(org.Asked);
    }

    [Fact]
    public async Task Asks_again_when_the_connection_breaks_and_when_a_body_is_cut()
    {
        var calls = 0;
        var org = new ScriptedOrg(_ => ++calls switch
        {
            1 => throw new HttpRequestException(HttpRequestError.ConnectionError, "refused"),
            2 => new HttpResponseMessage(HttpStatusCode.OK) { Content = new StreamContent(new CutStream([1, 2, 3])) },
            _ => ScriptedOrg.Json("[]"),
        });
        using var response = await SendAsync(org, HttpMethod.Get);
        Assert.Equal("[]", await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
        Assert.Equal(3, calls);
    }

    [Fact]
    public async Task An_org_that_never_answers_is_transient_and_the_caller_can_still_leave()
    {
        var never = new ScriptedOrg(_ => throw new InvalidOperationException()) { Before = _ => new TaskCompletionSource().Task };
        using var stop = new CancellationTokenSource();
        using var invoker = Invoker(never);
        using var request = new HttpRequestMessage(HttpMethod.Get, ScriptedOrg.Instance);
        var waiting = invoker.SendAsync(request, stop.Token);
        Assert.False(waiting.IsCompleted);

        var silent = new ScriptedOrg(_ => throw new InvalidOperationException());
        silent.Before = _ => Task.Delay(Timeout.InfiniteTimeSpan, _time, stop.Token);
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => SendAsync(silent, HttpMethod.Get, token: stop.Token));
    }

    private Task<HttpResponseMessage> SendAsync(HttpMessageHandler org, HttpMethod method, Action<HttpRequestMessage>? prepare = null, CancellationToken token = default)
    {
        var invoker = Invoker(org);
        var request = new HttpRequestMessage(method, ScriptedOrg.Instance);
        prepare?.Invoke(request);
        return _time.UntilDoneAsync(invoker.SendAsync(request, token), TimeSpan.FromSeconds(1));
    }

    private HttpMessageInvoker Invoker(HttpMessageHandler org) => new(new RetryHandler(_time) { InnerHandler = org });
}

using System.Net;
using System.Net.Http.Headers;
using System.Text.RegularExpressions;
using Orgtap.App.Users;
using Orgtap.Authorization;
using Orgtap.Catalog;
using Orgtap.Connections;
using Orgtap.Primitives;
using Orgtap.Reauthorization;
using Orgtap.Salesforce;
using Orgtap.SimulatedOrg.Faults;
using Orgtap.Tests.App.Cli;
using static Orgtap.Tests.Reauthorization.AskedAdmin;

namespace Orgtap.Tests.Reauthorization;

/// <summary>Every refusal of the REST API, injected where rows are read: the error card on the connection's page says what happened, whose turn it is and what mends it, an admin's with the path in Setup.</summary>
public sealed partial class ApiRefusalTests
{
    private static readonly (int Status, string? Code, string Text, Turn Turn, string Message, string Remedy)[] Refusals =
    [
        (300, null, """["/services/data/v66.0/sobjects/Account/001000000000001AAA"]""", Turn.Operator, "for a reason Orgtap does not know", "Report this"),
        (302, null, "", Turn.Operator, "sends Orgtap on to", "Setup > My Domain"),
        (400, "INVALID_FIELD", "No such column 'Foo' on entity 'Account'.", Turn.We, "no longer there or no longer visible", "looks at the table's fields again"),
        (400, "INVALID_TYPE", "sObject type 'Account' is not supported.", Turn.We, "no longer there or no longer visible", "looks at the table's fields again"),
        (400, "MALFORMED_QUERY", "unexpected token: 'FORM'", Turn.Operator, "cannot give out Account in this way", "leave the table out"),
        (400, "MALFORMED_ID", "bad id", Turn.Operator, "cannot give out Account in this way", "leave the table out"),
        (400, "INVALID_QUERY_FILTER_OPERATOR", "invalid operator", Turn.Operator, "cannot give out Account in this way", "leave the table out"),
        (400, "INVALID_TYPE_FOR_OPERATION", "entity type Account does not support query", Turn.Operator, "cannot give out Account in this way", "leave the table out"),
        (400, "EXTERNAL_OBJECT_UNSUPPORTED_EXCEPTION", "external object", Turn.Operator, "cannot give out Account in this way", "leave the table out"),
        (400, "QUERY_TIMEOUT", "Your query request was running for too long.", Turn.Operator, "took Salesforce too long", "smaller pieces"),
        (400, "OPERATION_TOO_LARGE", "exceeded 100000 distinct who/what's", Turn.Admin, "too large to be read at once", "Setup > Permission Sets"),
        (400, "INVALID_QUERY_LOCATOR", "invalid query locator", Turn.We, "no longer has the next page", "asks again"),
        (400, "EXCEEDED_ID_LIMIT", "too many ids", Turn.Operator, "cannot give out Account in this way", "another way"),
        (400, "EXCEEDED_MAX_SEMIJOIN_SUBSELECTS", "too many", Turn.Operator, "cannot give out Account in this way", "another way"),
        (400, "UNABLE_TO_LOCK_ROW", "unable to obtain exclusive access", Turn.We, "problem of its own", "tries again"),
        (400, "TXN_SECURITY_METERING_ERROR", "the policy took too long", Turn.We, "transaction security policy", "Exempt from Transaction Security"),
        (400, "LIMIT_EXCEEDED", "Max bulk v2 query jobs (10000) per 24 hrs has been reached", Turn.We, "Bulk API jobs", "when jobs are free again"),
        (401, "INVALID_SESSION_ID", "This session is not valid for use with the REST API", Turn.Admin, "may not use the org's API", "Setup > External Client App Manager"),
        (401, "INVALID_SESSION_ID", "Connected app is not attached to Agent", Turn.Admin, "may not use the org's API", "API Access Control"),
        (403, "REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded.", Turn.We, "used all of its API calls", "Setup > Company Information"),
        (403, "REQUEST_LIMIT_EXCEEDED", "ConcurrentRequests (Concurrent API Requests) Limit exceeded.", Turn.We, "too many long requests at once", "tries again shortly"),
        (403, "REQUEST_LIMIT_EXCEEDED", "ConcurrentPerOrgLongTxn Limit exceeded.", Turn.We, "too many long requests at once", "tries again shortly"),
        (403, "API_DISABLED_FOR_ORG", "The REST API is not enabled for this Organization.", Turn.Admin, "no API access", "Setup > Users > Permission Sets"),
        (403, "API_CURRENTLY_DISABLED", "API is not enabled for this Organization or Partner", Turn.Admin, "may not use the API", "Setup > Users > Permission Sets"),
        (403, "INSUFFICIENT_ACCESS", "insufficient access rights", Turn.Admin, "may not read Account", "Setup > Users > Permission Sets"),
        (403, "FUNCTIONALITY_NOT_ENABLED", "not enabled", Turn.Admin, "may not read Account", "Setup > Users > Permission Sets"),
        (403, null, "<html><body>Access denied</body></html>", Turn.Admin, "refused access to Account", "Setup > Network Access"),
        (404, "NOT_FOUND", "The requested resource does not exist", Turn.Operator, "does not offer what was asked", "leave the table out"),
        (404, "ENTITY_IS_DELETED", "entity is deleted", Turn.We, "no longer there", "looks again"),
        (405, "METHOD_NOT_ALLOWED", "HTTP method not allowed", Turn.Operator, "cannot give out Account in this way", "leave the table out"),
        (406, null, "", Turn.We, "cannot answer just now", "tries again"),
        (409, "VERSION_MISMATCH", "the job was made by another version", Turn.Operator, "does not offer what was asked", "another way"),
        (410, "UNSUPPORTED_API_VERSION", "API version is retired", Turn.Operator, "cannot give out Account in this way", "another way"),
        (412, "PRECONDITION_FAILED", "precondition", Turn.Operator, "for a reason Orgtap does not know", "Report this"),
        (414, null, "", Turn.Operator, "too long for the REST API", "fewer fields"),
        (420, null, "", Turn.We, "not available just now", "tries again"),
        (429, null, "", Turn.We, "cannot answer just now", "tries again"),
        (431, null, "<html><title>Too long</title></html>", Turn.Operator, "too long for the REST API", "fewer fields"),
        (500, "UNKNOWN_EXCEPTION", "An unexpected error occurred. Please include this ErrorId", Turn.We, "problem of its own", "status.salesforce.com"),
        (502, null, "<html>Bad gateway</html>", Turn.We, "cannot answer just now", "status.salesforce.com"),
        (503, "SERVER_UNAVAILABLE", "busy", Turn.We, "problem of its own", "status.salesforce.com"),
        (504, null, "", Turn.We, "cannot answer just now", "status.salesforce.com"),
    ];

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Each_stands_on_the_error_card_with_its_cause_its_turn_and_its_remedy()
    {
        await using var site = await ServedInstallation.StartAsync(serving: true);
        Assert.Equal(0, (await site.ConnectAsync()).ExitCode);
        var connection = await site.Service<ConnectionStore>().GetAsync("acme", Stop);
        using var pages = await SignedInAsync(site);
        var token = await site.Service<AccessTokens>().GetAsync(connection.Id, null, Stop);
        using var clients = new OrgClients(_ => new Bearer(token.Value) { InnerHandler = new RetryHandler(new WithoutPauses()) { InnerHandler = Transport.Create() } }, new AddressPolicy([site.Org.Address.Authority]), TimeProvider.System);
        var client = clients.Open(connection.Id, token.InstanceUrl, new CallCounter());
        await client.VersionAsync(Stop);
        foreach (var refusal in Refusals)
        {
            var fault = site.Org.Faults.Add(new FaultRule("GET */query*", refusal.Code is { } code
                ? FaultEffect.Answer.Error(refusal.Status, code, refusal.Text) : new FaultEffect.Answer(refusal.Status, refusal.Text, refusal.Text.StartsWith('<') ? "text/html" : "application/json")));
            var failure = await Assert.ThrowsAnyAsync<OrgtapException>(async () =>
            {
                await foreach (var page in client.QueryAsync("SELECT Id FROM Account", false, Stop)) page.Dispose();
            });
            site.Org.Faults.Remove(fault);
            await site.Service<ConnectionStore>().SetProblemAsync(connection.Id, null, Stop);
            await site.Service<ConnectionStore>().SetProblemAsync(connection.Id, Problem.From(failure, TimeProvider.System.GetUtcNow()), Stop);

            var card = Card().Match(WebUtility.HtmlDecode(await pages.GetStringAsync("/connections/acme", Stop))).Value;
            var words = refusal.Turn switch { Turn.Admin => "Salesforce admin’s turn", Turn.Operator => "Your turn", _ => "We " };
            Assert.All((string[])[refusal.Message, refusal.Remedy, words, failure.Message, failure.NextStep], part => Assert.True(card.Contains(part, StringComparison.Ordinal), $"{refusal.Status} {refusal.Code}: no “{part}” in {card}"));
            if (refusal.Turn == Turn.Admin) Assert.Contains("Setup >", failure.NextStep, StringComparison.Ordinal);
            if (refusal.Code is not null) Assert.True(card.Contains(refusal.Code, StringComparison.Ordinal) && !failure.Message.Contains(refusal.Code, StringComparison.Ordinal), $"{refusal.Code} belongs into the details alone");
        }
    }

    [Fact]
    public async Task An_admin_whose_user_may_not_use_the_API_reads_so_and_where_in_Setup_it_is_mended()
    {
        await using var site = await ServedInstallation.StartAsync(serving: true);
        Assert.Equal(0, (await site.ConnectAsync()).ExitCode);
        await site.Service<UserStore>().AddAsync("marta@brightwell.example", "Marta", Role.Operator, Stop);
        await site.Service<SelectionStore>().SetAsync((await site.Service<ConnectionStore>().GetAsync("acme", Stop)).Id, [new SelectedObject("Account")], Stop);
        var (request, link) = await AskAsync(site);
        using var visitor = new HttpClient(new SocketsHttpHandler()) { BaseAddress = site.Address };
        foreach (var (code, text, message, remedy) in ((string, string, string, string)[])[
            ("API_DISABLED_FOR_ORG", "The REST API is not enabled for this Organization.", "no API access", "API Enabled"),
            ("INSUFFICIENT_ACCESS", "insufficient access rights", "may not read", "Setup > Users > Permission Sets")])
        {
            var fault = site.Org.Faults.Add(new FaultRule("GET */services/data/v*", FaultEffect.Answer.Error(403, code, text)));
            var start = await BeginAsync(site, request, link);
            Assert.IsType<ReturnOutcome.NotAuthorized>(await CompleteAsync(site, start, await AtSalesforceAsync(site, start, allow: true)));
            site.Org.Faults.Remove(fault);
            var page = WebUtility.HtmlDecode(await visitor.GetStringAsync($"/a/{link}", Stop));
            Assert.All((string[])[message, remedy, "Your turn", "Nothing was changed", code], part => Assert.Contains(part, page, StringComparison.Ordinal));
            Assert.Equal(0, site.Org.Tokens.ApprovalCount);
        }
    }

    private static async Task<HttpClient> SignedInAsync(ServedInstallation site)
    {
        var user = await site.Service<UserStore>().AddAsync("marta@brightwell.example", "Marta", Role.Operator, Stop);
        var link = await site.Service<OneTimeLinks>().IssueAsync(user, LinkPurpose.SetPassword, Stop);
        var pages = new HttpClient(new SocketsHttpHandler()) { BaseAddress = site.Address };
        var form = FormToken().Match(await pages.GetStringAsync($"/link/{link.Reveal()}", Stop)).Groups[1].Value;
        (await pages.PostAsync($"/link/{link.Reveal()}", new FormUrlEncodedContent(new Dictionary<string, string> { ["form-token"] = form, ["password"] = "a long pass phrase of mine", ["repeat"] = "a long pass phrase of mine", ["again"] = "a long pass phrase of mine" }), Stop)).Dispose();
        return pages;
    }

    [GeneratedRegex("""<article class="incident".*?</article>""", RegexOptions.Singleline)]
    private static partial Regex Card();

    [GeneratedRegex("name=\"form-token\" value=\"([^\"]+)")]
    private static partial Regex FormToken();

    /// <summary>Pauses between tries are over at once; time-outs are not.</summary>
    private sealed class WithoutPauses : TimeProvider
    {
        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
            base.CreateTimer(callback, state, dueTime > TimeSpan.Zero && dueTime < TimeSpan.FromMinutes(1) ? TimeSpan.FromMilliseconds(1) : dueTime, period);
    }

    private sealed class Bearer(SecretText token) : DelegatingHandler
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token.Reveal());
            return base.SendAsync(request, cancellationToken);
        }
    }
}

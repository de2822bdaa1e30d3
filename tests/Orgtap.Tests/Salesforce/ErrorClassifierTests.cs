using System.Net;
using Orgtap.Primitives;
using Orgtap.Salesforce;
using Orgtap.Salesforce.OAuth;

namespace Orgtap.Tests.Salesforce;

public sealed class ErrorClassifierTests
{
    private static readonly Uri Login = new("https://login.salesforce.com/");

    [Theory]
    [InlineData(401, "INVALID_SESSION_ID", "Session expired or invalid", FailureKind.StaleToken)]
    [InlineData(401, "INVALID_SESSION_ID", "This session is not valid for use with the REST API", FailureKind.Permission)]
    [InlineData(401, "INVALID_SESSION_ID", "Connected app is not attached to Agent", FailureKind.Permission)]
    [InlineData(403, "REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded.", FailureKind.QuotaExhausted)]
    [InlineData(403, "REQUEST_LIMIT_EXCEEDED", "ConcurrentRequests (Concurrent API Requests) Limit exceeded.", FailureKind.Transient)]
    [InlineData(403, "REQUEST_LIMIT_EXCEEDED", "ConcurrentPerOrgLongTxn Limit exceeded.", FailureKind.Transient)]
    [InlineData(400, "LIMIT_EXCEEDED", "Max bulk v2 query jobs (10000) per 24 hrs has been reached", FailureKind.QuotaExhausted)]
    [InlineData(400, "INVALID_FIELD", "No such column 'Foo__c' on entity 'Account'.", FailureKind.SchemaChanged)]
    [InlineData(400, "INVALID_TYPE", "sObject type 'Foo' is not supported.", FailureKind.SchemaChanged)]
    [InlineData(400, "INVALIDENTITY", "Entity 'CaseStatus' is not supported by the Bulk API.", FailureKind.Unsupported)]
    [InlineData(400, "INVALID_TYPE_FOR_OPERATION", "entity type X does not support query", FailureKind.Unsupported)]
    [InlineData(400, "API_ERROR", "Implementation restriction: needs a filter", FailureKind.Unsupported)]
    [InlineData(400, "QUERY_TIMEOUT", "Your query request was running for too long.", FailureKind.Unsupported)]
    [InlineData(400, "INVALID_QUERY_LOCATOR", "invalid query locator", FailureKind.Transient)]
    [InlineData(400, "TXN_SECURITY_METERING_ERROR", "x", FailureKind.Transient)]
    [InlineData(403, "API_DISABLED_FOR_ORG", "The REST API is not enabled for this Organization.", FailureKind.Permission)]
    [InlineData(403, "API_CURRENTLY_DISABLED", "API is not enabled", FailureKind.Permission)]
    [InlineData(404, "NOT_FOUND", "The requested resource does not exist", FailureKind.Unsupported)]
    [InlineData(500, "UNKNOWN_EXCEPTION", "An unexpected error occurred. Please include this ErrorId", FailureKind.Transient)]
    [InlineData(503, "SERVER_UNAVAILABLE", "busy", FailureKind.Transient)]
    [InlineData(500, "APEX_ERROR", "System.AsyncException: The Apex job named 'X' is already scheduled for execution.", FailureKind.InvalidInput)]
    [InlineData(500, "APEX_ERROR", "System.AsyncException: Invalid job id: 08e000000000001AAA", FailureKind.InvalidInput)]
    [InlineData(500, "APEX_ERROR", "System.LimitException: You have exceeded the maximum number (100) of Apex scheduled jobs.", FailureKind.InvalidInput)]
    [InlineData(500, "APEX_ERROR", "System.AsyncException: Based on configured schedule, the given trigger 'X' will never fire.", FailureKind.InvalidInput)]
    [InlineData(500, "APEX_ERROR", "OrgJobsResource.JobException: X is not on the package's allowlist", FailureKind.Permission)]
    [InlineData(500, "APEX_ERROR", "System.NullPointerException: Attempt to de-reference a null object", FailureKind.Unsupported)]
    [InlineData(400, "SOMETHING_NEW", "x", FailureKind.Defect)]
    public void Classifies_by_code(int status, string code, string message, FailureKind expected)
    {
        var failure = ErrorClassifier.Classify("Account", (HttpStatusCode)status, $$"""[{"message":"{{message}}","errorCode":"{{code}}"}]""", "application/json");
        Assert.Equal(expected, failure.Kind);
        Assert.Equal(code, failure.ErrorCode);
        Assert.Contains(message, failure.Detail, StringComparison.Ordinal);
        Assert.DoesNotContain(code, failure.Message, StringComparison.Ordinal);
        Assert.NotEmpty(failure.NextStep);
    }

    [Theory]
    [InlineData(414, "", null, FailureKind.Unsupported)]
    [InlineData(431, "<html><head><title>Too long</title></head><body>URI too long</body></html>", "text/html", FailureKind.Unsupported)]
    [InlineData(420, "", null, FailureKind.Transient)]
    [InlineData(406, "", null, FailureKind.Transient)]
    [InlineData(429, "", null, FailureKind.Transient)]
    [InlineData(502, "<html>Bad gateway</html>", "text/html", FailureKind.Transient)]
    [InlineData(503, "<html><style>x{}</style>Down for maintenance</html>", null, FailureKind.Transient)]
    [InlineData(403, "<html>Blocked</html>", "text/html", FailureKind.Permission)]
    [InlineData(401, "", null, FailureKind.StaleToken)]
    [InlineData(302, "", null, FailureKind.InvalidInput)]
    [InlineData(410, """[{"errorCode":"UNSUPPORTED_API_VERSION","message":"gone"}]""", "application/json", FailureKind.Unsupported)]
    [InlineData(400, "{broken", "application/json", FailureKind.Defect)]
    public void Classifies_answers_without_a_code(int status, string body, string? contentType, FailureKind expected)
    {
        var failure = ErrorClassifier.Classify("Account", (HttpStatusCode)status, body, contentType);
        Assert.Equal(expected, failure.Kind);
        Assert.DoesNotContain("<", failure.Detail, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(OAuthStep.Refresh, 400, "invalid_grant", "expired access/refresh token", FailureKind.ReauthorizationRequired)]
    [InlineData(OAuthStep.Password, 400, "invalid_grant", "authentication failure", FailureKind.ReauthorizationRequired)]
    [InlineData(OAuthStep.Refresh, 400, "invalid_grant", "ip restricted", FailureKind.Permission)]
    [InlineData(OAuthStep.Refresh, 400, "invalid_grant", "inactive user", FailureKind.ReauthorizationRequired)]
    [InlineData(OAuthStep.Exchange, 400, "invalid_grant", "expired authorization code", FailureKind.ReauthorizationRequired)]
    [InlineData(OAuthStep.Exchange, 400, "invalid_client_id", "client identifier invalid", FailureKind.InvalidInput)]
    [InlineData(OAuthStep.Exchange, 400, "invalid_client", "invalid client credentials", FailureKind.InvalidInput)]
    [InlineData(OAuthStep.Exchange, 400, "invalid_app_access", "user is not admin approved to access this app", FailureKind.Permission)]
    [InlineData(OAuthStep.Password, 400, "unsupported_grant_type", "grant type not supported", FailureKind.Permission)]
    [InlineData(OAuthStep.Password, 400, "rate_limit_exceeded", "login rate exceeded", FailureKind.Transient)]
    [InlineData(OAuthStep.Password, 400, "invalid_grant", "login rate exceeded", FailureKind.Transient)]
    [InlineData(OAuthStep.Refresh, 500, "server_error", "x", FailureKind.Transient)]
    [InlineData(OAuthStep.Identity, 403, null, "Bad_OAuth_Token", FailureKind.Permission)]
    public void Classifies_what_login_hosts_say(OAuthStep step, int status, string? code, string text, FailureKind expected)
    {
        var body = code is null ? text : $$"""{"error":"{{code}}","error_description":"{{text}}"}""";
        var failure = ErrorClassifier.OAuth(step, Login, (HttpStatusCode)status, body, code is null ? "text/plain" : "application/json");
        Assert.Equal(expected, failure.Kind);
        Assert.Contains(text, failure.Detail, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(OAuthStep.ClientCredentials, "invalid_grant", "no client credentials user enabled", Turn.Admin, "no user to run as", "Run As")]
    [InlineData(OAuthStep.ClientCredentials, "invalid_grant", "client credentials flow not enabled", Turn.Admin, "not switched on", "Setup > External Client App Manager")]
    [InlineData(OAuthStep.ClientCredentials, "invalid_grant", "request not supported on this domain", Turn.Operator, "My Domain address only", "Setup > My Domain")]
    [InlineData(OAuthStep.JwtBearer, "invalid_grant", "user hasn't approved this consumer", Turn.Admin, "not been permitted", "Permitted Users")]
    [InlineData(OAuthStep.JwtBearer, "invalid_grant", "Audience validation failed", Turn.Operator, "not the address", "test.salesforce.com for a sandbox")]
    [InlineData(OAuthStep.JwtBearer, "invalid_grant", "invalid assertion", Turn.Operator, "signature", "Flow Enablement > JWT Bearer")]
    [InlineData(OAuthStep.JwtBearer, "invalid_app_access", "user is not admin approved to access this app", Turn.Admin, "until an admin permits it", "Policies")]
    [InlineData(OAuthStep.Device, "invalid_grant", "device flow is not enabled for the app", Turn.Admin, "not switched on", "Enable Device Flow")]
    [InlineData(OAuthStep.Device, "invalid_grant", "token exchange failed", Turn.Admin, "no longer valid", "new code")]
    [InlineData(OAuthStep.Device, "access_denied", "end-user denied authorization", Turn.Admin, "denied", "press Allow")]
    [InlineData(OAuthStep.Device, "server_error", "internal", Turn.We, "problem of its own", "status.salesforce.com")]
    [InlineData(OAuthStep.Refresh, "invalid_grant", "expired access/refresh token", Turn.Admin, "more than five times", "Authorize the connection again")]
    [InlineData(OAuthStep.Authorize, "redirect_uri_mismatch", "redirect_uri must match configuration", Turn.Operator, "callback address", "2 to 10 minutes")]
    [InlineData(OAuthStep.Authorize, "invalid_client", "app must be installed into org", Turn.Admin, "not installed", "Connected Apps OAuth Usage")]
    [InlineData(OAuthStep.Authorize, "invalid_request", "missing required code challenge", Turn.Operator, "did not accept the request", "setup guide")]
    public void Each_flow_has_its_own_words_for_a_refusal(OAuthStep step, string code, string text, Turn turn, string message, string remedy)
    {
        var failure = ErrorClassifier.OAuth(step, Login, HttpStatusCode.BadRequest, $$"""{"error":"{{code}}","error_description":"{{text}}"}""", "application/json");
        Assert.Equal((turn, code), (failure.Turn, failure.ErrorCode));
        Assert.Contains(message, failure.Message, StringComparison.Ordinal);
        Assert.Contains(remedy, failure.NextStep, StringComparison.Ordinal);
    }

    [Fact]
    public void Reads_errors_written_like_a_query_string()
    {
        var failure = ErrorClassifier.OAuth(OAuthStep.Exchange, Login, HttpStatusCode.BadRequest, "error=redirect_uri_mismatch&error_description=redirect_uri%20must%20match%20configuration", null);
        Assert.Equal("redirect_uri_mismatch", failure.ErrorCode);
        Assert.Equal(FailureKind.InvalidInput, failure.Kind);
        Assert.Contains("must match configuration", failure.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public void The_password_flow_names_every_cause_that_salesforce_hides()
    {
        var failure = ErrorClassifier.OAuth(OAuthStep.Password, Login, HttpStatusCode.BadRequest, """{"error":"invalid_grant","error_description":"authentication failure"}""", "application/json");
        foreach (var cause in (string[])["password", "security token", "login hours", "blocks", "withdrawing"])
            Assert.Contains(cause, failure.Message, StringComparison.Ordinal);
        Assert.Contains("Setup >", failure.NextStep, StringComparison.Ordinal);
    }

    [Fact]
    public void No_token_reaches_the_details()
    {
        var failure = ErrorClassifier.Classify("Account", HttpStatusCode.BadRequest, """[{"message":"bad session 00D000000000001AAA!AQ.secret_part here","errorCode":"X"}]""", "application/json");
        Assert.DoesNotContain("secret_part", failure.Detail, StringComparison.Ordinal);
        Assert.DoesNotContain("secret_part", failure.ToString(), StringComparison.Ordinal);
    }
}

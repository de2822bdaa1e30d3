using System.Net;
using System.Text.Json;
using System.Text.RegularExpressions;
using Orgtap.Primitives;
using Orgtap.Salesforce.Describe;

namespace Orgtap.Salesforce;

/// <summary>
/// Turns what Salesforce answered into a kind, a sentence for people and a next step: the only place that knows error codes. It reads a message
/// only where Salesforce gives one code two meanings. What is unknown is a <see cref="FailureKind.Defect"/>.
/// </summary>
public static partial class ErrorClassifier
{
    private const int MaximumDetail = 1000;

    /// <summary>Reads the body of an answer that is no success. The body is buffered, so it can be read again.</summary>
    public static async Task<SalesforceException> ReadAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        string body;
        try
        {
            await response.Content.LoadIntoBufferAsync(1_000_000, cancellationToken);
            body = await response.Content.ReadAsStringAsync(cancellationToken);
        }
        catch (Exception cut) when (cut is IOException or HttpRequestException)
        {
            body = "";
        }

        return Classify(OrgRequest.SubjectOf(response.RequestMessage), response.StatusCode, body, response.Content.Headers.ContentType?.MediaType, response.Headers.Location);
    }

    /// <summary>Classifies the answer of a REST or Bulk resource, or of one part of a composite answer.</summary>
    /// <param name="subject">What was asked for, e.g. a table's name; goes into the message.</param>
    public static SalesforceException Classify(string subject, HttpStatusCode status, string body, string? contentType, Uri? movedTo = null)
    {
        var (code, text) = ReadBody(body);
        var said = text ?? Outline(body, contentType);
        var detail = Detail(status, code, said);
        var (kind, message, nextStep) = Say(subject, (int)status, code, said ?? "", movedTo);
        return new SalesforceException(kind, message, nextStep, status, code, detail);
    }

    /// <summary>No answer came at all.</summary>
    public static SalesforceException Transport(string host, Exception failure)
    {
        var (message, nextStep) = failure switch
        {
            OperationCanceledException => ($"{host} did not answer in time.", "Orgtap tries again. If it goes on, look at https://status.salesforce.com and at this machine's network."),
            HttpRequestException { HttpRequestError: HttpRequestError.NameResolutionError } =>
                ($"The address {host} was not found.", "Check its spelling and this machine's network (DNS). Orgtap tries again."),
            HttpRequestException { HttpRequestError: HttpRequestError.SecureConnectionError } =>
                ($"No secure connection to {host}: its certificate was not accepted.", "If a proxy stands between, install its certificate on this machine. Orgtap tries again."),
            HttpRequestException { HttpRequestError: HttpRequestError.ConnectionError } =>
                ($"{host} cannot be reached.", "Check the address, and whether this machine may connect there (firewall, proxy). Orgtap tries again."),
            _ => ($"The connection to {host} failed.", "Orgtap tries again. If it goes on, check this machine's network."),
        };
        return new SalesforceException(FailureKind.Transient, message, nextStep, null, null, Clean($"{failure.GetType().Name}: {failure.Message}"), failure);
    }

    /// <summary>An answer began and did not end.</summary>
    internal static SalesforceException Cut(string subject, string how, Exception failure) => new(
        FailureKind.Transient, $"Reading {subject} stopped: {how}.", "Orgtap goes on from the last committed page.", null, null, Clean(failure.Message), failure);

    private static (FailureKind Kind, string Message, string NextStep) Say(string subject, int status, string? code, string text, Uri? movedTo) => (status, code) switch
    {
        (_, "REQUEST_LIMIT_EXCEEDED") when !text.Contains("Concurrent", StringComparison.OrdinalIgnoreCase) =>
            (FailureKind.QuotaExhausted, "The org has used all of its API calls of the last 24 hours.",
                "Orgtap goes on when calls are free again. Setup > Company Information shows the org's limit; other integrations share it."),
        (_, "REQUEST_LIMIT_EXCEEDED") => (FailureKind.Transient, "The org has too many long requests at once.", "Orgtap tries again shortly."),
        (_, "LIMIT_EXCEEDED") => (FailureKind.QuotaExhausted, "The org has used up its Bulk API jobs or result storage of the last 24 hours.",
            "Orgtap reads through the REST API where it can, and goes on when jobs are free again."),
        (_, "INVALID_SESSION_ID") when IsNoSession(text) => (FailureKind.Permission, $"The access that was granted may not use the org's API ({subject}).",
            "Setup > External Client App Manager: give the app the scope \"Manage user data via APIs (api)\", and check API Access Control; then authorize again."),
        (_, "INVALID_SESSION_ID" or "INVALID_AUTH_HEADER") => (FailureKind.StaleToken, "Salesforce no longer accepts the access token.", "Orgtap asks for a new one."),
        // The identity service has its own words for it, in plain text.
        (403, null) when text.Contains("Bad_OAuth_Token", StringComparison.Ordinal) || text.Contains("Missing_OAuth_Token", StringComparison.Ordinal) =>
            (FailureKind.StaleToken, "Salesforce no longer accepts the access token.", "Orgtap asks for a new one."),
        (401, _) => (FailureKind.StaleToken, "Salesforce no longer accepts the access token.", "Orgtap asks for a new one."),

        (_, "API_DISABLED_FOR_ORG") => (FailureKind.Permission, "The org's edition or the user's profile has no API access.",
            "Setup > Users > Permission Sets: give the integration user \"API Enabled\". Professional Edition needs the API add-on."),
        (_, "API_CURRENTLY_DISABLED") => (FailureKind.Permission, "The user may not use the API.",
            "Setup > Users > Permission Sets: give the integration user \"API Enabled\"."),
        (_, "INSUFFICIENT_ACCESS" or "INSUFFICIENT_ACCESS_OR_READONLY" or "INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY" or "CANNOT_EXECUTE_FLOW_TRIGGER" or "FUNCTIONALITY_NOT_ENABLED"
            or "INSUFFICIENT_PERMISSIONS" or "API_ACCESS_DENIED" or "FORBIDDEN") =>
            (FailureKind.Permission, $"The user may not read {subject}.", "Setup > Users > Permission Sets: give the integration user read access to it."),
        (_, "TXN_SECURITY_METERING_ERROR") => (FailureKind.Transient, $"A transaction security policy of the org held up {subject}.",
            "Orgtap tries again. If it goes on, Setup > Users > Permission Sets: give the integration user \"Exempt from Transaction Security\"."),
        (_, "LOGIN_MUST_USE_SECURITY_TOKEN" or "INVALID_LOGIN" or "PASSWORD_LOCKOUT" or "INACTIVE_ORG_OR_USER") =>
            (FailureKind.ReauthorizationRequired, "Salesforce no longer lets the user in.", "Setup > Users: look at the user's Login History; then authorize again."),

        (_, "INVALID_FIELD" or "INVALID_TYPE" or "INVALID_FIELD_FOR_INSERT_UPDATE" or "INVALID_TYPE_FOR_OPERATION_FIELD") =>
            (FailureKind.SchemaChanged, $"{subject}, or a field of it, is no longer there or no longer visible to the user.",
                "Orgtap looks at the table's fields again."),
        (_, "ENTITY_IS_DELETED") => (FailureKind.SchemaChanged, $"{subject} is no longer there.", "Orgtap looks again."),
        (_, "INVALID_QUERY_LOCATOR") =>
            (FailureKind.Transient, $"Salesforce no longer has the next page of {subject}.", "Orgtap asks again from the last committed row."),
        (_, "QUERY_TIMEOUT") => (FailureKind.Unsupported, $"Reading {subject} took Salesforce too long.", "Orgtap reads it in smaller pieces, or through the Bulk API; if this stays, choose fewer fields, or leave the table out."),
        // Salesforce works out what the user may see row by row; with the permission to see all there is nothing to work out.
        (_, "OPERATION_TOO_LARGE") => (FailureKind.Permission, $"{subject} is too large to be read at once by a user who may see only some of its rows.",
            "Setup > Permission Sets > the integration user's permission set: give \"View All Data\", or \"View All\" on this table under Object Settings."),
        (_, "INVALID_TYPE_FOR_OPERATION" or "EXTERNAL_OBJECT_UNSUPPORTED_EXCEPTION" or "INVALIDENTITY" or "FeatureNotEnabled" or "API_ERROR" or "INVALID_QUERY_FILTER_OPERATOR"
            or "MALFORMED_QUERY" or "MALFORMED_ID" or "EXCEEDED_ID_LIMIT" or "EXCEEDED_MAX_SEMIJOIN_SUBSELECTS" or "INVALID_REPLICATION_DATE" or "METHOD_NOT_ALLOWED" or "UNSUPPORTED_API_VERSION"
            or "INVALID_OPERATION" or "NOT_IMPLEMENTED" or "INVALID_BATCH_OPERATION") =>
            (FailureKind.Unsupported, $"Salesforce cannot give out {subject} in this way.",
                "Orgtap tries another way where there is one; otherwise leave the table out."),
        (_, "UNABLE_TO_LOCK_ROW" or "SERVER_UNAVAILABLE" or "UNKNOWN_EXCEPTION" or "INTERNAL_ERROR" or "INTERNAL_SERVER_ERROR") =>
            (FailureKind.Transient, "Salesforce had a problem of its own.", "Orgtap tries again. If it goes on, look at https://status.salesforce.com."),

        (_, "APEX_ERROR") => SayApex(subject, text),

        (>= 301 and <= 399, _) => (FailureKind.InvalidInput, $"Salesforce sends Orgtap on to {movedTo?.Host ?? "another address"}, which is not followed.",
            "Connect again with the org's present My Domain address (Setup > My Domain)."),
        (414 or 431, _) =>
            (FailureKind.Unsupported, $"The question about {subject} is too long for the REST API.", "Choose fewer fields, or let Orgtap use the Bulk API for it."),
        (404 or 405 or 409 or 410, _) => (FailureKind.Unsupported, $"The org does not offer what was asked about {subject}.", "Orgtap tries another way where there is one; otherwise leave the table out."),
        (420, _) => (FailureKind.Transient, "The org is not available just now.", "Orgtap tries again. A scratch or trial org may have expired."),
        (406 or 408 or 429, _) or (>= 500, _) =>
            (FailureKind.Transient, "Salesforce cannot answer just now.", "Orgtap tries again. If it goes on, look at https://status.salesforce.com."),
        (403, _) => (FailureKind.Permission, $"Salesforce refused access to {subject}.",
            "Setup > Users > Permission Sets: check the integration user's permissions; Setup > Network Access: check whether this machine's address may log in."),
        _ => (FailureKind.Defect, $"Salesforce refused a request about {subject} for a reason Orgtap does not know.", "Report this with the details below."),
    };

    // 401s that a new token does not mend; refreshing would go on for ever.
    private static bool IsNoSession(string text) =>
        text.Contains("not valid for use", StringComparison.OrdinalIgnoreCase) || text.Contains("not attached to Agent", StringComparison.OrdinalIgnoreCase);

    private static (string? Code, string? Text) ReadBody(string body)
    {
        if (body.TrimStart() is not ['[' or '{', ..]) return (null, null);
        try
        {
            using var document = JsonDocument.Parse(body);
            var root = document.RootElement;
            if (root.ValueKind == JsonValueKind.Array) root = root.GetArrayLength() > 0 ? root[0] : default;
            return (root.Text("errorCode") ?? root.Text("exceptionCode") ?? root.Text("error"),
                root.Text("message") ?? root.Text("exceptionMessage") ?? root.Text("error_description"));
        }
        catch (JsonException)
        {
            return (null, null);
        }
    }

    private static string Detail(HttpStatusCode status, string? code, string? text) =>
        Clean($"HTTP {(int)status}{(code is null ? "" : $" {code}")}{(string.IsNullOrEmpty(text) ? "" : $": {text}")}");

    // Edge pages are HTML; their words help, their markup does not.
    private static string? Outline(string body, string? contentType) => body.Length == 0 ? null
        : contentType?.Contains("html", StringComparison.OrdinalIgnoreCase) == true || body.TrimStart() is ['<', ..]
            ? Blanks().Replace(Markup().Replace(body, " "), " ").Trim()
            : body;

    private static string Clean(string text)
    {
        var clean = SessionId().Replace(text, "•••");
        return clean.Length <= MaximumDetail ? clean : clean[..MaximumDetail] + "…";
    }

    [GeneratedRegex(@"<(script|style)\b.*?</\1\s*>|<[^>]*>", RegexOptions.Singleline | RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex Markup();

    [GeneratedRegex(@"\s+", RegexOptions.CultureInvariant)]
    private static partial Regex Blanks();

    // An access token, wherever it turns up.
    [GeneratedRegex(@"00D\w{9,15}!\S+", RegexOptions.CultureInvariant)]
    private static partial Regex SessionId();
}

using System.Net;
using Orgtap.Primitives;

namespace Orgtap.Salesforce;

/// <summary>Salesforce, or the way to it, refused or failed. Made only by <see cref="ErrorClassifier"/> and where an answer breaks its documented shape.</summary>
/// <param name="statusCode">Null when no answer came.</param>
/// <param name="errorCode">Salesforce's code, e.g. <c>INVALID_FIELD</c> or <c>invalid_grant</c>; null where there was none.</param>
public sealed class SalesforceException(
    FailureKind kind, string message, string nextStep, HttpStatusCode? statusCode, string? errorCode, string? detail = null, Exception? innerException = null)
    : OrgtapException(kind, message, nextStep, detail, innerException)
{
    public HttpStatusCode? StatusCode { get; } = statusCode;

    public string? ErrorCode { get; } = errorCode;

    /// <summary>An answer that is not what Salesforce documents.</summary>
    /// <summary>A body that is empty or no JSON: an edge server or a proxy answered in Salesforce's place, which mostly passes.</summary>
    internal static SalesforceException Garbled(string subject, string what, Exception inner) => new(
        FailureKind.Transient, $"Salesforce's answer about {subject} was not understood: {what}.",
        "Orgtap asks again. If it goes on, check that the address is the org's own and that no proxy changes its answers.", null, null, what, inner);

    internal static SalesforceException Unexpected(string subject, string what, Exception? inner = null) => new(
        FailureKind.Defect, $"Salesforce's answer about {subject} was not understood: {what}.",
        "Check that the address is the org's own and that no proxy changes its answers. If it is, report this with the details below.", null, null, what, inner);
}

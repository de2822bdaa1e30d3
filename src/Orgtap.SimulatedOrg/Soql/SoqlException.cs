namespace Orgtap.SimulatedOrg.Soql;

/// <summary>A query Salesforce answers with 400. The message is Salesforce's own text, with its fragment and caret lines where it has them.</summary>
/// <param name="errorCode">e.g. <c>MALFORMED_QUERY</c>, <c>INVALID_FIELD</c>, <c>INVALID_TYPE</c>.</param>
public sealed class SoqlException(string errorCode, string message) : Exception(message)
{
    public string ErrorCode { get; } = errorCode;
}

/// <summary>Why the Bulk API refuses a query that REST takes.</summary>
public sealed record BulkRefusal(string ErrorCode, string Message);

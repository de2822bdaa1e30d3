namespace Orgtap.SimulatedOrg.Rest;

/// <summary>A refusal in the usual shape: an array with one message and error code.</summary>
public sealed class RestException(int status, string errorCode, string message) : Exception(message)
{
    /// <summary>The HTTP status.</summary>
    public int Status { get; } = status;

    /// <summary>e.g. <c>NOT_FOUND</c>.</summary>
    public string ErrorCode { get; } = errorCode;

    /// <summary>The fields at fault, where the refusal names them.</summary>
    public IReadOnlyList<string>? Fields { get; init; }

    public static RestException NotFound() => new(404, "NOT_FOUND", "The requested resource does not exist");

    public static RestException MethodNotAllowed(string method) =>
        new(405, "METHOD_NOT_ALLOWED", $"HTTP Method '{method}' not allowed. Allowed are HEAD,GET");

    public static RestException BadJson(string message) => new(400, "JSON_PARSER_ERROR", message);

    public static RestException InvalidSession() => new(401, "INVALID_SESSION_ID", "Session expired or invalid");

    public static RestException NoApiScope() => new(401, "INVALID_SESSION_ID", "This session is not valid for use with the REST API");

    public static RestException RequestLimit() => new(403, "REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded.");
}

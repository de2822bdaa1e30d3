namespace Orgtap.Salesforce;

/// <summary>What the handlers of the pipeline need to know of a request, as request options.</summary>
public static class OrgRequest
{
    /// <summary>Whose calls and bytes to count.</summary>
    public static readonly HttpRequestOptionsKey<CallCounter> Counter = new("orgtap.counter");

    /// <summary>What the request is about, in words for an error message, e.g. <c>Account</c>.</summary>
    public static readonly HttpRequestOptionsKey<string> Subject = new("orgtap.subject");

    /// <summary>The host the request was built for. If the org has moved meanwhile, the request follows it; to any other host it is not sent.</summary>
    public static readonly HttpRequestOptionsKey<Uri> Pinned = new("orgtap.pinned");

    /// <summary>The body is read by the caller as it arrives; otherwise it is read inside the attempt, so that a cut body is retried too.</summary>
    public static readonly HttpRequestOptionsKey<bool> StreamsBody = new("orgtap.streams-body");

    /// <summary>A POST that changes nothing in the org may be sent again.</summary>
    public static readonly HttpRequestOptionsKey<bool> Repeatable = new("orgtap.repeatable");

    /// <summary>The list of API versions: answered without a token and not counted by Salesforce.</summary>
    public static bool IsVersionList(Uri? address) => address?.AbsolutePath.TrimEnd('/') == "/services/data";

    /// <summary>What Salesforce does not count toward the org's calls: the list of versions, and the identity service.</summary>
    public static bool IsUncounted(Uri? address) => IsVersionList(address) || address?.AbsolutePath.StartsWith("/services/oauth2/", StringComparison.Ordinal) == true;

    /// <summary>Which interface an address belongs to.</summary>
    public static ApiKind KindOf(Uri? address)
    {
        // /services/data/v66.0/query/… : the word behind the version tells.
        var parts = address?.AbsolutePath.Split('/', StringSplitOptions.RemoveEmptyEntries) ?? [];
        if (parts is ["services", "apexrest", ..]) return ApiKind.Apex;
        if (parts is not ["services", "data", _, var resource, ..]) return ApiKind.Other;
        return resource switch
        {
            "query" or "queryAll" => ApiKind.Query,
            "jobs" => ApiKind.Bulk,
            "composite" => ApiKind.Composite,
            "limits" => ApiKind.Limits,
            "sobjects" => parts is [.., "deleted" or "updated"] ? ApiKind.Replication : ApiKind.Describe,
            _ => ApiKind.Other,
        };
    }

    internal static string SubjectOf(HttpRequestMessage? request) =>
        request is not null && request.Options.TryGetValue(Subject, out var subject) ? subject : request?.RequestUri?.Host ?? "the org";
}

/// <summary>Salesforce's interfaces, as far as calls to them are told apart.</summary>
public enum ApiKind
{
    /// <summary>What belongs to none of the others, e.g. record counts.</summary>
    Other,

    /// <summary>REST queries.</summary>
    Query,

    /// <summary>Bulk API 2.0: jobs and their results.</summary>
    Bulk,

    /// <summary>Several queries in one call.</summary>
    Composite,

    /// <summary>Tables and their fields.</summary>
    Describe,

    /// <summary>Lists of deleted records.</summary>
    Replication,

    /// <summary>The org's limits.</summary>
    Limits,

    /// <summary>Apex of the org's own.</summary>
    Apex,
}

using System.Text.Json;
using System.Text.Json.Serialization;
using Orgtap.SimulatedOrg.OAuth;

namespace Orgtap.SimulatedOrg.Faults;

/// <summary>What goes wrong when a <see cref="FaultRule"/> fires. In JSON the property <c>kind</c> names the effect.</summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "kind")]
[JsonDerivedType(typeof(Answer), "answer")]
[JsonDerivedType(typeof(Delay), "delay")]
[JsonDerivedType(typeof(RestError), "error")]
[JsonDerivedType(typeof(OAuthError), "oauthError")]
[JsonDerivedType(typeof(Closed), "closed")]
[JsonDerivedType(typeof(SlowBody), "slowBody")]
[JsonDerivedType(typeof(StallBody), "stallBody")]
[JsonDerivedType(typeof(CutBody), "cutBody")]
[JsonDerivedType(typeof(DropRows), "dropRows")]
[JsonDerivedType(typeof(WrongRecordCount), "wrongRecordCount")]
[JsonDerivedType(typeof(FailBulkJob), "failBulkJob")]
[JsonDerivedType(typeof(StickBulkJob), "stickBulkJob")]
[JsonDerivedType(typeof(RevokeGrant), "revokeGrant")]
[JsonDerivedType(typeof(ExpireSession), "expireSession")]
[JsonDerivedType(typeof(InstanceUrl), "instanceUrl")]
[JsonDerivedType(typeof(InactiveIdentity), "inactiveIdentity")]
[JsonDerivedType(typeof(RedirectTo), "redirectTo")]
[JsonDerivedType(typeof(OmitHeader), "omitHeader")]
[JsonDerivedType(typeof(StreamError), "streamError")]
[JsonDerivedType(typeof(RepeatEvents), "repeatEvents")]
public abstract record FaultEffect
{
    private FaultEffect() { }

    /// <summary>The request is not served; this is the answer.</summary>
    /// <param name="Body">Null = empty.</param>
    /// <param name="ContentType">Null with a body = JSON where it starts with [ or {, else HTML.</param>
    public sealed record Answer(int Status, string? Body = null, string? ContentType = null) : FaultEffect
    {
        /// <summary>The usual error body: an array of one message and code.</summary>
        public static Answer Error(int status, string errorCode, string message) =>
            new(status, $$"""[{"message":{{JsonSerializer.Serialize(message)}},"errorCode":"{{errorCode}}"}]""");
    }

    /// <summary>The request is refused as the REST API refuses: an array of one message and error code.</summary>
    public sealed record RestError(int Status, string ErrorCode, string Message) : FaultEffect;

    /// <summary>The request is refused as the token endpoint refuses: 400 with error and description.</summary>
    /// <param name="Code">e.g. <c>invalid_grant</c>.</param>
    public sealed record OAuthError(string Code, string Description) : FaultEffect;

    /// <summary>The request meets an org that is under maintenance (503) or gone (an empty 420).</summary>
    public sealed record Closed(Availability As = Availability.Maintenance) : FaultEffect;

    /// <summary>The body comes slowly, on the org's clock.</summary>
    public sealed record SlowBody(int BytesPerSecond) : FaultEffect;

    /// <summary>Identity and userinfo say that the user is inactive, and are answered all the same.</summary>
    public sealed record InactiveIdentity : FaultEffect;

    /// <summary>The same effect as a plain answer, where it is one.</summary>
    internal FaultEffect Plain => this switch
    {
        RestError error => Answer.Error(error.Status, error.ErrorCode, error.Message),
        OAuthError error => new Answer(400, JsonSerializer.Serialize(new Dictionary<string, string> { ["error"] = error.Code, ["error_description"] = error.Description })),
        _ => this,
    };

    /// <summary>The answer comes later, on the org's clock, or when all rules are removed.</summary>
    public sealed record Delay(TimeSpan For) : FaultEffect;

    /// <summary>The body stops after so many bytes, and the connection stays open until the client gives up.</summary>
    public sealed record StallBody(long AfterBytes) : FaultEffect;

    /// <summary>The connection is cut after so many bytes of the body; 0 = before the first, with the headers sent.</summary>
    public sealed record CutBody(long AfterBytes) : FaultEffect;

    /// <summary>The last rows of a result page (Bulk or REST) are missing, and nothing says so.</summary>
    /// <param name="LowerHeader">The page's <c>Sforce-NumberOfRecords</c> tells the lower number; the job's total never does.</param>
    public sealed record DropRows(int Rows, bool LowerHeader = false) : FaultEffect;

    /// <summary><c>Sforce-NumberOfRecords</c> is wrong by so much; the rows are all there.</summary>
    public sealed record WrongRecordCount(int Difference) : FaultEffect;

    /// <summary>The Bulk job created by the request ends as Failed.</summary>
    /// <param name="ErrorMessage">Null = the job info carries no <c>errorMessage</c>, which happens.</param>
    public sealed record FailBulkJob(string? ErrorMessage = null) : FaultEffect;

    /// <summary>The Bulk job created by the request never gets beyond InProgress.</summary>
    public sealed record StickBulkJob : FaultEffect;

    /// <summary>The approval behind the request's token is revoked just before it is served, with its refresh token.</summary>
    public sealed record RevokeGrant : FaultEffect;

    /// <summary>The request's session is ended just before it is served; a refresh mends it.</summary>
    public sealed record ExpireSession : FaultEffect;

    /// <summary>The token endpoint names this address as <c>instance_url</c>.</summary>
    public sealed record InstanceUrl(string Url) : FaultEffect;

    /// <summary>The answer comes without this header.</summary>
    public sealed record OmitHeader(string Name) : FaultEffect;

    /// <summary>Every message of a request to <c>/cometd</c> is refused.</summary>
    /// <param name="Error">As Salesforce words it: <c>403::Unknown client</c>, <c>503::Server is too busy</c> …</param>
    /// <param name="Reconnect">The advice beside it: retry, handshake or none.</param>
    public sealed record StreamError(string Error, string Reconnect = "retry") : FaultEffect;

    /// <summary>The answer to <c>/meta/connect</c> begins with the last events delivered before: none is lost, some come twice.</summary>
    public sealed record RepeatEvents(int Count = 1) : FaultEffect;

    /// <summary>The request is answered with a redirect elsewhere.</summary>
    public sealed record RedirectTo(string Url, int Status = 302) : FaultEffect;
}

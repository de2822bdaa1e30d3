using Orgtap.Primitives;

namespace Orgtap.Reauthorization;

/// <summary>How an authorization request stands, for the operator.</summary>
public enum RequestState
{
    /// <summary>Nobody has opened its link yet.</summary>
    Waiting,

    /// <summary>Its link was opened, by the admin or by a mail scanner.</summary>
    Opened,

    /// <summary>Authorize was pressed; the admin is at Salesforce, or gave up there.</summary>
    Started,

    /// <summary>Authorize was pressed a while ago and Salesforce never sent the admin back: it showed an error page of its own, or the admin left.</summary>
    NeverCameBack,

    /// <summary>The admin came back without an authorization that could be accepted, and may try again.</summary>
    SetBack,

    Completed,
    Declined,
    Withdrawn,
    Expired,
}

/// <summary>Why an attempt did not end in an accepted grant.</summary>
public enum SetbackKind
{
    /// <summary>Deny was pressed at Salesforce.</summary>
    Denied,

    /// <summary>The admin signed in to another org.</summary>
    WrongOrg,

    /// <summary>The user sees less than what is copied.</summary>
    MissingAccess,

    /// <summary>Salesforce, or the way to it, refused.</summary>
    Refused,
}

/// <summary>Something selected that a user does not see.</summary>
/// <param name="Fields">Labels with API names; none: the whole table.</param>
public sealed record MissingAccess(string SObject, string Label, IReadOnlyList<string> Fields);

/// <summary>An attempt that did not end in an accepted grant. Nothing was changed, and what Salesforce gave was given back.</summary>
/// <param name="As">The user who signed in; null where that is not known.</param>
/// <param name="OtherOrg">The org that was signed in to, where it was another one.</param>
public sealed record Setback(
    SetbackKind Kind, DateTimeOffset At, string Message, string NextStep, Turn Turn, string? Detail, string? As, string? OtherOrg, IReadOnlyList<MissingAccess> Missing)
{
    /// <summary>For whoever is told by an exception.</summary>
    public OrgtapException Failure => new(
        Turn switch { Turn.Admin => Kind is SetbackKind.MissingAccess ? FailureKind.Permission : FailureKind.ReauthorizationRequired, Turn.Operator => FailureKind.InvalidInput, _ => FailureKind.Transient },
        Message, NextStep, Detail);

    public static Setback Of(OrgtapException failure, DateTimeOffset now, bool denied) => new(
        denied ? SetbackKind.Denied : SetbackKind.Refused, now, failure.Message, failure.NextStep, failure.Turn, failure.Detail, null, null, []);
}

/// <summary>The invitation to a Salesforce admin to authorize a connection, for the first time or again.</summary>
/// <param name="ConnectionId">Null until a first authorization is accepted.</param>
/// <param name="Name">Of the connection.</param>
/// <param name="LoginUrl">First authorization: where the org signs in, as typed; null: the admin says.</param>
/// <param name="ConsumerKey">First authorization: the app; null: the admin makes one and gives its key.</param>
/// <param name="Note">A sentence of the operator's.</param>
/// <param name="AskedBy">E-mail address.</param>
/// <param name="Setback">Of the last attempt.</param>
public sealed record AuthorizationRequest(
    string Id, ConnectionId? ConnectionId, bool IsFirst, string Name, string? LoginUrl, string? ConsumerKey, int QuotaThresholdPercent, string AdminName, string AdminEmail, string? Note,
    string AskedBy, string AskedByName, DateTimeOffset CreatedAt, DateTimeOffset ExpiresAt, DateTimeOffset? OpenedAt, DateTimeOffset? StartedAt, Setback? Setback,
    DateTimeOffset? DeclinedAt, string? DeclineReason, DateTimeOffset? WithdrawnAt, DateTimeOffset? CompletedAt, string? CompletedAs, int? TablesChecked)
{
    /// <summary>First authorization: the app of the installation that it is made with; null: another one.</summary>
    public string? App { get; init; }

    /// <summary>First authorization: what the admin has typed of the app, kept for the next try; null: nothing yet, or the request names the app.</summary>
    public GivenApp? Given { get; init; }

    /// <summary>How long an admin needs at Salesforce, generously; after that the operator is told what may have happened.</summary>
    public static readonly TimeSpan PatienceAtSalesforce = TimeSpan.FromMinutes(10);

    /// <summary>How its e-mails are found in the outbox.</summary>
    public string About => AboutOf(Id);

    public static string AboutOf(string id) => $"request:{id}";

    public RequestState StateAt(DateTimeOffset now) =>
        CompletedAt is not null ? RequestState.Completed
        : WithdrawnAt is not null ? RequestState.Withdrawn
        : DeclinedAt is not null ? RequestState.Declined
        : now >= ExpiresAt ? RequestState.Expired
        : Setback is { } setback && setback.At >= StartedAt ? RequestState.SetBack
        : StartedAt is { } started ? now - started > PatienceAtSalesforce ? RequestState.NeverCameBack : RequestState.Started
        : OpenedAt is not null ? RequestState.Opened
        : RequestState.Waiting;

    /// <summary>The admin can still authorize.</summary>
    public bool IsOpenAt(DateTimeOffset now) => CompletedAt is null && WithdrawnAt is null && now < ExpiresAt;
}

/// <summary>What an admin has typed of an app, without its secret.</summary>
/// <param name="HasSecret">One is stored; it is used again for the same key and address.</param>
public sealed record GivenApp(string LoginUrl, string ConsumerKey, bool HasSecret);

/// <summary>What somebody of this Orgtap asks an admin for.</summary>
/// <param name="Connection">The name of a connection that is to be authorized again, or of one that does not exist yet.</param>
/// <param name="LoginUrl">First authorization only, as are key and secret; null: the admin says.</param>
/// <param name="Days">How long the link works, 1 to 30.</param>
public sealed record AuthorizationAsk(
    string Connection, string AdminName, string AdminEmail, string? Note, string AskedBy, string AskedByName, string? LoginUrl = null, string? ConsumerKey = null, SecretText? ConsumerSecret = null,
    int Days = AuthorizationAsk.UsualDays, int QuotaThresholdPercent = 80)
{
    /// <summary>First authorization: an app of the installation in place of key and secret.</summary>
    public string? App { get; init; }

    public const int UsualDays = 7;
}

/// <summary>A request whose link was just made.</summary>
/// <param name="Link">Shown once; only its hash is stored.</param>
/// <param name="IsMailed">An e-mail with the link is on its way; otherwise somebody has to hand it over.</param>
public sealed record AskedAuthorization(AuthorizationRequest Request, Uri Link, bool IsMailed);

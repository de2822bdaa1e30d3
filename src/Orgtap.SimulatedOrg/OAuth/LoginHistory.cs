namespace Orgtap.SimulatedOrg.OAuth;

/// <summary>Where somebody wants to come in.</summary>
public enum LoginDoor
{
    /// <summary>The login page.</summary>
    Browser,

    /// <summary>The exchange of an authorization code.</summary>
    Code,

    /// <summary>A refresh token.</summary>
    Refresh,

    /// <summary>The username-password flow.</summary>
    Password,

    /// <summary>The JWT bearer flow.</summary>
    Jwt,

    /// <summary>The client credentials flow.</summary>
    ClientCredentials,

    /// <summary>The last poll of the device flow.</summary>
    Device,

    /// <summary>SOAP <c>login()</c>.</summary>
    Soap,
}

/// <summary>Why somebody is not let in. Clients are told less: see <see cref="LoginWords"/>.</summary>
public enum LoginRefusal
{
    /// <summary>Unknown name, wrong password or missing security token.</summary>
    WrongCredentials,

    /// <summary>The password was right, but the security token behind it was missing.</summary>
    TokenMissing,

    /// <summary>The user lacks a permission that this way in wants.</summary>
    PermissionMissing,

    /// <summary>The user was deactivated.</summary>
    Inactive,

    /// <summary>The user was frozen.</summary>
    Frozen,

    /// <summary>Too many wrong passwords.</summary>
    LockedOut,

    /// <summary>Outside the login hours of the profile.</summary>
    LoginHours,

    /// <summary>Outside the IP ranges of the profile or the app.</summary>
    IpRange,

    /// <summary>The org is locked.</summary>
    OrgLocked,

    /// <summary>The org was closed.</summary>
    OrgInactive,

    /// <summary>The org blocks this way in.</summary>
    FlowBlocked,

    /// <summary>An administrator blocked the app.</summary>
    AppBlocked,

    /// <summary>Only users that an administrator approved may use the app.</summary>
    NotAdminApproved,

    /// <summary>The user never allowed the app.</summary>
    NotApproved,

    /// <summary>Too many logins within an hour.</summary>
    RateExceeded,
}

/// <summary>One attempt to come in.</summary>
/// <param name="Refusal">Why it failed; null = it succeeded.</param>
/// <param name="App">Consumer key; null where no app took part.</param>
public sealed record LoginAttempt(DateTimeOffset At, string Username, LoginDoor Door, LoginRefusal? Refusal, string? App);

/// <summary>
/// What Salesforce shows under Setup &gt; Login History: the true reason of each refusal, which the client was not told. The last 5,000. Thread-safe.
/// </summary>
public sealed class LoginHistory
{
    private const int Kept = 5_000;
    private readonly Lock _gate = new();
    private readonly Queue<LoginAttempt> _attempts = new();

    /// <summary>Oldest first.</summary>
    public IReadOnlyList<LoginAttempt> Attempts { get { lock (_gate) return [.. _attempts]; } }

    internal void Add(LoginAttempt attempt)
    {
        lock (_gate)
        {
            if (_attempts.Count == Kept) _attempts.Dequeue();
            _attempts.Enqueue(attempt);
        }
    }
}

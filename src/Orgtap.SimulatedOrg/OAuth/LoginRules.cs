namespace Orgtap.SimulatedOrg.OAuth;

/// <summary>Decides who comes in, through which door and with which app, and notes it in the login history. Thread-safe.</summary>
internal sealed class LoginRules(OrgSettings settings, LoginHistory history, TimeProvider time)
{
    private static readonly TimeSpan RateWindow = TimeSpan.FromHours(1);
    private readonly Lock _gate = new();
    private readonly Dictionary<string, Queue<DateTimeOffset>> _logins = [];
    private readonly Lockouts _lockouts = new(settings, time);

    /// <summary>
    /// Lets a user in who has shown what the door wants (password, code, token), or says why not. A login that is let in counts against the hourly rate.
    /// </summary>
    /// <returns>Null = come in.</returns>
    public LoginRefusal? Enter(LoginDoor door, OrgUser user, ConnectedApp? app)
    {
        var refusal = Why(door, user, app);
        if (refusal is null && !CountsWithin(user.Id)) refusal = LoginRefusal.RateExceeded;
        Note(door, user.Username, app, refusal);
        return refusal;
    }

    /// <summary>Notes a failure that happened before anybody was identified.</summary>
    public LoginRefusal Refuse(LoginDoor door, string username, ConnectedApp? app, LoginRefusal refusal)
    {
        Note(door, username, app, refusal);
        return refusal;
    }

    /// <summary>Lets somebody in by name and password, or says why not.</summary>
    /// <param name="password">With the security token behind it where <paramref name="withToken"/>.</param>
    public (OrgUser? User, LoginRefusal? Refusal) Enter(LoginDoor door, OrgUsers users, string username, string password, bool withToken, ConnectedApp? app)
    {
        var policies = settings.Policies;
        if (door == LoginDoor.Password && !(policies.PasswordFlow && !(policies.PasswordFlowEnds <= time.GetUtcNow())) || door == LoginDoor.Soap && !policies.SoapLogin)
            return (null, Refuse(door, username, app, LoginRefusal.FlowBlocked));
        if (users.Find(username) is not { } user) return (null, Refuse(door, username, app, LoginRefusal.WrongCredentials));
        var right = SameText.As(withToken ? user.Password + user.SecurityToken : user.Password, password)
            || withToken && policies.TrustedNetwork && SameText.As(user.Password, password);
        // Whether the password was right is not told of a user who may not come in anyway.
        if (_lockouts.Holds(user.Id)) return (null, Refuse(door, user.Username, app, LoginRefusal.LockedOut));
        var wrong = withToken && SameText.As(user.Password, password) ? LoginRefusal.TokenMissing : LoginRefusal.WrongCredentials;
        var refusal = user is { Active: true, LockedOut: false } && !right ? Refuse(door, user.Username, app, wrong) : Enter(door, user, app);
        if (refusal == LoginRefusal.WrongCredentials) _lockouts.CountWrong(user.Id);
        if (refusal is not null) return (null, refusal);
        _lockouts.Forget(user.Id);
        return (user, null);
    }

    private LoginRefusal? Why(LoginDoor door, OrgUser user, ConnectedApp? app)
    {
        var policies = settings.Policies;
        if (policies.Inactive) return LoginRefusal.OrgInactive;
        if (policies.Locked) return LoginRefusal.OrgLocked;
        if (!user.Active) return LoginRefusal.Inactive;
        if (user.Frozen) return LoginRefusal.Frozen;
        if (user.LockedOut && door is LoginDoor.Browser or LoginDoor.Password or LoginDoor.Soap) return LoginRefusal.LockedOut;
        if (door == LoginDoor.Soap && !user.UsesAnyApiAuth) return LoginRefusal.PermissionMissing;
        if (user.OutsideLoginHours) return LoginRefusal.LoginHours;
        if (user.OutsideIpRanges || app is { IpRestricted: true }) return LoginRefusal.IpRange;
        if (app is null) return null;
        if (app.Blocked) return LoginRefusal.AppBlocked;
        return app.AdminApprovedOnly && !app.IsAdminApproved(user) ? LoginRefusal.NotAdminApproved : null;
    }

    private bool CountsWithin(string userId)
    {
        lock (_gate)
        {
            var now = time.GetUtcNow();
            if (!_logins.TryGetValue(userId, out var logins)) _logins[userId] = logins = new Queue<DateTimeOffset>();
            while (logins.TryPeek(out var first) && now - first >= RateWindow) logins.Dequeue();
            if (logins.Count >= settings.Policies.LoginsPerHour) return false;
            logins.Enqueue(now);
            return true;
        }
    }

    private void Note(LoginDoor door, string username, ConnectedApp? app, LoginRefusal? refusal) =>
        history.Add(new LoginAttempt(time.GetUtcNow(), username, door, refusal, app?.ClientId));
}

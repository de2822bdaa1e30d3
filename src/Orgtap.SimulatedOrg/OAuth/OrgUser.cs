namespace Orgtap.SimulatedOrg.OAuth;

/// <summary>Someone who can sign in. Every member beyond the name is a switch of what may be wrong with a user.</summary>
/// <param name="Id">18 characters, 005….</param>
/// <param name="SecurityToken">Appended to the password in the username-password flow and in SOAP logins.</param>
/// <param name="Active">Deactivated users lose their sessions at once.</param>
public sealed record OrgUser(string Id, string Username, string Password, string SecurityToken, string Name, bool Active = true)
{
    /// <summary>The user's address; Salesforce usernames look like one.</summary>
    public string Email => Username;

    /// <summary>May not sign in or refresh; sessions live on to their end (unverified).</summary>
    public bool Frozen { get; init; }

    /// <summary>Too many wrong passwords: no password is accepted, refreshes go on.</summary>
    public bool LockedOut { get; init; }

    /// <summary>The password must be changed in a browser first.</summary>
    public bool PasswordExpired { get; init; }

    /// <summary>It is outside the login hours of the user's profile.</summary>
    public bool OutsideLoginHours { get; init; }

    /// <summary>Clients are outside the IP ranges of the user's profile.</summary>
    public bool OutsideIpRanges { get; init; }

    /// <summary>Has the permission API Enabled.</summary>
    public bool ApiEnabled { get; init; } = true;

    /// <summary>An integration licence: cannot approve an app in a browser.</summary>
    public bool ApiOnly { get; init; }

    /// <summary>Has the permission Approve Uninstalled Connected Apps.</summary>
    public bool ApprovesUninstalledApps { get; init; }

    /// <summary>Has the permission Author Apex, which anonymous Apex wants.</summary>
    public bool AuthorsApex { get; init; } = true;

    /// <summary>May use the Apex class of the package that lists, stops and starts jobs.</summary>
    public bool JobsClass { get; init; } = true;

    /// <summary>Has the permission Use Any API Auth, which SOAP <c>login()</c> wants.</summary>
    public bool UsesAnyApiAuth { get; init; } = true;
}

/// <summary>The org's users. Thread-safe.</summary>
public sealed class OrgUsers(OrgUser first)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, OrgUser> _byName = new(StringComparer.OrdinalIgnoreCase) { [first.Username] = first };

    /// <summary>Raised when a user gets another password.</summary>
    public event Action<OrgUser>? PasswordChanged;

    /// <summary>The user the org was started with; also the first Run-As user of the client credentials flow.</summary>
    public OrgUser First => Find(first.Username)!;

    /// <summary>Everyone, by name.</summary>
    public IReadOnlyList<OrgUser> All { get { lock (_gate) return [.. _byName.Values.OrderBy(user => user.Username, StringComparer.OrdinalIgnoreCase)]; } }

    /// <summary>The user of that name; case does not matter.</summary>
    public OrgUser? Find(string username) { lock (_gate) return _byName.GetValueOrDefault(username); }

    /// <summary>The user of that Id.</summary>
    public OrgUser? ById(string id) { lock (_gate) return _byName.Values.FirstOrDefault(user => user.Id == id); }

    /// <summary>Adds a user, or replaces the one of the same name (another password, deactivated).</summary>
    public void Put(OrgUser user)
    {
        bool changed;
        lock (_gate)
        {
            changed = _byName.TryGetValue(user.Username, out var before) && before.Password != user.Password;
            _byName[user.Username] = user;
        }
        if (changed) PasswordChanged?.Invoke(user);
    }
}

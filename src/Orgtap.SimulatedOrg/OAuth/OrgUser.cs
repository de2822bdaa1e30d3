namespace Orgtap.SimulatedOrg.OAuth;

/// <summary>Someone who can sign in.</summary>
/// <param name="Id">18 characters, 005….</param>
/// <param name="SecurityToken">Appended to the password in the username-password flow.</param>
public sealed record OrgUser(string Id, string Username, string Password, string SecurityToken, string Name, bool Active = true)
{
    /// <summary>The user's address; Salesforce usernames look like one.</summary>
    public string Email => Username;
}

/// <summary>The org's users. Thread-safe.</summary>
public sealed class OrgUsers(OrgUser first)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, OrgUser> _byName = new(StringComparer.OrdinalIgnoreCase) { [first.Username] = first };

    /// <summary>The user the org was started with; also the Run-As user of the client credentials flow.</summary>
    public OrgUser First => Find(first.Username)!;

    /// <summary>The user of that name; case does not matter.</summary>
    public OrgUser? Find(string username) { lock (_gate) return _byName.GetValueOrDefault(username); }

    /// <summary>The user of that Id.</summary>
    public OrgUser? ById(string id) { lock (_gate) return _byName.Values.FirstOrDefault(user => user.Id == id); }

    /// <summary>Adds a user, or replaces the one of the same name (another password, deactivated).</summary>
    public void Put(OrgUser user) { lock (_gate) _byName[user.Username] = user; }
}

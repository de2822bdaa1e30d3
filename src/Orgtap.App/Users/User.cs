namespace Orgtap.App.Users;

/// <summary>What a user may do; each role may do what the ones before it may.</summary>
public enum Role
{
    /// <summary>Sees everything but secrets.</summary>
    Viewer,

    /// <summary>Connects orgs, chooses data, starts, pauses and removes.</summary>
    Operator,

    /// <summary>Also adds people and gives out tokens.</summary>
    Administrator,
}

/// <summary>Somebody who may sign in.</summary>
/// <param name="Email">Lower case; unique.</param>
/// <param name="SecurityStamp">Changes with the password and when sessions are ended; a session with another stamp is over.</param>
public sealed record User(
    string Id, string Email, string Name, Role Role, string? PasswordHash, string SecurityStamp, DateTimeOffset CreatedAt, DateTimeOffset? LastSignInAt)
{
    /// <summary>An account made at first start, which its owner has not filled in yet.</summary>
    public bool IsUnclaimed => PasswordHash is null && Email == UnclaimedEmail;

    /// <summary>Cannot be typed at sign-in, so nobody can guess its way in.</summary>
    internal const string UnclaimedEmail = "first administrator";
}

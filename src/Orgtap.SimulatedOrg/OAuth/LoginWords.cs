namespace Orgtap.SimulatedOrg.OAuth;

/// <summary>What Salesforce tells those it does not let in. Most of the time that is less than it knows.</summary>
internal static class LoginWords
{
    /// <summary>The token endpoint's words.</summary>
    public static OAuthException Token(LoginDoor door, LoginRefusal refusal) => (door, refusal) switch
    {
        (_, LoginRefusal.RateExceeded) => new OAuthException("rate_limit_exceeded", "login rate exceeded"),
        // One answer for every cause: the true one stands only in the login history.
        (LoginDoor.Password, _) => OAuthException.AuthenticationFailure(),
        (LoginDoor.Refresh, LoginRefusal.Inactive or LoginRefusal.Frozen) => OAuthException.AuthenticationFailure(),
        // Blocking an app revokes everything it holds.
        (LoginDoor.Refresh, LoginRefusal.AppBlocked) => OAuthException.DeadToken(),
        (LoginDoor.ClientCredentials, LoginRefusal.Inactive) => OAuthException.NoRunAsUser(),
        (_, LoginRefusal.Inactive or LoginRefusal.Frozen) => new OAuthException("inactive_user", "inactive user"),
        (_, LoginRefusal.OrgInactive) => new OAuthException("inactive_org", "inactive organization"),
        (_, LoginRefusal.OrgLocked) => new OAuthException("invalid_grant", "org locked"),
        (_, LoginRefusal.LoginHours) => new OAuthException("invalid_grant", "invalid login hours"),
        (_, LoginRefusal.IpRange) => new OAuthException("invalid_grant", "ip restricted"),
        (_, LoginRefusal.NotApproved) => new OAuthException("invalid_grant", "user hasn't approved this consumer"),
        (_, LoginRefusal.AppBlocked or LoginRefusal.NotAdminApproved) => new OAuthException("invalid_app_access", "user is not admin approved to access this app"),
        _ => OAuthException.AuthenticationFailure(),
    };

    /// <summary>The login page's words.</summary>
    public static string Page(LoginRefusal refusal) => refusal switch
    {
        LoginRefusal.RateExceeded => "You've logged in too often within the last hour. Try again later.",
        LoginRefusal.LoginHours => "You can't log in at this hour. Contact your administrator.",
        LoginRefusal.IpRange => "You can't log in from this network. Contact your administrator.",
        LoginRefusal.OrgLocked or LoginRefusal.OrgInactive => "Your organization isn't available. Contact your administrator.",
        _ => "Please check your username and password. If you still can't log in, contact your administrator.",
    };
}

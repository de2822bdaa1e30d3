namespace Orgtap.SimulatedOrg.OAuth;

/// <summary>A refusal of the token endpoint: 400 with <c>error</c> and <c>error_description</c>.</summary>
public sealed class OAuthException(string error, string description) : Exception($"{error}: {description}")
{
    /// <summary>e.g. <c>invalid_grant</c>.</summary>
    public string Error { get; } = error;

    /// <summary>Salesforce's own words.</summary>
    public string Description { get; } = description;

    /// <summary>Bad password, missing security token, locked user, flow not allowed: Salesforce answers all alike. So it does when the user behind a refresh token is deactivated or has another password.</summary>
    public static OAuthException AuthenticationFailure() => new("invalid_grant", "authentication failure");

    public static OAuthException UnknownClient() => new("invalid_client_id", "client identifier invalid");

    public static OAuthException WrongSecret() => new("invalid_client", "invalid client credentials");

    public static OAuthException DeadToken() => new("invalid_grant", "expired access/refresh token");

    public static OAuthException NoRunAsUser() => new("invalid_grant", "no client credentials user enabled");

    public static OAuthException Missing(string parameter) => new("invalid_request", $"missing required parameter: {parameter}");
}

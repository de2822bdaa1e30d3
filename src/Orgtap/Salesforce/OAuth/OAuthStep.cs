namespace Orgtap.Salesforce.OAuth;

/// <summary>Which request to a login host failed: the same code means different things.</summary>
public enum OAuthStep
{
    Authorize,
    Exchange,
    Password,
    Refresh,
    ClientCredentials,
    JwtBearer,
    Device,
    Revoke,
    Identity,
}

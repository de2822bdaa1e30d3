using Orgtap.SimulatedOrg.OAuth;

namespace Orgtap.SimulatedOrg.Soap;

/// <summary>How SOAP <c>login()</c> says why somebody is not let in. The codes are those of the SOAP API's ExceptionCode; the words are not verified.</summary>
internal static class SoapWords
{
    public static SoapException Fault(LoginRefusal refusal) => refusal switch
    {
        LoginRefusal.TokenMissing => new SoapException("LOGIN_MUST_USE_SECURITY_TOKEN",
            "Invalid username, password, security token; or user locked out. Log in from a trusted network, or append the security token to the password."),
        LoginRefusal.LoginHours => new SoapException("LOGIN_DURING_RESTRICTED_TIME", "Login is not allowed at this time"),
        LoginRefusal.IpRange => new SoapException("LOGIN_DURING_RESTRICTED_DOMAIN", "Login is not allowed from this address"),
        LoginRefusal.OrgLocked or LoginRefusal.OrgInactive => new SoapException("ORG_LOCKED", "The organization is locked"),
        LoginRefusal.FlowBlocked => new SoapException("INVALID_OPERATION", "SOAP API login() is disabled by default in this org."),
        LoginRefusal.PermissionMissing => new SoapException("INSUFFICIENT_ACCESS", "SOAP API login() needs the permission Use Any API Auth"),
        LoginRefusal.RateExceeded => new SoapException("LOGIN_RATE_EXCEEDED", "Login rate exceeded"),
        // Not even a locked or deactivated user learns more.
        _ => new SoapException("INVALID_LOGIN", "Invalid username, password, security token; or user locked out."),
    };
}

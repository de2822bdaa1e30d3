namespace Orgtap.SimulatedOrg.OAuth;

/// <summary>Whether the org answers at all.</summary>
public enum Availability
{
    /// <summary>As usual.</summary>
    Up,

    /// <summary>Every request is answered with 503, as during a maintenance window.</summary>
    Maintenance,

    /// <summary>Every request is answered with an empty 420, as by an expired scratch org.</summary>
    Gone,
}

/// <summary>What the whole org lets in, beyond what single users and apps are set to. The default lets everything in.</summary>
public sealed record OrgPolicies
{
    /// <value>The username-password flow is allowed. Default true (Salesforce: off in orgs made since Summer '23).</value>
    public bool PasswordFlow { get; init; } = true;

    /// <value>From then on the username-password flow is blocked, on the org's clock; null = never. Default null.</value>
    public DateTimeOffset? PasswordFlowEnds { get; init; }

    /// <value>SOAP <c>login()</c> is allowed. Default true (Salesforce: off in orgs made since Winter '26, gone with Summer '27).</value>
    public bool SoapLogin { get; init; } = true;

    /// <value>Clients come from a trusted network: passwords work without the security token. Default false.</value>
    public bool TrustedNetwork { get; init; }

    /// <value>The org is locked: nobody signs in or refreshes. Default false.</value>
    public bool Locked { get; init; }

    /// <value>The org was closed: <c>inactive_org</c>. Default false.</value>
    public bool Inactive { get; init; }

    /// <value>The org's edition has the API. Default true.</value>
    public bool RestApi { get; init; } = true;

    /// <value>API Access Control: apps that are not on the allowlist may not use the API. Default false.</value>
    public bool ApiAccessControl { get; init; }

    /// <value>Idle time after which a session ends; each use gives it back. Default 2 hours, or what the org was started with.</value>
    public TimeSpan SessionLife { get; init; } = TimeSpan.FromHours(2);

    /// <value>How often a user may sign in or refresh within an hour. Default 3,600.</value>
    public int LoginsPerHour { get; init; } = 3_600;

    /// <value>So many wrong passwords in a row lock a user out for <see cref="LockoutLasts"/>. Default 10.</value>
    public int WrongPasswords { get; init; } = 10;

    /// <value>How long a lockout lasts. Default 15 minutes.</value>
    public TimeSpan LockoutLasts { get; init; } = TimeSpan.FromMinutes(15);

    /// <value>A package is installed whose Apex REST resource lists, stops and starts scheduled jobs: <c>/services/apexrest/orgjobs/jobs</c>. Default true.</value>
    public bool JobsPackage { get; init; } = true;

    /// <value>Apex classes whose jobs that package may stop and start; null = every class. Default null.</value>
    public IReadOnlyList<string>? JobsAllowlist { get; init; }

    /// <value>Whether the org answers at all. Default <see cref="OAuth.Availability.Up"/>.</value>
    public Availability Availability { get; init; }
}

/// <summary>The policies in force, which can be changed while the org runs.</summary>
public sealed class OrgSettings(OrgPolicies start)
{
    private volatile OrgPolicies _policies = start;

    /// <summary>What holds now; a change holds from the next request on.</summary>
    public OrgPolicies Policies { get => _policies; set => _policies = value; }
}

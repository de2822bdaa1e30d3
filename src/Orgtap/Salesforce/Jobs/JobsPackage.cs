using Orgtap.Primitives;

namespace Orgtap.Salesforce.Jobs;

/// <summary>Whether the org has Apex that stops and starts jobs, and what it may touch. Without it nothing can be stopped: Salesforce's own API takes no changes of jobs.</summary>
public abstract record JobsPackage
{
    private JobsPackage()
    {
    }

    /// <param name="Classes">Classes that have a schedule, and whether the package's allowlist names them.</param>
    public sealed record Installed(IReadOnlyDictionary<string, bool> Classes) : JobsPackage;

    /// <summary>The org has no such address.</summary>
    public sealed record Missing : JobsPackage;

    /// <summary>The connected user has no access to its Apex class.</summary>
    public sealed record NoAccess : JobsPackage;

    /// <summary>It is there, as far as is known, and did not answer.</summary>
    public sealed record Silent(OrgtapException Failure) : JobsPackage;
}

/// <summary>What one look at an org's jobs showed.</summary>
/// <param name="Schedules">Scheduled Apex first.</param>
/// <param name="Runs">Unfinished ones, then those that ended last.</param>
/// <param name="RunsRefused">Why Apex jobs, and with them the classes of schedules, could not be seen; null: they could.</param>
/// <param name="IsCut">The org has more than a look shows.</param>
/// <param name="SeenAt">UTC.</param>
/// <param name="ApiCalls">What it cost.</param>
public sealed record OrgJobsSeen(IReadOnlyList<OrgSchedule> Schedules, IReadOnlyList<ApexRun> Runs, OrgtapException? RunsRefused, JobsPackage Package, bool IsCut, DateTimeOffset SeenAt, long ApiCalls);

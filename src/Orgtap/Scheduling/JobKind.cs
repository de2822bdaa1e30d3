using Orgtap.Connections;
using Orgtap.Extraction;
using Orgtap.Primitives;

namespace Orgtap.Scheduling;

/// <summary>The scheduled jobs (product E1), in the order in which they are listed and restarted. The first four are each connection's own.</summary>
public enum JobKind
{
    Sync,
    FormulaRefresh,
    Deletes,
    Conversations,
    TokenCheck,
    Notices,
    Mail,
    OldAccess,
    SchemaRefresh,
    CleanUp,
}

/// <summary>Names and words of jobs.</summary>
public static class JobKinds
{
    public static readonly IReadOnlyList<JobKind> OfConnections = [JobKind.Sync, JobKind.FormulaRefresh, JobKind.Deletes, JobKind.Conversations];

    public static readonly IReadOnlyList<JobKind> OfInstallation = [JobKind.TokenCheck, JobKind.Notices, JobKind.Mail, JobKind.OldAccess, JobKind.SchemaRefresh, JobKind.CleanUp];

    /// <summary>For people.</summary>
    public static string Name(this JobKind kind) => kind switch
    {
        JobKind.Sync => "Sync",
        JobKind.FormulaRefresh => "Formula refresh",
        JobKind.Deletes => "Deletes",
        JobKind.Conversations => "Conversations",
        JobKind.TokenCheck => "Token check",
        JobKind.Notices => "Notices",
        JobKind.Mail => "E-mail",
        JobKind.SchemaRefresh => "Schema refresh",
        JobKind.CleanUp => "Clean-up",
        _ => "Old access",
    };

    /// <summary>As verbs and the HTTP API write it.</summary>
    public static string Word(this JobKind kind) => kind switch
    {
        JobKind.FormulaRefresh => "formula-refresh",
        JobKind.TokenCheck => "token-check",
        JobKind.OldAccess => "old-access",
        JobKind.SchemaRefresh => "schema-refresh",
        JobKind.CleanUp => "clean-up",
        _ => kind.ToString().ToLowerInvariant(),
    };

    /// <exception cref="InvalidInputException">No job is called so.</exception>
    public static JobKind Parse(string word) => Enum.GetValues<JobKind>().Where(kind => string.Equals(kind.Word(), word.Trim(), StringComparison.OrdinalIgnoreCase)).Cast<JobKind?>().FirstOrDefault()
        ?? throw new InvalidInputException($"There is no job {word}.", $"Give one of {string.Join(", ", Enum.GetValues<JobKind>().Select(Word))}.");

    public static bool IsOfConnections(this JobKind kind) => kind <= JobKind.Conversations;

    /// <summary>Whether it has a frequency of its own that can be set.</summary>
    public static bool HasFrequency(this JobKind kind) => kind is JobKind.FormulaRefresh or JobKind.Deletes;

    /// <summary>How often it runs unless somebody set another frequency.</summary>
    public static UpdateFrequency UsualFrequency(this JobKind kind) => UpdateFrequency.Parse(kind == JobKind.Deletes ? "weekly" : "daily");

    /// <summary>What the job's runs are for.</summary>
    internal static RunPurpose Purpose(this JobKind kind) => kind switch
    {
        JobKind.FormulaRefresh => RunPurpose.Refresh,
        JobKind.Deletes => RunPurpose.Reconcile,
        _ => RunPurpose.Sync,
    };

    /// <summary>The job that a run belongs to; runs that somebody began for another purpose count as the sync's.</summary>
    internal static JobKind KindOf(RunPurpose purpose) => purpose switch
    {
        RunPurpose.Refresh => JobKind.FormulaRefresh,
        RunPurpose.Reconcile => JobKind.Deletes,
        _ => JobKind.Sync,
    };
}

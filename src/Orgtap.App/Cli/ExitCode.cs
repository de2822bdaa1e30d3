using Orgtap.App.Composition;
using Orgtap.Primitives;

namespace Orgtap.App.Cli;

/// <summary>What the program answers to the shell; docs/cli.md lists them for users.</summary>
public static class ExitCode
{
    public const int Done = 0;

    /// <summary>Something in the data path: a run ended Partial or Failed, or Salesforce could not be reached.</summary>
    public const int DataProblem = 1;

    /// <summary>An argument, a name, an address or a setting is wrong.</summary>
    public const int BadInput = 2;

    /// <summary>The Salesforce admin has to authorize or permit something.</summary>
    public const int NeedsAuthorization = 3;

    /// <summary>The API quota, or the share that was allowed, is used up; it goes on later.</summary>
    public const int QuotaStop = 4;

    /// <summary>Another process owns the data directory.</summary>
    public const int InUse = 5;

    /// <summary>A defect of Orgtap.</summary>
    public const int Defect = 70;

    /// <summary>Ctrl-C or a termination signal; what was committed stays.</summary>
    public const int Cancelled = 130;

    public static int Of(OrgtapException failure) => failure is DirectoryInUseException ? InUse : Of(failure.Kind);

    public static int Of(FailureKind kind) => kind switch
    {
        FailureKind.InvalidInput => BadInput,
        FailureKind.ReauthorizationRequired or FailureKind.Permission or FailureKind.StaleToken => NeedsAuthorization,
        FailureKind.QuotaExhausted => QuotaStop,
        FailureKind.Defect => Defect,
        _ => DataProblem,
    };
}

using Orgtap.Primitives;

namespace Orgtap.Extraction;

/// <summary>A REST load turned out to have many more rows than was thought; planned again with the true number, Bulk is cheaper.</summary>
/// <param name="rows">As Salesforce says.</param>
public sealed class LargerThanPlannedException(string sobject, long rows) : OrgtapException(
    FailureKind.Unsupported, $"{sobject} has more rows than was thought.", "Nothing to do: a Bulk job reads them.")
{
    public long Rows { get; } = rows;
}

/// <summary>A Bulk job takes longer than patience allows. Waiting again at once would only cost calls; the next run goes on waiting for the same job.</summary>
public sealed class BulkJobStuckException(string sobject, string jobId) : OrgtapException(
    FailureKind.Transient, $"Salesforce has been preparing the rows of {sobject} for hours and is not done.",
    "Orgtap goes on waiting with the next sync. If it stays so, look at Setup, Bulk Data Load Jobs.", $"job {jobId}");

internal static class ExtractionFailures
{
    public static OrgtapException BrokenPage(string sobject, string detail, Exception? inner = null) => new(
        FailureKind.Transient, $"A page of {sobject} arrived damaged.", "Nothing to do: it is read again.", detail, inner);

    public static OrgtapException ColumnMissing(string sobject, string column) => new(
        FailureKind.SchemaChanged, $"Salesforce's answer about {sobject} lacks the field {column}.", "Nothing to do: Orgtap describes the table again.");

    public static OrgtapException JobFailed(string sobject, string state, string? message) => new(
        FailureKind.Transient, $"Salesforce could not prepare the rows of {sobject}: the Bulk job ended as {state} twice.",
        "Orgtap tries again with the next sync. If it stays so, look at Setup, Bulk Data Load Jobs.", message);

    public static OrgtapException TooSlow(string sobject, OrgtapException last) => new(
        FailureKind.Unsupported, $"Reading {sobject} takes Salesforce too long, even in small pieces, and Bulk API does not serve it.",
        "What was read stays, and the next sync goes on from there. If it goes on like this, select fewer fields (formulas and lookups through other tables are slow), or leave the table out.",
        last.Detail, last);

    public static OrgtapException QueryTooLong(string sobject, OrgtapException last) => new(
        FailureKind.Unsupported, $"Even short questions about {sobject} are refused as too long.",
        "Something between Orgtap and Salesforce (a proxy) allows only very short addresses: let it pass at least 16 kB of address and headers.", last.Detail, last);
}

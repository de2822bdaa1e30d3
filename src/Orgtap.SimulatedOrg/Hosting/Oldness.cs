namespace Orgtap.SimulatedOrg.Hosting;

/// <summary>How page handles of Bulk results look. Real ones are opaque; clients that look inside break on some of these.</summary>
public enum LocatorStyle
{
    /// <summary>Base64 of the row number, as seen in recorded answers ("MTA").</summary>
    Base64,

    /// <summary>The bare row number.</summary>
    Numeric,

    /// <summary>Characters that must be escaped in an address.</summary>
    Odd,
}

/// <summary>What makes this org less than the newest Salesforce. The default lacks nothing.</summary>
public sealed record Oldness
{
    /// <value>The newest API version offered. Default 68.0 (Winter '27).</value>
    public decimal MaxApiVersion { get; init; } = 68.0m;

    /// <value>No <c>resultPages</c> resource (404), as before API 58.0. Default false.</value>
    public bool NoResultPages { get; init; }

    /// <value>No <c>/composite</c> and <c>/composite/batch</c> (404). Default false.</value>
    public bool NoComposite { get; init; }

    /// <value>Bulk result pages come without <c>Sforce-NumberOfRecords</c>. Default false.</value>
    public bool NoRecordCountHeader { get; init; }

    /// <value>Bulk job info comes without <c>numberRecordsProcessed</c>. Default false.</value>
    public bool NoProcessedCount { get; init; }

    /// <value>No <c>/limits/recordCount</c> resource (404). Default false.</value>
    public bool NoRecordCountResource { get; init; }

    /// <value>CSV cells are quoted only where they must be. Default false: every cell is quoted.</value>
    public bool UnquotedCsv { get; init; }

    /// <value>CSV lines end with CR LF whatever was asked for. Default false.</value>
    public bool CrLf { get; init; }

    /// <value>How Bulk locators look. Default <see cref="LocatorStyle.Base64"/>.</value>
    public LocatorStyle Locators { get; init; }

    /// <value>CSV carries Ids of 15 characters, without the checksum. Default false.</value>
    public bool ShortIds { get; init; }

    /// <value>CSV carries some zeroes of int fields as <c>0.0</c>. Default false.</value>
    public bool DecimalZeroes { get; init; }

    /// <value>Result pages of an unfinished Bulk job answer 204 instead of 412. Default false.</value>
    public bool EarlyResultsAreEmpty { get; init; }

    /// <value>Names of objects that the Bulk API refuses although the org's schema allows them. Default none.</value>
    public IReadOnlyList<string> NoBulk { get; init; } = [];
}

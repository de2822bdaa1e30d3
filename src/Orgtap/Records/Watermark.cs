namespace Orgtap.Records;

/// <summary>How far an object has been read: its stamp field (<c>SystemModstamp</c> where there is one), UTC, whole milliseconds.</summary>
public readonly record struct Watermark(DateTimeOffset ModifiedAt)
{
    /// <exception cref="InvalidOperationException">A window would end before the one already finished; going on could lose rows.</exception>
    public Watermark AdvanceTo(Watermark next) => next.ModifiedAt >= ModifiedAt
        ? next
        : throw new InvalidOperationException($"Watermark would move back from {ModifiedAt:O} to {next.ModifiedAt:O}.");
}

/// <summary>The half-open span of stamps one load reads: after <see cref="After"/> (null: from the beginning), up to and including <see cref="UpTo"/>.</summary>
public readonly record struct Window(DateTimeOffset? After, DateTimeOffset UpTo);

namespace Orgtap.Salesforce;

/// <summary>An org's API version, asked for at most once an hour: orgs get a new one three times a year, while Orgtap runs.</summary>
internal sealed class VersionMemory(TimeProvider time)
{
    private static readonly TimeSpan Lifetime = TimeSpan.FromHours(1);

    private readonly Lock _gate = new();
    private (ApiVersion Version, DateTimeOffset At)? _known;

    public ApiVersion? Version
    {
        get
        {
            lock (_gate) return _known is { } known && time.GetUtcNow() - known.At < Lifetime ? known.Version : null;
        }
    }

    public void Remember(ApiVersion version)
    {
        lock (_gate) _known = (version, time.GetUtcNow());
    }
}

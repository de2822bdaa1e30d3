using System.Security.Cryptography;
using Orgtap.SimulatedOrg.Hosting;

namespace Orgtap.SimulatedOrg.OAuth;

/// <summary>What a poll of the device flow comes to.</summary>
internal abstract record DevicePoll
{
    private DevicePoll() { }

    /// <summary>Nobody has answered yet.</summary>
    public sealed record Pending : DevicePoll;

    /// <summary>The last poll was less than <see cref="DeviceCodes.Interval"/> ago.</summary>
    public sealed record TooSoon : DevicePoll;

    /// <summary>Somebody pressed Deny.</summary>
    public sealed record Denied : DevicePoll;

    /// <summary>Allowed, but another poll has fetched the tokens.</summary>
    public sealed record Taken : DevicePoll;

    /// <summary>Unknown, another app's, or older than ten minutes.</summary>
    public sealed record Gone : DevicePoll;

    /// <summary>Allowed; told once.</summary>
    public sealed record Allowed(string UserId, IReadOnlyList<string> Scopes) : DevicePoll;
}

/// <summary>Codes of the device flow: one for the device, one for the person. Both live ten minutes on the org's clock. Thread-safe.</summary>
internal sealed class DeviceCodes(TimeProvider time)
{
    /// <summary>How long a device must wait between two polls.</summary>
    public static readonly TimeSpan Interval = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Life = TimeSpan.FromMinutes(10);

    /// <summary>No letters or digits that are taken for one another when read off a screen.</summary>
    private const string UserAlphabet = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789";
    private readonly Lock _gate = new();
    private readonly List<Entry> _entries = [];

    public (string DeviceCode, string UserCode) Start(ConnectedApp app, IReadOnlyList<string> scopes)
    {
        lock (_gate)
        {
            var now = time.GetUtcNow();
            _entries.RemoveAll(entry => entry.Expires <= now);
            string userCode;
            do userCode = RandomNumberGenerator.GetString(UserAlphabet, 8);
            while (_entries.Any(entry => entry.Ask.UserCode == userCode));
            var made = new Entry(RandomText.OfSession(64), new DeviceAsk(app, scopes, userCode), now + Life);
            _entries.Add(made);
            return (made.DeviceCode, userCode);
        }
    }

    /// <summary>What waits under a code that a person typed; case, blanks and hyphens do not matter. Null where nothing does.</summary>
    public DeviceAsk? Waiting(string typed)
    {
        lock (_gate) return Find(typed) is { Answer: Answer.None } entry ? entry.Ask : null;
    }

    /// <param name="userId">Who allowed it; null = denied.</param>
    /// <returns>False where nothing waits under that code any more.</returns>
    public bool Decide(string userCode, string? userId)
    {
        lock (_gate)
        {
            if (Find(userCode) is not { Answer: Answer.None } entry) return false;
            (entry.Answer, entry.UserId) = userId is null ? (Answer.Denied, null) : (Answer.Allowed, userId);
            return true;
        }
    }

    public DevicePoll Poll(string deviceCode, string clientId)
    {
        lock (_gate)
        {
            var now = time.GetUtcNow();
            if (_entries.Find(entry => entry.DeviceCode == deviceCode && entry.Expires > now && entry.Ask.App.ClientId == clientId) is not { } entry)
                return new DevicePoll.Gone();
            var tooSoon = entry.LastPoll is { } last && now - last < Interval;
            entry.LastPoll = now;
            switch (entry.Answer)
            {
                case Answer.Allowed:
                    entry.Answer = Answer.Taken;
                    return new DevicePoll.Allowed(entry.UserId!, entry.Ask.Scopes);
                case Answer.Taken: return new DevicePoll.Taken();
                case Answer.Denied: return new DevicePoll.Denied();
                default: return tooSoon ? new DevicePoll.TooSoon() : new DevicePoll.Pending();
            }
        }
    }

    private Entry? Find(string typed)
    {
        var code = string.Concat(typed.Where(char.IsLetterOrDigit)).ToUpperInvariant();
        var now = time.GetUtcNow();
        return _entries.Find(entry => entry.Ask.UserCode == code && entry.Expires > now);
    }

    private enum Answer { None, Allowed, Denied, Taken }

    private sealed class Entry(string deviceCode, DeviceAsk ask, DateTimeOffset expires)
    {
        public string DeviceCode => deviceCode;
        public DeviceAsk Ask => ask;
        public DateTimeOffset Expires => expires;
        public Answer Answer { get; set; }
        public string? UserId { get; set; }
        public DateTimeOffset? LastPoll { get; set; }
    }
}

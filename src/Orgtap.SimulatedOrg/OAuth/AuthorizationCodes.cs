using Orgtap.SimulatedOrg.Hosting;

namespace Orgtap.SimulatedOrg.OAuth;

/// <summary>A code handed to a callback address.</summary>
internal sealed record AuthorizationCode(AuthorizationAsk Ask, string UserId, DateTimeOffset Expires);

/// <summary>Codes that wait for their exchange; each is taken once. Thread-safe.</summary>
internal sealed class AuthorizationCodes(TimeProvider time)
{
    /// <summary>Salesforce documents about 15 minutes.</summary>
    private static readonly TimeSpan CodeLife = TimeSpan.FromMinutes(15);
    private readonly Lock _gate = new();
    private readonly Dictionary<string, AuthorizationCode> _codes = [];

    public string Issue(AuthorizationAsk ask, string userId)
    {
        var code = "aPrx" + RandomText.OfSession(60);
        lock (_gate)
        {
            var now = time.GetUtcNow();
            foreach (var late in _codes.Where(entry => entry.Value.Expires <= now).Select(entry => entry.Key).ToArray()) _codes.Remove(late);
            _codes[code] = new AuthorizationCode(ask, userId, now + CodeLife);
        }
        return code;
    }

    /// <summary>Takes the code out, so that a second exchange fails whatever came of the first.</summary>
    public AuthorizationCode? Take(string code)
    {
        lock (_gate) return _codes.Remove(code, out var issued) && issued.Expires > time.GetUtcNow() ? issued : null;
    }
}

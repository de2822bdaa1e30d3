using Orgtap.SimulatedOrg.Hosting;

namespace Orgtap.SimulatedOrg.OAuth;

/// <summary>What an app asked for at the authorize endpoint, checked.</summary>
/// <param name="Challenge">PKCE challenge (S256), or null.</param>
internal sealed record AuthorizationAsk(ConnectedApp App, string RedirectUri, string? State, IReadOnlyList<string> Scopes, string? Challenge);

/// <summary>A code handed to a callback address.</summary>
internal sealed record AuthorizationCode(AuthorizationAsk Ask, string UserId, DateTimeOffset Expires);

/// <summary>Asks that wait for Allow or Deny, and codes that wait for their exchange; both are taken once. Thread-safe.</summary>
internal sealed class AuthorizationCodes(TimeProvider time)
{
    /// <summary>Salesforce documents about 15 minutes.</summary>
    private static readonly TimeSpan CodeLife = TimeSpan.FromMinutes(15);
    private readonly Lock _gate = new();
    private readonly Dictionary<string, AuthorizationCode> _codes = [];
    private readonly Dictionary<string, (AuthorizationAsk Ask, string UserId)> _consents = [];

    public string AskConsent(AuthorizationAsk ask, string userId)
    {
        var handle = RandomText.Of(32);
        lock (_gate) _consents[handle] = (ask, userId);
        return handle;
    }

    public AuthorizationAsk? TakeConsent(string handle, string userId)
    {
        lock (_gate)
        {
            if (!_consents.TryGetValue(handle, out var consent) || consent.UserId != userId) return null;
            _consents.Remove(handle);
            return consent.Ask;
        }
    }

    public string Issue(AuthorizationAsk ask, string userId)
    {
        var code = "aPrx" + RandomText.OfSession(60);
        lock (_gate) _codes[code] = new AuthorizationCode(ask, userId, time.GetUtcNow() + CodeLife);
        return code;
    }

    /// <summary>Takes the code out, so that a second exchange fails whatever came of the first.</summary>
    public AuthorizationCode? Take(string code)
    {
        lock (_gate) return _codes.Remove(code, out var issued) && issued.Expires > time.GetUtcNow() ? issued : null;
    }
}

using Orgtap.SimulatedOrg.Hosting;

namespace Orgtap.SimulatedOrg.OAuth;

/// <summary>What a person is asked to allow an app.</summary>
internal abstract record ConsentAsk(ConnectedApp App, IReadOnlyList<string> Scopes);

/// <summary>What an app asked for at the authorize endpoint, checked.</summary>
/// <param name="Challenge">PKCE challenge (S256), or null.</param>
/// <param name="Nonce">Comes back in the <c>id_token</c>; null where the app sent none.</param>
internal sealed record AuthorizationAsk(ConnectedApp App, string RedirectUri, string? State, IReadOnlyList<string> Scopes, string? Challenge, string? Nonce)
    : ConsentAsk(App, Scopes);

/// <summary>What a device asked for that shows a code.</summary>
internal sealed record DeviceAsk(ConnectedApp App, IReadOnlyList<string> Scopes, string UserCode) : ConsentAsk(App, Scopes);

/// <summary>Asks that wait for Allow or Deny. Each is answered once, by the user it was shown to, within 15 minutes on the org's clock. Thread-safe.</summary>
internal sealed class Consents(TimeProvider time)
{
    private static readonly TimeSpan Life = TimeSpan.FromMinutes(15);
    private readonly Lock _gate = new();
    private readonly Dictionary<string, (ConsentAsk Ask, string UserId, DateTimeOffset Expires)> _waiting = [];

    /// <summary>How many wait, those included that ran out since the last ask.</summary>
    public int Count { get { lock (_gate) return _waiting.Count; } }

    /// <returns>What the page sends back with the answer.</returns>
    public string Show(ConsentAsk ask, string userId)
    {
        var handle = RandomText.Of(32);
        lock (_gate)
        {
            var now = time.GetUtcNow();
            // A page that nobody answered leaves nothing behind.
            foreach (var late in _waiting.Where(entry => entry.Value.Expires <= now).Select(entry => entry.Key).ToArray()) _waiting.Remove(late);
            _waiting[handle] = (ask, userId, now + Life);
        }
        return handle;
    }

    /// <summary>Null where the page was answered before, is too old, or was shown to somebody else.</summary>
    public ConsentAsk? Take(string handle, string userId)
    {
        lock (_gate)
        {
            if (!_waiting.TryGetValue(handle, out var consent) || consent.UserId != userId) return null;
            _waiting.Remove(handle);
            return consent.Expires > time.GetUtcNow() ? consent.Ask : null;
        }
    }
}

namespace Orgtap.SimulatedOrg.OAuth;

/// <summary>The apps the org knows. Thread-safe.</summary>
public sealed class ConnectedApps(params ConnectedApp[] first)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, ConnectedApp> _apps = first.ToDictionary(app => app.ClientId);

    /// <summary>Every app, by consumer key.</summary>
    public IReadOnlyList<ConnectedApp> All { get { lock (_gate) return [.. _apps.Values.OrderBy(app => app.ClientId, StringComparer.Ordinal)]; } }

    /// <summary>The app of that consumer key.</summary>
    public ConnectedApp? Find(string clientId) { lock (_gate) return _apps.GetValueOrDefault(clientId); }

    /// <summary>Adds an app, or replaces the one of the same key.</summary>
    public void Put(ConnectedApp app) { lock (_gate) _apps[app.ClientId] = app; }

    /// <summary>Removes an app; its tokens die with the next use of the token endpoint only.</summary>
    public bool Remove(string clientId) { lock (_gate) return _apps.Remove(clientId); }
}

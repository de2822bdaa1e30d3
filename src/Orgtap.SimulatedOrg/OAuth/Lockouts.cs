namespace Orgtap.SimulatedOrg.OAuth;

/// <summary>Counts wrong passwords in a row; too many lock a user out for a while, whatever password comes then. Thread-safe.</summary>
internal sealed class Lockouts(OrgSettings settings, TimeProvider time)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, (int Wrong, DateTimeOffset Until)> _users = [];

    public bool Holds(string userId) { lock (_gate) return _users.TryGetValue(userId, out var held) && held.Until > time.GetUtcNow(); }

    public void CountWrong(string userId)
    {
        lock (_gate)
        {
            var wrong = _users.GetValueOrDefault(userId).Wrong + 1;
            var policies = settings.Policies;
            // The count begins anew behind a lockout.
            _users[userId] = wrong < policies.WrongPasswords ? (wrong, default) : (0, time.GetUtcNow() + policies.LockoutLasts);
        }
    }

    public void Forget(string userId) { lock (_gate) _users.Remove(userId); }
}

using Orgtap.SimulatedOrg.Hosting;

namespace Orgtap.SimulatedOrg.OAuth;

/// <summary>
/// Approvals, refresh tokens and sessions. A user holds at most five approvals per app: the sixth revokes the oldest. Sessions slide:
/// each use gives them their full life again. Thread-safe.
/// </summary>
/// <param name="admits">Whether a session's user and app may still be served; asked at each use.</param>
public sealed class TokenStore(TimeProvider time, string organizationId, OrgSettings settings, Predicate<Session> admits)
{
    private const int ApprovalsPerUserAndApp = 5;
    private readonly Lock _gate = new();
    private readonly Dictionary<long, Approval> _approvals = [];
    private readonly Dictionary<string, Session> _sessions = [];
    private long _lastApproval;

    /// <summary>A new session; with <paramref name="approval"/> it dies with that approval.</summary>
    public Session Open(string clientId, string userId, IReadOnlyList<string> scopes, long? approval)
    {
        var now = time.GetUtcNow();
        var session = new Session($"{organizationId[..15]}!{RandomText.OfSession(96)}", clientId, userId, scopes, approval, now, now + settings.Policies.SessionLife);
        lock (_gate) _sessions.Add(session.AccessToken, session);
        return session;
    }

    /// <summary>The session of a token, or null where it is unknown, revoked or expired. Using it makes it live on.</summary>
    public Session? Use(string accessToken)
    {
        lock (_gate)
        {
            if (Peek(accessToken) is not { } session) return null;
            return _sessions[accessToken] = session with { Expires = time.GetUtcNow() + settings.Policies.SessionLife };
        }
    }

    /// <summary>As <see cref="Use"/>, without prolonging it.</summary>
    public Session? Peek(string accessToken)
    {
        lock (_gate)
            return _sessions.TryGetValue(accessToken, out var session) && session.Expires > time.GetUtcNow() && admits(session) ? session : null;
    }

    /// <summary>Records that a user allowed an app, and returns a session of it.</summary>
    /// <returns>The refresh token is null where the scopes do not include one.</returns>
    public (Session Session, string? RefreshToken) Approve(string clientId, string userId, IReadOnlyList<string> scopes)
    {
        lock (_gate)
        {
            var held = _approvals.Values.Where(other => other.ClientId == clientId && other.UserId == userId).OrderBy(other => other.Number).ToArray();
            foreach (var oldest in held.Take(held.Length - ApprovalsPerUserAndApp + 1)) Drop(oldest);
            var refresh = scopes.Contains("refresh_token") ? NewRefreshToken() : null;
            var approval = new Approval(++_lastApproval, clientId, userId, scopes, refresh, time.GetUtcNow(), time.GetUtcNow(), Stale: false);
            _approvals.Add(approval.Number, approval);
            return (Open(clientId, userId, scopes, approval.Number), refresh);
        }
    }

    /// <summary>Whose refresh token it is.</summary>
    /// <exception cref="OAuthException">Unknown, another app's, revoked, rotated away, or dead by one of the app's policies; or the user's password was changed.</exception>
    public string OwnerOf(string refreshToken, ConnectedApp app) { lock (_gate) return Alive(refreshToken, app).UserId; }

    /// <summary>A new session for a refresh token; where the app rotates them also a new refresh token, and the old one is dead.</summary>
    /// <exception cref="OAuthException">As <see cref="OwnerOf"/>.</exception>
    public (Session Session, string RefreshToken) Refresh(string refreshToken, ConnectedApp app)
    {
        lock (_gate)
        {
            var approval = Alive(refreshToken, app);
            var next = app.RotateRefreshTokens ? NewRefreshToken() : refreshToken;
            _approvals[approval.Number] = approval with { RefreshToken = next, LastUsed = time.GetUtcNow() };
            return (Open(app.ClientId, approval.UserId, approval.Scopes, approval.Number), next);
        }
    }

    /// <summary>The refresh tokens that a user gave apps before are refused from now on: the password was changed.</summary>
    public void Outdate(string userId)
    {
        lock (_gate)
            foreach (var approval in _approvals.Values.Where(held => held.UserId == userId).ToArray()) _approvals[approval.Number] = approval with { Stale = true };
    }

    /// <summary>True where the user allowed the app at least these scopes before; then the consent page is not shown again.</summary>
    public bool HasApproval(string clientId, string userId, IReadOnlyList<string> scopes)
    {
        lock (_gate)
            return _approvals.Values.Any(held => held.ClientId == clientId && held.UserId == userId && scopes.All(held.Scopes.Contains));
    }

    /// <summary>True where somebody allowed the app before.</summary>
    public bool HasApprovals(string clientId) { lock (_gate) return _approvals.Values.Any(held => held.ClientId == clientId); }

    /// <summary>Revokes an access token, or a refresh token with all its sessions.</summary>
    /// <returns>False where nothing of the kind is known.</returns>
    public bool Revoke(string token)
    {
        lock (_gate)
        {
            if (_approvals.Values.FirstOrDefault(held => held.RefreshToken == token) is not { } approval) return _sessions.Remove(token);
            Drop(approval);
            return true;
        }
    }

    /// <summary>Revokes the approval behind a session, and so its refresh token too; a session without approval just ends.</summary>
    public void RevokeGrant(string accessToken)
    {
        lock (_gate)
        {
            if (_sessions.TryGetValue(accessToken, out var session) && session.Approval is { } number && _approvals.TryGetValue(number, out var approval))
                Drop(approval);
            else _sessions.Remove(accessToken);
        }
    }

    /// <summary>Ends every session and approval of an app: an administrator blocked it, or revoked it under Connected Apps OAuth Usage.</summary>
    public void RevokeApp(string clientId) => Revoke(held => held.ClientId == clientId, session => session.ClientId == clientId);

    /// <summary>Ends every session and approval of a user.</summary>
    public void RevokeUser(string userId) => Revoke(held => held.UserId == userId, session => session.UserId == userId);

    /// <summary>Ends every session; refresh tokens still work.</summary>
    public void ExpireAll() { lock (_gate) _sessions.Clear(); }

    /// <summary>Ends every session and every approval.</summary>
    public void RevokeAll()
    {
        lock (_gate)
        {
            _sessions.Clear();
            _approvals.Clear();
        }
    }

    /// <summary>Live approvals; sessions of the flows without approval are not counted.</summary>
    public int ApprovalCount { get { lock (_gate) return _approvals.Count; } }

    private Approval Alive(string refreshToken, ConnectedApp app)
    {
        if (_approvals.Values.FirstOrDefault(held => held.RefreshToken == refreshToken && held.ClientId == app.ClientId) is not { } approval) throw OAuthException.DeadToken();
        var now = time.GetUtcNow();
        if (app.RefreshTokensExpireAtOnce || now - approval.LastUsed > app.RefreshTokenIdleLife || now - approval.GrantedAt > app.RefreshTokenLife)
        {
            Drop(approval);
            throw OAuthException.DeadToken();
        }
        return approval.Stale ? throw OAuthException.AuthenticationFailure() : approval;
    }

    private void Revoke(Func<Approval, bool> approvals, Func<Session, bool> sessions)
    {
        lock (_gate)
        {
            foreach (var approval in _approvals.Values.Where(approvals).ToArray()) Drop(approval);
            foreach (var session in _sessions.Values.Where(sessions).ToArray()) _sessions.Remove(session.AccessToken);
        }
    }

    private void Drop(Approval approval)
    {
        _approvals.Remove(approval.Number);
        foreach (var session in _sessions.Values.Where(session => session.Approval == approval.Number).ToArray()) _sessions.Remove(session.AccessToken);
    }

    private static string NewRefreshToken() => "5Aep861" + RandomText.OfSession(80);
}

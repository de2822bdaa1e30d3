namespace Orgtap.SimulatedOrg.OAuth;

/// <summary>What a grant ended with.</summary>
/// <param name="RefreshToken">Null where none is handed out.</param>
/// <param name="Nonce">For the <c>id_token</c>.</param>
/// <param name="Signed">The answer carries <c>issued_at</c> and <c>signature</c>; that of the JWT bearer flow does not.</param>
internal sealed record Granted(Session Session, string? RefreshToken, ConnectedApp App, string? Nonce = null, bool Signed = true);

/// <summary>Everything that can be exchanged for a session at the token endpoint. Each method throws <see cref="OAuthException"/> where it refuses.</summary>
internal sealed class TokenGrants(OrgUsers users, TokenStore tokens, AuthorizationCodes codes, DeviceFlow devices, JwtAssertions assertions, LoginRules rules)
{
    public Granted Code(IFormCollection form, ClientAuthentication client)
    {
        if (codes.Take(form["code"].ToString()) is not { } code) throw new OAuthException("invalid_grant", "expired authorization code");
        var app = client.WithSecretIfRequired();
        if (code.Ask.App.ClientId != app.ClientId) throw new OAuthException("invalid_grant", "invalid authorization code");
        if (code.Ask.RedirectUri != form["redirect_uri"].ToString())
            throw new OAuthException("redirect_uri_mismatch", "redirect_uri must match configuration");
        if (code.Ask.Challenge is { } challenge && !Pkce.Matches(challenge, form["code_verifier"].ToString()))
            throw new OAuthException("invalid_grant", "invalid code verifier");
        // An app without a secret has nothing but the verifier to show that the code is its own.
        if (code.Ask.Challenge is null && !client.SecretShown) throw new OAuthException("invalid_grant", "invalid code verifier");
        var user = Enter(LoginDoor.Code, users.ById(code.UserId), app);
        var (session, refresh) = tokens.Approve(app.ClientId, user.Id, code.Ask.Scopes);
        return new Granted(session, refresh, app, code.Ask.Nonce);
    }

    public Granted Refresh(IFormCollection form, ConnectedApp app)
    {
        var token = form["refresh_token"].ToString();
        // The user is looked at first: a refusal must not use up a token that rotates.
        Enter(LoginDoor.Refresh, users.ById(tokens.OwnerOf(token, app)), app);
        var (session, refresh) = tokens.Refresh(token, app);
        return new Granted(session, app.RotateRefreshTokens ? refresh : null, app);
    }

    public Granted Password(IFormCollection form, ConnectedApp app)
    {
        var (user, refusal) = rules.Enter(LoginDoor.Password, users, form["username"].ToString(), form["password"].ToString(), withToken: true, app);
        if (refusal is { } why) throw LoginWords.Token(LoginDoor.Password, why);
        return new Granted(tokens.Open(app.ClientId, user!.Id, [], approval: null), null, app);
    }

    /// <param name="host">The host that was asked: only a My Domain address offers this flow.</param>
    public Granted ClientCredentials(ConnectedApp app, string host)
    {
        if (LoginHosts.IsShared(host)) throw new OAuthException("invalid_grant", "request not supported on this domain");
        if (!app.ClientCredentials) throw new OAuthException("invalid_grant", "client credentials flow not enabled");
        if (app.RunAs is not { } name || users.Find(name) is not { } user) throw OAuthException.NoRunAsUser();
        Enter(LoginDoor.ClientCredentials, user, app);
        return new Granted(tokens.Open(app.ClientId, user.Id, app.UnattendedScopes, approval: null), null, app);
    }

    public Granted Jwt(IFormCollection form, string origin)
    {
        var claim = assertions.Check(form["assertion"].ToString(), origin);
        var app = claim.App;
        if (users.Find(claim.Username) is not { } user || !app.AdminApprovedOnly && !app.IsAdminApproved(user) && !tokens.HasApproval(app.ClientId, user.Id, []))
            throw LoginWords.Token(LoginDoor.Jwt, rules.Refuse(LoginDoor.Jwt, claim.Username, app, LoginRefusal.NotApproved));
        Enter(LoginDoor.Jwt, user, app);
        return new Granted(tokens.Open(app.ClientId, user.Id, app.UnattendedScopes, approval: null), null, app, Signed: false);
    }

    public Granted Device(IFormCollection form, ConnectedApp app)
    {
        var allowed = devices.Poll(form["code"].ToString(), app);
        var user = Enter(LoginDoor.Device, users.ById(allowed.UserId), app);
        var (session, refresh) = tokens.Approve(app.ClientId, user.Id, allowed.Scopes);
        return new Granted(session, refresh, app);
    }

    private OrgUser Enter(LoginDoor door, OrgUser? user, ConnectedApp app)
    {
        if (user is null) throw OAuthException.DeadToken();
        return rules.Enter(door, user, app) is { } refusal ? throw LoginWords.Token(door, refusal) : user;
    }
}

namespace Orgtap.SimulatedOrg.OAuth;

/// <summary>Finds the access token in a request, wherever clients put it.</summary>
internal static class AccessTokens
{
    /// <summary>From <c>Authorization: Bearer</c> or the older <c>OAuth</c>, <c>X-SFDC-Session</c>, or <c>oauth_token</c> in the query.</summary>
    public static string? Of(HttpRequest request)
    {
        var authorization = request.Headers.Authorization.ToString();
        foreach (var scheme in (ReadOnlySpan<string>)["Bearer ", "OAuth "])
            if (authorization.StartsWith(scheme, StringComparison.OrdinalIgnoreCase)) return authorization[scheme.Length..].Trim();
        if (request.Headers["X-SFDC-Session"].ToString() is { Length: > 0 } session) return session;
        return request.Query["oauth_token"].ToString() is { Length: > 0 } token ? token : null;
    }
}

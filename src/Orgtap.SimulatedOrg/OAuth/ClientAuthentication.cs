using System.Text;

namespace Orgtap.SimulatedOrg.OAuth;

/// <summary>Who calls the token endpoint: key and secret in the form or in <c>Authorization: Basic</c>.</summary>
/// <param name="SecretShown">True where the right secret was shown; false where none was.</param>
internal sealed record ClientAuthentication(ConnectedApp App, bool SecretShown)
{
    /// <exception cref="OAuthException">Unknown key or wrong secret.</exception>
    public static ClientAuthentication Of(HttpRequest request, IFormCollection form, ConnectedApps apps)
    {
        var (id, secret) = (form["client_id"].ToString(), form["client_secret"].ToString());
        if (request.Headers.Authorization.ToString() is var header && header.StartsWith("Basic ", StringComparison.OrdinalIgnoreCase))
            (id, secret) = Basic(header[6..]);
        if (id.Length == 0) throw OAuthException.Missing("client_id");
        if (apps.Find(id) is not { } app) throw OAuthException.UnknownClient();
        if (secret.Length == 0) return new ClientAuthentication(app, SecretShown: false);
        if (app.ClientSecret is null || !SameText.As(app.ClientSecret, secret)) throw OAuthException.WrongSecret();
        return new ClientAuthentication(app, SecretShown: true);
    }

    /// <exception cref="OAuthException">The app has a secret and it was not shown.</exception>
    public ConnectedApp WithSecret() => SecretShown ? App : throw OAuthException.WrongSecret();

    /// <exception cref="OAuthException">The app insists on its secret and it was not shown.</exception>
    public ConnectedApp WithSecretIfRequired() => SecretShown || !App.RequireSecret ? App : throw OAuthException.WrongSecret();

    private static (string Id, string Secret) Basic(string encoded)
    {
        var bytes = new byte[encoded.Length];
        if (!Convert.TryFromBase64String(encoded.Trim(), bytes, out var length)) throw OAuthException.UnknownClient();
        var pair = Encoding.UTF8.GetString(bytes.AsSpan(0, length)).Split(':', 2);
        return (Uri.UnescapeDataString(pair[0]), pair.Length > 1 ? Uri.UnescapeDataString(pair[1]) : "");
    }
}

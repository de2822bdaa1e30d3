using Orgtap.Connections;
using Orgtap.Primitives;
using Orgtap.Salesforce.OAuth;

namespace Orgtap.Authorization;

/// <summary>The flows in which nobody sits at a browser: what they need, and how a token is asked for, the first time and each time the last one has ended.</summary>
internal static class UnattendedSignIn
{
    /// <summary>True for flows that give no refresh token and are asked anew instead.</summary>
    public static bool Is(AuthorizationFlow flow) => flow is AuthorizationFlow.Password or AuthorizationFlow.ClientCredentials or AuthorizationFlow.JwtBearer;

    /// <exception cref="InvalidInputException">Something the flow needs is missing.</exception>
    public static Task<TokenAnswer> AskAsync(
        OAuthClient oauth, OAuthApp app, SecretText? privateKey, AuthorizationFlow flow, string? username, SecretText? password, SecretText? securityToken, CancellationToken cancellationToken) => flow switch
    {
        AuthorizationFlow.Password when string.IsNullOrWhiteSpace(username) || password is not { IsEmpty: false } =>
            throw new InvalidInputException("The username-password flow needs a user name and a password.", "Give both, or use the web server flow."),
        AuthorizationFlow.Password => oauth.PasswordAsync(app, username, password, securityToken, cancellationToken),
        AuthorizationFlow.ClientCredentials when app.ConsumerSecret is not { IsEmpty: false } =>
            throw new InvalidInputException("The client credentials flow needs the consumer secret of the app.", "Copy it from Setup > External Client App Manager > the app > Settings > Consumer Key and Secret."),
        AuthorizationFlow.ClientCredentials when OAuthClient.IsSharedLoginHost(app.LoginUrl) =>
            throw new InvalidInputException($"The client credentials flow works at the org's own My Domain address only, not at {app.LoginUrl.Host}.", "Give the address that Setup > My Domain shows, e.g. https://acme.my.salesforce.com."),
        AuthorizationFlow.ClientCredentials => oauth.ClientCredentialsAsync(app, cancellationToken),
        AuthorizationFlow.JwtBearer when string.IsNullOrWhiteSpace(username) || privateKey is not { IsEmpty: false } =>
            throw new InvalidInputException("The JWT bearer flow needs a user name and the private key of the certificate that was uploaded to the app.", "Give both: the user as whom Orgtap reads, and the key as a PEM file."),
        AuthorizationFlow.JwtBearer => oauth.JwtBearerAsync(app, username, privateKey, cancellationToken),
        _ => throw new ArgumentException($"The {flow} flow needs a person.", nameof(flow)),
    };
}

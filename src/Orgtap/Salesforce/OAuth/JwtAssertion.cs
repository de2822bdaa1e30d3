using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Orgtap.Primitives;

namespace Orgtap.Salesforce.OAuth;

/// <summary>What the JWT bearer flow sends in place of a password.</summary>
internal static class JwtAssertion
{
    // Salesforce takes up to five minutes; clocks may differ by some.
    private static readonly TimeSpan Lifetime = TimeSpan.FromMinutes(3);

    /// <summary>Signs "the app speaks as this user, at this host, until then" with RS256 (https://help.salesforce.com/s/articleView?id=sf.remoteaccess_oauth_jwt_flow.htm).</summary>
    /// <exception cref="InvalidInputException">The key is no RSA key in PEM.</exception>
    public static SecretText Sign(OAuthApp app, string username, SecretText privateKey, TimeProvider time)
    {
        using var rsa = RSA.Create();
        try
        {
            rsa.ImportFromPem(privateKey.Reveal());
            var signed = $"{Encode("""{"alg":"RS256"}""")}.{Encode(JsonSerializer.Serialize(new
            {
                iss = app.ConsumerKey, sub = username, aud = app.LoginUrl.GetLeftPart(UriPartial.Authority), exp = (time.GetUtcNow() + Lifetime).ToUnixTimeSeconds(),
            }))}";
            return new SecretText($"{signed}.{Base64Url.EncodeToString(rsa.SignData(Encoding.ASCII.GetBytes(signed), HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1))}");
        }
        catch (Exception failure) when (failure is ArgumentException or CryptographicException)
        {
            // The inner exception is left out: it may quote the key.
            throw new InvalidInputException("The private key cannot be used: it is no RSA key in PEM form.", "Give the key file that belongs to the certificate in the app, beginning with -----BEGIN PRIVATE KEY----- and without a pass phrase.");
        }
    }

    private static string Encode(string text) => Base64Url.EncodeToString(Encoding.UTF8.GetBytes(text));
}

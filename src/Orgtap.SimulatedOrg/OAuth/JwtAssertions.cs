using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace Orgtap.SimulatedOrg.OAuth;

/// <summary>A JWT whose signature, audience and time were found right.</summary>
internal sealed record JwtClaim(ConnectedApp App, string Username);

/// <summary>
/// Checks the assertions of the JWT bearer flow: RS256 against the app's certificate, audience, time. As Salesforce does, it takes <c>exp</c> as a number or
/// as text, and does not mind how far ahead it lies (sf sends milliseconds, which is the year 50,000).
/// </summary>
internal sealed class JwtAssertions(ConnectedApps apps, TimeProvider time)
{
    public const string GrantType = "urn:ietf:params:oauth:grant-type:jwt-bearer";

    /// <summary>Clocks of clients are not exact (the allowance is not documented).</summary>
    private static readonly TimeSpan Skew = TimeSpan.FromMinutes(3);

    /// <param name="origin">Scheme, host and port by which the client reached the org; one of the audiences that are right.</param>
    /// <exception cref="OAuthException">Something about it is wrong.</exception>
    public JwtClaim Check(string assertion, string origin)
    {
        if (assertion.Length == 0) throw OAuthException.Missing("assertion");
        if (assertion.Split('.') is not [var header, var payload, var signature] || Json(header) is not { } head || Json(payload) is not { } claims
            || Text(claims, "iss") is not { } issuer)
            throw Invalid();
        if (apps.Find(issuer) is not { } app) throw OAuthException.UnknownClient();
        if (Text(head, "alg") != "RS256" || app.JwtCertificate is null || !IsSigned(app.JwtCertificate, header + "." + payload, signature)) throw Invalid();
        if (Text(claims, "aud") is not { } audience || !IsOurs(audience, origin)) throw new OAuthException("invalid_grant", "Audience validation failed");
        if (Expiry(claims) is not { } expiry || expiry < time.GetUtcNow().Subtract(Skew).ToUnixTimeSeconds())
            throw new OAuthException("invalid_grant", "expired authorization code");
        return new JwtClaim(app, Text(claims, "sub") ?? Text(claims, "prn") ?? "");
    }

    /// <summary>The shared login hosts, a My Domain, or the address by which the client came; some clients (restforce) leave the scheme out.</summary>
    private static bool IsOurs(string audience, string origin)
    {
        var address = audience.TrimEnd('/');
        if (address.Equals(origin, StringComparison.OrdinalIgnoreCase)) return true;
        var host = address.StartsWith("https://", StringComparison.OrdinalIgnoreCase) ? address["https://".Length..] : address;
        return host is "login.salesforce.com" or "test.salesforce.com" || host.Equals(new Uri(origin).Authority, StringComparison.OrdinalIgnoreCase)
            || host.EndsWith(".my.salesforce.com", StringComparison.OrdinalIgnoreCase) && Uri.CheckHostName(host) == UriHostNameType.Dns;
    }

    private static bool IsSigned(string certificate, string signed, string signature)
    {
        using var key = RsaKeys.Read(certificate);
        try
        {
            return key.VerifyData(Encoding.ASCII.GetBytes(signed), Base64Url.DecodeFromChars(signature), HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        }
        catch (FormatException)
        {
            return false;
        }
    }

    private static double? Expiry(JsonElement claims) => claims.TryGetProperty("exp", out var expiry)
        ? expiry.ValueKind switch
        {
            JsonValueKind.Number => expiry.GetDouble(),
            JsonValueKind.String when double.TryParse(expiry.GetString(), System.Globalization.CultureInfo.InvariantCulture, out var seconds) => seconds,
            _ => null,
        }
        : null;

    private static string? Text(JsonElement json, string name) => json.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    private static JsonElement? Json(string part)
    {
        try
        {
            var json = JsonSerializer.Deserialize<JsonElement>(Base64Url.DecodeFromChars(part));
            return json.ValueKind == JsonValueKind.Object ? json : null;
        }
        catch (Exception broken) when (broken is FormatException or JsonException)
        {
            return null;
        }
    }

    private static OAuthException Invalid() => new("invalid_grant", "invalid assertion");
}

using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using Orgtap.Primitives;

namespace Orgtap.Salesforce.OAuth;

/// <summary>Proof that whoever exchanges the code is whoever asked for it (RFC 7636, S256).</summary>
public sealed record Pkce(SecretText Verifier)
{
    /// <summary>43 characters from 256 random bits.</summary>
    public static Pkce New() => new(new SecretText(Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(32))));

    /// <summary>What the authorize address carries: the SHA-256 of the verifier, base64url.</summary>
    public string Challenge => Base64Url.EncodeToString(SHA256.HashData(Encoding.ASCII.GetBytes(Verifier.Reveal())));
}

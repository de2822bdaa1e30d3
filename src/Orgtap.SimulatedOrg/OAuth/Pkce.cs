using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace Orgtap.SimulatedOrg.OAuth;

/// <summary>Proof Key for Code Exchange (RFC 7636), S256 only; a challenge without a method counts as S256, as the sf command line sends it.</summary>
internal static class Pkce
{
    public static bool Supports(string? method) => method is null or "" or "S256";

    public static bool Matches(string challenge, string verifier)
    {
        var hash = Base64Url.EncodeToString(SHA256.HashData(Encoding.ASCII.GetBytes(verifier)));
        return CryptographicOperations.FixedTimeEquals(Encoding.ASCII.GetBytes(hash), Encoding.ASCII.GetBytes(challenge.TrimEnd('=')));
    }
}

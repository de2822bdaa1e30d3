using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using Orgtap.Primitives;

namespace Orgtap.App.Users;

/// <summary>256 random bits for links and API tokens. Only the hash is stored, so the database gives nobody a way in.</summary>
internal static class OneTimeSecret
{
    public static SecretText New(string prefix = "") => new(prefix + Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(32)));

    /// <summary>Not salted: with 256 bits of chance in the text there is nothing to guess.</summary>
    public static string HashOf(string text) => Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(text)));
}

using System.Security.Cryptography;
using Microsoft.AspNetCore.DataProtection;
using Orgtap.Primitives;

namespace Orgtap.App.Composition;

/// <summary>Encrypts stored secrets with ASP.NET Core data protection, whose keys rotate; old keys stay, so old secrets stay readable.</summary>
public sealed class DataProtectionCipher(IDataProtectionProvider provider) : ISecretCipher
{
    public string Protect(string purpose, SecretText secret) => provider.CreateProtector("orgtap.secret", purpose).Protect(secret.Reveal());

    public SecretText Unprotect(string purpose, string protectedText)
    {
        try
        {
            return new SecretText(provider.CreateProtector("orgtap.secret", purpose).Unprotect(protectedText));
        }
        catch (CryptographicException failure)
        {
            throw new InvalidInputException("A stored secret cannot be decrypted: the keys that encrypted it are not here.",
                "Restore the keys directory of this data directory and set ORGTAP_KEY_FILE as before, or authorize the connection again.", failure);
        }
    }
}

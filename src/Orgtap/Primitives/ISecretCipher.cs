namespace Orgtap.Primitives;

/// <summary>
/// Encrypts secrets at rest, a purpose per kind of secret. A seam because the implementation (ASP.NET Core DataProtection) lives
/// where the engine must not look.
/// </summary>
public interface ISecretCipher
{
    /// <param name="purpose">The kind of secret, e.g. <c>grant.refresh-token</c>; another purpose cannot decrypt it.</param>
    string Protect(string purpose, SecretText secret);

    /// <exception cref="OrgtapException">The key ring that encrypted it is not here (InvalidInput: restore the keys).</exception>
    SecretText Unprotect(string purpose, string protectedText);
}

using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Orgtap.Primitives;

namespace Orgtap.App.Composition;

/// <summary>The key from outside that wraps the key ring: 32 bytes for AES, or a certificate with its private key.</summary>
public abstract record WrappingKey
{
    private WrappingKey()
    {
    }

    public sealed record Aes(byte[] Key) : WrappingKey;

    public sealed record Certificate(X509Certificate2 Value) : WrappingKey;

    /// <param name="path">
    /// 32 raw bytes; or text that is 32 bytes in base64 or hexadecimal; or a PEM file with certificate and private key; or a PKCS #12 file (.pfx, .p12).
    /// </param>
    /// <exception cref="InvalidInputException">The file is missing, unreadable or none of these.</exception>
    public static WrappingKey Read(string path, SecretText? password)
    {
        try
        {
            if (Path.GetExtension(path) is ".pfx" or ".p12")
                return new Certificate(X509CertificateLoader.LoadPkcs12FromFile(path, password?.Reveal()));
            var bytes = File.ReadAllBytes(path);
            if (bytes.Length == 32) return new Aes(bytes);
            var text = Encoding.UTF8.GetString(bytes).Trim();
            if (text.Contains("-----BEGIN", StringComparison.Ordinal))
                return new Certificate(password is null
                    ? X509Certificate2.CreateFromPemFile(path)
                    : X509Certificate2.CreateFromEncryptedPemFile(path, password.Reveal()));
            if (text.Length == 64 && text.All(char.IsAsciiHexDigit)) return new Aes(Convert.FromHexString(text));
            var decoded = new byte[48];
            if (Convert.TryFromBase64String(text, decoded, out var length) && length == 32) return new Aes(decoded[..32]);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException or CryptographicException)
        {
            throw new InvalidInputException($"The key file {path} cannot be read: {failure.Message}",
                "Check that ORGTAP_KEY_FILE names a file this user may read, and ORGTAP_KEY_PASSWORD if it is a protected certificate.", failure);
        }
        throw new InvalidInputException($"The key file {path} holds neither a key of 32 bytes nor a certificate with its private key.",
            "Make one with `head -c 32 /dev/urandom > orgtap.key`, keep it outside the data directory and its backups, and name it in ORGTAP_KEY_FILE.");
    }
}

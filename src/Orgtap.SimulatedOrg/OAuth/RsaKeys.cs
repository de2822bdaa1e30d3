using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Orgtap.SimulatedOrg.OAuth;

/// <summary>Reads the public key that an app's JWTs are checked with.</summary>
internal static class RsaKeys
{
    /// <param name="pem">A certificate or a public key as PEM text.</param>
    /// <exception cref="FormatException">Neither, or not an RSA key.</exception>
    public static RSA Read(string pem)
    {
        try
        {
            if (pem.Contains("BEGIN CERTIFICATE", StringComparison.Ordinal))
            {
                using var certificate = X509Certificate2.CreateFromPem(pem);
                return certificate.GetRSAPublicKey() ?? throw Unusable("it holds no RSA key");
            }
            if (pem.Contains("PRIVATE KEY", StringComparison.Ordinal)) throw Unusable("it holds a private key, which stays with the client");
            var key = RSA.Create();
            key.ImportFromPem(pem);
            return key;
        }
        catch (Exception broken) when (broken is CryptographicException or ArgumentException)
        {
            throw Unusable(broken.Message);
        }
    }

    /// <summary>The text of a certificate or public key in a file, PEM or DER.</summary>
    /// <exception cref="FormatException">The file is neither.</exception>
    /// <exception cref="IOException">It cannot be read.</exception>
    public static string ReadFile(string path)
    {
        var pem = File.ReadAllText(path);
        if (!pem.Contains("-----BEGIN", StringComparison.Ordinal))
        {
            try
            {
                using var certificate = X509CertificateLoader.LoadCertificateFromFile(path);
                pem = certificate.ExportCertificatePem();
            }
            catch (CryptographicException broken)
            {
                throw Unusable(broken.Message);
            }
        }
        Read(pem).Dispose();
        return pem;
    }

    private static FormatException Unusable(string why) => new(
        $"Not a usable certificate: {why}. Wanted is the certificate or public key (PEM or DER) whose RSA private key signs the client's JWTs, as 'openssl req -x509 -newkey rsa:2048 -nodes' makes one.");
}

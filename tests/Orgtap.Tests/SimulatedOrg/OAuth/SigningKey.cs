using System.Buffers.Text;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json;

namespace Orgtap.Tests.SimulatedOrg.OAuth;

/// <summary>A client's key and certificate, made for a test, and the JWTs it signs.</summary>
internal sealed class SigningKey : IDisposable
{
    private readonly RSA _key = RSA.Create(2048);

    public string CertificatePem { get { using var certificate = Certificate(); return certificate.ExportCertificatePem(); } }

    public byte[] CertificateDer { get { using var certificate = Certificate(); return certificate.Export(X509ContentType.Cert); } }

    public string PublicKeyPem => _key.ExportSubjectPublicKeyInfoPem();

    public string PrivateKeyPem => _key.ExportPkcs8PrivateKeyPem();

    /// <param name="claims">Anything that becomes a JSON object.</param>
    public string Sign(object claims, string algorithm = "RS256")
    {
        var signed = Encode(JsonSerializer.SerializeToUtf8Bytes(new { alg = algorithm, typ = "JWT" })) + "." + Encode(JsonSerializer.SerializeToUtf8Bytes(claims));
        return signed + "." + Encode(_key.SignData(Encoding.ASCII.GetBytes(signed), HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1));
    }

    public void Dispose() => _key.Dispose();

    private X509Certificate2 Certificate() =>
        new CertificateRequest("CN=client", _key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1).CreateSelfSigned(RunningOrg.Noon.AddDays(-1), RunningOrg.Noon.AddYears(1));

    private static string Encode(byte[] bytes) => Base64Url.EncodeToString(bytes);
}

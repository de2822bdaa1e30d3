using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace Orgtap.SimulatedOrg.OAuth;

/// <summary>The key that the org signs its ID tokens with. Made when first needed, gone with the org.</summary>
internal sealed class OrgKey : IDisposable
{
    private readonly Lazy<RSA> _key = new(() => RSA.Create(2048));

    /// <summary>As <c>/id/keys</c> tells it.</summary>
    public object Public
    {
        get
        {
            var key = _key.Value.ExportParameters(includePrivateParameters: false);
            return new { kty = "RSA", use = "sig", alg = "RS256", kid = Id(key), n = Base64Url.EncodeToString(key.Modulus), e = Base64Url.EncodeToString(key.Exponent) };
        }
    }

    public string Sign(IReadOnlyDictionary<string, object> claims)
    {
        var header = new Dictionary<string, object> { ["alg"] = "RS256", ["typ"] = "JWT", ["kid"] = Id(_key.Value.ExportParameters(includePrivateParameters: false)) };
        var signed = Part(header) + "." + Part(claims);
        return signed + "." + Base64Url.EncodeToString(_key.Value.SignData(Encoding.ASCII.GetBytes(signed), HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1));
    }

    public void Dispose() { if (_key.IsValueCreated) _key.Value.Dispose(); }

    private static string Part(object json) => Base64Url.EncodeToString(JsonSerializer.SerializeToUtf8Bytes(json));

    private static string Id(RSAParameters key) => Base64Url.EncodeToString(SHA256.HashData(key.Modulus!).AsSpan(0, 12));
}

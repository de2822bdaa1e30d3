using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Orgtap.SimulatedOrg.Faults;
using Orgtap.SimulatedOrg.Hosting;

namespace Orgtap.Tests.SimulatedOrg.Hosting;

public sealed class HttpsTests
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task With_a_certificate_the_org_speaks_HTTPS_and_every_address_it_tells_does_too()
    {
        var pem = Certificate();
        await using var org = await SimulatedOrgHost.StartAsync(new SimulatedOrgOptions { TlsCertificate = pem, Records = new Dictionary<string, long> { ["Account"] = 30 } }, Stop);
        Assert.Equal("https", org.Address.Scheme);
        using var http = Client(org, pem);
        var reply = await RunningOrg.JsonAsync(await LoginAsync(http, org), HttpStatusCode.OK);
        Assert.Equal(org.Address.ToString().TrimEnd('/'), reply.GetProperty("instance_url").GetString());
        Assert.StartsWith("https://", reply.GetProperty("id").GetString());
        http.DefaultRequestHeaders.Authorization = new("Bearer", reply.GetProperty("access_token").GetString());
        Assert.Equal(HttpStatusCode.OK, (await http.GetAsync("/services/data/v66.0/sobjects/Account/describe", Stop)).StatusCode);

        org.Faults.Add("GET */limits", new FaultEffect.CutBody(10));
        using var cut = await http.GetAsync("/services/data/v66.0/limits", HttpCompletionOption.ResponseHeadersRead, Stop);
        await Assert.ThrowsAnyAsync<HttpRequestException>(() => cut.Content.ReadAsByteArrayAsync(Stop));
    }

    [Fact]
    public async Task A_certificate_is_read_from_a_file_with_its_key_and_another_file_is_explained()
    {
        var folder = Directory.CreateTempSubdirectory("tls-");
        try
        {
            var (good, half) = (Path.Combine(folder.FullName, "good.pem"), Path.Combine(folder.FullName, "half.pem"));
            var pem = Certificate();
            await File.WriteAllTextAsync(good, pem, Stop);
            await File.WriteAllTextAsync(half, pem[..pem.IndexOf("-----BEGIN PRIVATE", StringComparison.Ordinal)], Stop);
            Assert.Empty(CommandLine.Build().Parse(["--tls-certificate", good]).Errors);
            var error = Assert.Single(CommandLine.Build().Parse(["--tls-certificate", half]).Errors).Message;
            Assert.Contains(half, error);
            Assert.Contains("certificate and its private key", error);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static Task<HttpResponseMessage> LoginAsync(HttpClient http, SimulatedOrgHost org) => http.PostAsync("/services/oauth2/token", new FormUrlEncodedContent(new Dictionary<string, string>
    {
        ["grant_type"] = "client_credentials", ["client_id"] = org.ClientId, ["client_secret"] = org.ClientSecret,
    }), Stop);

    private static HttpClient Client(SimulatedOrgHost org, string pem)
    {
        var handler = new SocketsHttpHandler();
        handler.SslOptions.RemoteCertificateValidationCallback = (_, shown, _, _) =>
        {
            using var ours = X509Certificate2.CreateFromPem(pem);
            return shown is not null && shown.GetCertHashString() == ours.GetCertHashString();
        };
        return new HttpClient(handler) { BaseAddress = org.Address };
    }

    private static string Certificate()
    {
        using var key = RSA.Create(2048);
        var request = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        using var certificate = request.CreateSelfSigned(DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch.AddYears(100));
        return certificate.ExportCertificatePem() + "\n" + key.ExportPkcs8PrivateKeyPem();
    }
}

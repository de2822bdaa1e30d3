using Orgtap.Authorization;
using Orgtap.Connections;
using Orgtap.Primitives;
using Orgtap.Tests.SimulatedOrg.OAuth;

namespace Orgtap.Tests.Authorization;

public sealed class JwtBearerConnectTests
{
    [Fact]
    public async Task A_certificate_connects_and_renews_and_its_key_lies_encrypted()
    {
        using var key = new SigningKey();
        await using var org = await LoopbackOrg.StartAsync(options => options with { JwtCertificate = key.CertificatePem });
        var connection = await org.Store.Connector.ConnectAsync(new ConnectRequest("acme", org.Host.Address.AbsoluteUri, AuthorizationFlow.JwtBearer, "key", null, "ann@example.com", null, null, null)
        {
            PrivateKey = new SecretText(key.PrivateKeyPem),
        }, "test", default);
        Assert.Equal((AuthorizationFlow.JwtBearer, "ann@example.com"), (connection.Flow, connection.Username));
        org.Host.Tokens.ExpireAll();
        Assert.NotNull((await org.Open(connection).LimitsAsync(default)).DailyApiRequests);
        Assert.DoesNotContain("PRIVATE KEY", await org.Store.DumpAsync(), StringComparison.Ordinal);
        Assert.Equal(key.PrivateKeyPem, (await org.Store.Connections.GetAppAsync(connection.AppId, default)).PrivateKey!.Reveal());
    }

    [Fact]
    public async Task A_key_that_is_none_and_a_key_of_another_certificate_say_so()
    {
        using var key = new SigningKey();
        using var other = new SigningKey();
        await using var org = await LoopbackOrg.StartAsync(options => options with { JwtCertificate = key.CertificatePem });
        var request = new ConnectRequest("acme", org.Host.Address.AbsoluteUri, AuthorizationFlow.JwtBearer, "key", null, "ann@example.com", null, null, null);
        var none = await Assert.ThrowsAsync<InvalidInputException>(() => org.Store.Connector.ConnectAsync(request with { PrivateKey = new SecretText("hunter2") }, "test", default));
        Assert.Contains("no RSA key in PEM", none.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("hunter2", none.ToString(), StringComparison.Ordinal);
        await Assert.ThrowsAnyAsync<OrgtapException>(() => org.Store.Connector.ConnectAsync(request with { PrivateKey = new SecretText(other.PrivateKeyPem) }, "test", default));
        Assert.Empty(await org.Store.Connections.ListAsync(default));
    }
}

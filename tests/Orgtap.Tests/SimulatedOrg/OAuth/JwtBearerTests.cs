using System.Net;
using Orgtap.SimulatedOrg.OAuth;
using static Orgtap.Tests.SimulatedOrg.RunningOrg;

namespace Orgtap.Tests.SimulatedOrg.OAuth;

public sealed class JwtBearerTests : IDisposable
{
    private const string GrantType = "urn:ietf:params:oauth:grant-type:jwt-bearer";
    private readonly SigningKey _key = new();

    public void Dispose() => _key.Dispose();

    [Fact]
    public async Task An_approved_user_gets_a_session_without_refresh_token_signature_or_issue_time()
    {
        await using var org = await StartWithCertificateAsync();
        var reply = await JsonAsync(await SendAsync(org, Claims()), HttpStatusCode.OK);
        Assert.Equal(["access_token", "scope", "instance_url", "id", "token_type"], reply.EnumerateObject().Select(member => member.Name));
        Assert.DoesNotContain("refresh_token", reply.GetProperty("scope").GetString());
        var answer = await org.GetAsync(Root, ("Authorization", "Bearer " + reply.GetProperty("access_token").GetString()));
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal((LoginDoor.Jwt, null), (org.Host.Logins.Attempts[^1].Door, org.Host.Logins.Attempts[^1].Refusal));
    }

    [Theory]
    [InlineData("1780315380")]
    [InlineData(1780315380L)]
    [InlineData(1780315200300L)]
    public async Task An_expiry_is_taken_as_text_as_number_and_in_milliseconds(object expiry)
    {
        await using var org = await StartWithCertificateAsync();
        Assert.Equal(HttpStatusCode.OK, (await SendAsync(org, Claims(exp: expiry))).StatusCode);
    }

    [Theory]
    [InlineData("https://login.salesforce.com")]
    [InlineData("https://test.salesforce.com")]
    [InlineData("https://acme.my.salesforce.com")]
    [InlineData(null)]
    public async Task Login_hosts_and_the_org_itself_are_right_audiences(string? audience)
    {
        await using var org = await StartWithCertificateAsync();
        Assert.Equal(HttpStatusCode.OK, (await SendAsync(org, Claims(aud: audience ?? org.Host.Address.ToString()))).StatusCode);
    }

    [Theory]
    [InlineData("iss", "nobody", "invalid_client_id", "client identifier invalid")]
    [InlineData("aud", "https://elsewhere.example", "invalid_grant", "Audience validation failed")]
    [InlineData("aud", null, "invalid_grant", "Audience validation failed")]
    [InlineData("exp", 1780314000L, "invalid_grant", "expired authorization code")]
    [InlineData("exp", null, "invalid_grant", "expired authorization code")]
    [InlineData("sub", "stranger@example.com", "invalid_grant", "user hasn't approved this consumer")]
    [InlineData("iss", null, "invalid_grant", "invalid assertion")]
    public async Task A_claim_that_is_wrong_is_refused_in_its_own_words(string claim, object? value, string error, string description)
    {
        await using var org = await StartWithCertificateAsync();
        var claims = Claims();
        if (value is null) claims.Remove(claim);
        else claims[claim] = value;
        Assert.Equal((error, description), await RefusalAsync(await SendAsync(org, claims)));
    }

    [Fact]
    public async Task Another_key_another_algorithm_and_garbage_are_no_assertions()
    {
        await using var org = await StartWithCertificateAsync();
        using var other = new SigningKey();
        foreach (var assertion in (string[])[other.Sign(Claims()), _key.Sign(Claims(), "none"), _key.Sign(Claims())[..^4] + "AAAA", "a.b.c", "nonsense", _key.Sign("text")])
            Assert.Equal(("invalid_grant", "invalid assertion"), await RefusalAsync(await org.TokenAsync(("grant_type", GrantType), ("assertion", assertion))));
        Assert.Equal(("invalid_request", "missing required parameter: assertion"), await RefusalAsync(await org.TokenAsync(("grant_type", GrantType))));
    }

    [Fact]
    public async Task An_app_without_certificate_accepts_no_assertion()
    {
        await using var org = await StartAsync(signIn: false);
        Assert.Equal(("invalid_grant", "invalid assertion"), await RefusalAsync(await SendAsync(org, Claims())));
    }

    [Fact]
    public async Task A_user_who_allowed_the_app_earlier_needs_no_administrator()
    {
        await using var org = await StartWithCertificateAsync();
        org.Host.Apps.Put(org.Host.Apps.Find("key")! with { AdminApproved = [] });
        Assert.Equal(("invalid_grant", "user hasn't approved this consumer"), await RefusalAsync(await SendAsync(org, Claims())));
        org.Host.Tokens.Approve("key", org.Host.Users.First.Id, ["api", "refresh_token"]);
        Assert.Equal(HttpStatusCode.OK, (await SendAsync(org, Claims())).StatusCode);
    }

    [Fact]
    public async Task Where_only_administrators_approve_an_earlier_approval_does_not_help()
    {
        await using var org = await StartWithCertificateAsync();
        org.Host.Apps.Put(org.Host.Apps.Find("key")! with { AdminApproved = [], AdminApprovedOnly = true });
        org.Host.Tokens.Approve("key", org.Host.Users.First.Id, ["api", "refresh_token"]);
        Assert.Equal(("invalid_app_access", "user is not admin approved to access this app"), await RefusalAsync(await SendAsync(org, Claims())));
    }

    [Fact]
    public async Task An_inactive_user_is_refused()
    {
        await using var org = await StartWithCertificateAsync();
        org.Host.Users.Put(org.Host.Users.First with { Active = false });
        Assert.Equal(("inactive_user", "inactive user"), await RefusalAsync(await SendAsync(org, Claims())));
    }

    [Fact]
    public async Task A_public_key_alone_serves_as_certificate()
    {
        await using var org = await StartAsync(options => options with { JwtCertificate = _key.PublicKeyPem }, signIn: false);
        Assert.Equal(HttpStatusCode.OK, (await SendAsync(org, Claims())).StatusCode);
    }

    [Fact]
    public void Certificate_files_are_read_as_PEM_and_DER_and_others_are_explained()
    {
        var folder = Directory.CreateTempSubdirectory("certificates-");
        try
        {
            Assert.Contains("BEGIN CERTIFICATE", RsaKeys.ReadFile(Write("a.crt", System.Text.Encoding.ASCII.GetBytes(_key.CertificatePem))));
            Assert.Contains("BEGIN CERTIFICATE", RsaKeys.ReadFile(Write("a.der", _key.CertificateDer)));
            Assert.Contains("private key, which stays with the client", Assert.Throws<FormatException>(() => RsaKeys.ReadFile(Write("a.key", System.Text.Encoding.ASCII.GetBytes(_key.PrivateKeyPem)))).Message);
            Assert.Contains("openssl req", Assert.Throws<FormatException>(() => RsaKeys.ReadFile(Write("a.txt", "hello"u8))).Message);
        }
        finally
        {
            folder.Delete(recursive: true);
        }

        string Write(string name, ReadOnlySpan<byte> bytes)
        {
            var path = Path.Combine(folder.FullName, name);
            File.WriteAllBytes(path, bytes);
            return path;
        }
    }

    private Task<RunningOrg> StartWithCertificateAsync() => StartAsync(options => options with { JwtCertificate = _key.CertificatePem }, signIn: false);

    private Task<HttpResponseMessage> SendAsync(RunningOrg org, Dictionary<string, object> claims) =>
        org.TokenAsync(("grant_type", GrantType), ("assertion", _key.Sign(claims)));

    /// <summary>Of a client whose clock agrees with the org's, valid for three minutes.</summary>
    private static Dictionary<string, object> Claims(object? exp = null, string aud = "https://login.salesforce.com") => new()
    {
        ["iss"] = "key", ["sub"] = "ann@example.com", ["aud"] = aud, ["exp"] = exp ?? Noon.AddMinutes(3).ToUnixTimeSeconds(),
    };
}

using Orgtap.Primitives;
using Orgtap.Salesforce;
using Orgtap.Salesforce.OAuth;

namespace Orgtap.Tests.Salesforce.OAuth;

public sealed class OAuthClientTests
{
    private static readonly OAuthApp App = new(new Uri("https://login.salesforce.com/"), "key", new SecretText("sec&ret"));

    [Fact]
    public void The_challenge_is_that_of_the_rfc() => Assert.Equal("E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM", new Pkce(new SecretText("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk")).Challenge);

    [Fact]
    public void Every_verifier_is_new()
    {
        Assert.NotEqual(Pkce.New().Verifier, Pkce.New().Verifier);
        Assert.Equal(43, Pkce.New().Verifier.Reveal().Length);
    }

    [Fact]
    public void The_authorize_address_asks_for_code_with_s256()
    {
        var pkce = Pkce.New();
        var address = Uri.UnescapeDataString(OAuthClient.AuthorizeAddress(App, "https://orgtap.example/callback", "st", pkce).AbsoluteUri);
        Assert.StartsWith("https://login.salesforce.com/services/oauth2/authorize?response_type=code&client_id=key&", address, StringComparison.Ordinal);
        Assert.Contains($"code_challenge={pkce.Challenge}&code_challenge_method=S256", address, StringComparison.Ordinal);
        Assert.Contains("redirect_uri=https://orgtap.example/callback", address, StringComparison.Ordinal);
        Assert.Contains("state=st", address, StringComparison.Ordinal);
        Assert.DoesNotContain("sec&ret", address, StringComparison.Ordinal);
        Assert.DoesNotContain(pkce.Verifier.Reveal(), address, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Password_and_security_token_travel_as_one_in_the_body()
    {
        var org = new ScriptedOrg(_ => ScriptedOrg.Json("""{"access_token":"t","instance_url":"https://acme.my.salesforce.com","id":"https://login.salesforce.com/id/00D000000000001EAA/005000000000001","issued_at":"1278448832702"}"""));
        var answer = await Client(org).PasswordAsync(App, "ann@acme.example", new SecretText("pa ss+"), new SecretText("TOK"), default);
        var asked = Assert.Single(org.Asked);
        Assert.Equal(("password", "ann@acme.example", "pa ss+TOK", "key", "sec&ret"), (asked.Form("grant_type"), asked.Form("username"), asked.Form("password"), asked.Form("client_id"), asked.Form("client_secret")));
        Assert.Equal("", asked.Address.Query);
        Assert.Equal(("00D000000000001EAA", "005000000000001AAA"), (answer.OrgId!.Value.Value, answer.UserId));
        Assert.Equal(DateTimeOffset.FromUnixTimeMilliseconds(1278448832702), answer.IssuedAt);
        Assert.Null(answer.RefreshToken);
        Assert.DoesNotContain("\"t\"", answer.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_exchange_proves_itself_with_the_verifier()
    {
        var org = new ScriptedOrg(_ => ScriptedOrg.Json("""{"access_token":"t","refresh_token":"r"}"""));
        var pkce = Pkce.New();
        Assert.Equal("r", (await Client(org).ExchangeAsync(App, "https://orgtap.example/callback", new SecretText("c=="), pkce, default)).RefreshToken!.Reveal());
        Assert.Equal(("authorization_code", "c==", pkce.Verifier.Reveal()), (org.Asked[0].Form("grant_type"), org.Asked[0].Form("code"), org.Asked[0].Form("code_verifier")));
    }

    [Theory]
    [InlineData(200, "")]
    [InlineData(400, "error=invalid_token&error_description=invalid+token")]
    public async Task Revoking_what_is_dead_already_is_fine(int status, string body)
    {
        var org = new ScriptedOrg(_ => ScriptedOrg.Json(body, status));
        await Client(org).RevokeAsync(App.LoginUrl, new SecretText("r"), default);
        Assert.Equal("r", org.Asked[0].Form("token"));
    }

    [Theory]
    [InlineData("""<html>token=hunter2</html>""")]
    [InlineData("""{"access_token": hunter2""")]
    [InlineData("{}")]
    public async Task A_broken_answer_does_not_spill_what_it_held(string body)
    {
        var failure = await Assert.ThrowsAsync<SalesforceException>(() => Client(new ScriptedOrg(_ => ScriptedOrg.Json(body))).RefreshAsync(App, new SecretText("r"), default));
        Assert.DoesNotContain("hunter2", failure.ToString() + failure.Detail, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("00D000000000001", "00D000000000001EAA")]
    [InlineData("001Dn00000AbCdE", "001Dn00000AbCdEIAV")]
    [InlineData("00D000000000001EAA", "00D000000000001EAA")]
    [InlineData("short", null)]
    [InlineData(null, null)]
    public void Ids_get_their_three_letters(string? id, string? expected) => Assert.Equal(expected, SalesforceId.To18(id));

    private static OAuthClient Client(ScriptedOrg org) => new(org, new ManualTime());
}

using Orgtap.Primitives;
using Orgtap.Salesforce;

namespace Orgtap.Tests.Salesforce;

public sealed class AddressPolicyTests
{
    private static readonly AddressPolicy Strict = AddressPolicy.SalesforceOnly;

    [Theory]
    [InlineData("login.salesforce.com", "https://login.salesforce.com/")]
    [InlineData("test", "https://test.salesforce.com/")]
    [InlineData(" https://acme.my.salesforce.com/lightning/page/home?x=1 ", "https://acme.my.salesforce.com/")]
    [InlineData("https://acme.lightning.force.com/lightning/setup", "https://acme.my.salesforce.com/")]
    [InlineData("acme--uat.sandbox.my.salesforce.com", "https://acme--uat.sandbox.my.salesforce.com/")]
    [InlineData("acme--uat.sandbox.lightning.force.com", "https://acme--uat.sandbox.my.salesforce.com/")]
    [InlineData("acme.my.sfcrmproducts.cn", "https://acme.my.sfcrmproducts.cn/")]
    [InlineData("agency.my.salesforce.mil", "https://agency.my.salesforce.mil/")]
    public void Takes_what_people_copy_from_salesforce(string typed, string expected) => Assert.Equal(expected, Strict.CheckLogin(typed).AbsoluteUri);

    [Theory]
    [InlineData("https://salesforce.com.evil.example")]
    [InlineData("https://evilsalesforce.com")]
    [InlineData("http://acme.my.salesforce.com")]
    [InlineData("https://acme.my.salesforce.com:8443")]
    [InlineData("https://user:word@acme.my.salesforce.com")]
    [InlineData("http://127.0.0.1:9333")]
    [InlineData("https://10.0.0.1/")]
    [InlineData("file:///etc/passwd")]
    [InlineData("")]
    [InlineData("ftp://acme.my.salesforce.com")]
    public void Refuses_everything_else(string typed) => Assert.Throws<InvalidInputException>(() => Strict.CheckLogin(typed));

    [Fact]
    public void Says_how_to_allow_another_address()
    {
        var refused = Assert.Throws<InvalidInputException>(() => Strict.CheckLogin("http://127.0.0.1:9333"));
        Assert.Contains("ORGTAP_ALLOW_ADDRESSES=127.0.0.1:9333", refused.NextStep, StringComparison.Ordinal);
        Assert.Equal("http://127.0.0.1:9333/", new AddressPolicy(["127.0.0.1:9333"]).CheckLogin("127.0.0.1:9333").AbsoluteUri);
        Assert.Equal("http://127.0.0.1:9333/", new AddressPolicy(["127.0.0.1"]).CheckLogin("http://127.0.0.1:9333").AbsoluteUri);
    }

    [Fact]
    public void A_listed_port_allows_no_other_port() =>
        Assert.Throws<InvalidInputException>(() => new AddressPolicy(["127.0.0.1:9333"]).CheckLogin("http://127.0.0.1:9334"));

    [Theory]
    [InlineData("/services/data/v66.0", true)]
    [InlineData("https://acme.my.salesforce.com/x", true)]
    [InlineData("https://login.salesforce.com/id/00D/005", true)]
    [InlineData("https://evil.example/x", false)]
    [InlineData("http://acme.my.salesforce.com/x", false)]
    [InlineData("//evil.example/x", false)]
    [InlineData("https://a@acme.my.salesforce.com/x", false)]
    public void Checks_addresses_that_servers_give(string address, bool allowed)
    {
        var uri = new Uri(address, UriKind.RelativeOrAbsolute);
        if (address.StartsWith('/')) uri = new Uri(ScriptedOrg.Instance, address);
        var failure = Record.Exception(() => Strict.CheckFromServer(uri, ScriptedOrg.Instance));
        Assert.Equal(allowed, failure is null);
        if (!allowed) Assert.IsAssignableFrom<OrgtapException>(failure);
    }
}

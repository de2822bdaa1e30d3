using Orgtap.Salesforce;

namespace Orgtap.Tests.Salesforce;

public sealed class ApiUseHeaderTests
{
    [Theory]
    [InlineData("api-usage=18/5000", 18, 5000)]
    [InlineData("api-usage=25/5000; per-app-api-usage=17/250(appName=sample-connected-app)", 25, 5000)]
    [InlineData("per-app-api-usage=17/250(appName=sample-connected-app); api-usage=25/5000", 25, 5000)]
    [InlineData("per-app-api-usage=17/250(appName=x),api-usage=15001/15000", 15001, 15000)]
    public void Reads_every_form_of_the_header(string text, long used, long maximum) => Assert.Equal(new ApiUseHeader(used, maximum), ApiUseHeader.Parse(text));

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("per-app-api-usage=17/250(appName=x)")]
    [InlineData("api-usage=1/0")]
    [InlineData("api-usage=99999999999999999999/5")]
    public void Says_nothing_where_the_header_says_nothing(string? text) => Assert.Null(ApiUseHeader.Parse(text));
}

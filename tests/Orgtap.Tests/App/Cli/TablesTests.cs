using Orgtap.App.Cli;

namespace Orgtap.Tests.App.Cli;

public sealed class TablesTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_table_that_nobody_knows_is_bad_input_and_the_answer_says_where_the_names_are(bool serving)
    {
        await using var site = await ServedInstallation.StartAsync(serving);
        Assert.Equal(0, (await site.ConnectAsync()).ExitCode);
        var (code, output, error) = await site.RunAsync("tables", "acme", "--fields", "Nope__c");
        Assert.Equal((ExitCode.BadInput, ""), (code, output));
        Assert.Contains("acme has no table Nope__c", error, StringComparison.Ordinal);
        Assert.Contains("orgtap tables acme", error, StringComparison.Ordinal);
        Assert.Contains("Industry", (await site.RunAsync("tables", "acme", "--fields", "Account")).Output, StringComparison.Ordinal);
    }
}

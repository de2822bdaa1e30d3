using System.Net;
using Orgtap.SimulatedOrg.Hosting;
using Orgtap.Tests.Architecture;

namespace Orgtap.Tests.SimulatedOrg.Hosting;

public sealed class CommandLineTests
{
    private static readonly string[] Promised =
    [
        "--listen", "--seed", "--records", "--user", "--password", "--security-token", "--client-id", "--client-secret", "--redirect-uri", "--jwt-certificate", "--api-limit", "--scenario",
    ];

    [Fact]
    public async Task Every_option_is_explained_by_help_and_in_the_README()
    {
        var command = CommandLine.Build();
        var readme = await File.ReadAllTextAsync(Path.Combine(Repository.Root, "src", "Orgtap.SimulatedOrg", "README.md"), TestContext.Current.CancellationToken);
        using var help = new StringWriter();
        Assert.Equal(0, await command.Parse(["--help"]).InvokeAsync(new() { Output = help }, TestContext.Current.CancellationToken));
        var options = command.Options.Where(option => option.Name.StartsWith("--", StringComparison.Ordinal) && option.Name is not ("--help" or "--version")).ToArray();
        Assert.Empty(Promised.Except(options.Select(option => option.Name)));
        Assert.All(options, option =>
        {
            Assert.Contains(option.Name, help.ToString());
            Assert.False(string.IsNullOrWhiteSpace(option.Description));
            Assert.True(readme.Contains($"`{option.Name}`", StringComparison.Ordinal), $"The README does not name {option.Name}.");
        });
    }

    [Theory]
    [InlineData("--jwt-certificate", "/nowhere/client.crt", "--jwt-certificate /nowhere/client.crt")]
    [InlineData("--scenario", "/nowhere/bad-day.json", "--scenario /nowhere/bad-day.json")]
    public void A_file_that_cannot_be_read_is_named_with_its_option(string option, string path, string words) =>
        Assert.Contains(words, Assert.Single(CommandLine.Build().Parse([option, path]).Errors).Message);

    [Fact]
    public void Records_are_read_and_a_wrong_form_is_named()
    {
        Assert.Equal(new Dictionary<string, long> { ["Account"] = 5_000, ["Contact"] = 12_000 }, CommandLine.ParseRecords("Account=5000, Contact=12000"));
        Assert.Contains("'Account:5'", Assert.Throws<FormatException>(() => CommandLine.ParseRecords("Account:5")).Message);
        Assert.Contains("'Account:5'", Assert.Single(CommandLine.Build().Parse(["--records", "Account:5"]).Errors).Message);
    }

    [Fact]
    public async Task Two_orgs_side_by_side_share_nothing()
    {
        await using var one = await RunningOrg.StartAsync(options => options with { ClientId = null, ClientSecret = null, Password = null, SecurityToken = null }, signIn: false);
        await using var other = await RunningOrg.StartAsync(options => options with { ClientId = null, ClientSecret = null, Password = null, SecurityToken = null }, signIn: false);
        Assert.NotEqual(one.Host.Address, other.Host.Address);
        foreach (var secret in (Func<SimulatedOrgHost, string>[])[org => org.ClientId, org => org.ClientSecret, org => org.Password, org => org.SecurityToken, org => org.ControlKey])
            Assert.NotEqual(secret(one.Host), secret(other.Host));

        var session = one.Host.Tokens.Open(one.Host.ClientId, one.Host.Users.First.Id, ["api"], approval: null);
        var bearer = ("Authorization", "Bearer " + session.AccessToken);
        Assert.Equal(HttpStatusCode.OK, (await one.GetAsync(RunningOrg.Root, bearer)).StatusCode);
        Assert.Equal(HttpStatusCode.Unauthorized, (await other.GetAsync(RunningOrg.Root, bearer)).StatusCode);
        one.Host.Clock.Advance(TimeSpan.FromDays(1));
        Assert.Equal(RunningOrg.Noon, other.Host.Clock.GetUtcNow());
        one.Host.Store.Insert("Account", new Dictionary<string, object?> { ["Name"] = "only here" });
        Assert.Equal(one.Host.Store.Count("Account", includeDeleted: false) - 1, other.Host.Store.Count("Account", includeDeleted: false));
    }
}

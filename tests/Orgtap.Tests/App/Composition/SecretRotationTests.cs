using System.Text.RegularExpressions;
using Dapper;
using Orgtap.App.Composition;
using Orgtap.Authorization;
using Orgtap.Connections;
using Orgtap.Storage;
using Orgtap.Tests.App.Cli;
using Orgtap.Tests.Architecture;

namespace Orgtap.Tests.App.Composition;

public sealed partial class SecretRotationTests
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Every_stored_secret_is_encrypted_with_the_new_key_and_still_opens()
    {
        await using var site = await ServedInstallation.StartAsync(serving: true);
        Assert.Equal(0, (await site.ConnectAsync()).ExitCode);
        var before = await KeysAsync(site);

        var (code, output, _) = await site.RunAsync("secrets", "rotate");

        Assert.Equal(0, code);
        Assert.StartsWith("4 stored secrets", output, StringComparison.Ordinal);
        var after = await KeysAsync(site);
        Assert.Single(after);
        Assert.Empty(after.Intersect(before));
        var connection = await site.Service<ConnectionStore>().GetAsync("acme", Stop);
        Assert.Equal(site.Org.Password, (await site.Service<GrantStore>().FindAsync(connection.Id, Stop))!.Password!.Reveal());
        Assert.Equal(site.Org.ClientSecret, (await site.Service<ConnectionStore>().GetAppAsync(connection.AppId, Stop)).ConsumerSecret!.Reveal());
    }

    [Fact]
    public void No_purpose_in_the_sources_is_forgotten()
    {
        var used = Repository.Sources("src/Orgtap").SelectMany(file => file.Lines).SelectMany(line => Purpose().Matches(line)).Select(match => match.Groups[1].Value).Distinct().Order(StringComparer.Ordinal);
        Assert.Equal(used, SecretRotation.All.Select(secret => secret.Purpose).Order(StringComparer.Ordinal));
    }

    private static async Task<IReadOnlySet<Guid>> KeysAsync(ServedInstallation site)
    {
        var keys = new HashSet<Guid>();
        await using var db = await site.Service<ControlStore>().ConnectAsync(Stop);
        foreach (var secret in SecretRotation.All)
            foreach (var text in await db.QueryAsync<string>($"SELECT {secret.Column} FROM {secret.Table} WHERE {secret.Column} IS NOT NULL"))
                keys.Add(SecretRotation.KeyOf(text));
        return keys;
    }

    [GeneratedRegex("""Purpose = "([a-z.-]+)";?""")]
    private static partial Regex Purpose();
}

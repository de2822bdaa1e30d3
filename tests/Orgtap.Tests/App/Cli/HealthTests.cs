using System.Net;
using System.Text.Json;
using Dapper;
using Microsoft.AspNetCore.DataProtection;
using Orgtap.Storage;

namespace Orgtap.Tests.App.Cli;

public sealed class HealthTests
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Stored_secrets_that_do_not_open_are_told_although_new_ones_would()
    {
        await using var served = await ServedInstallation.StartAsync(serving: true);
        await served.ConnectAsync();
        using var http = new HttpClient(new SocketsHttpHandler { UseCookies = false, AllowAutoRedirect = false }) { BaseAddress = served.Address };
        Assert.Equal((HttpStatusCode.OK, true), await ReadyAsync(http));

        // As after a start with another key file.
        var theirs = new EphemeralDataProtectionProvider().CreateProtector("grant.password").Protect("secret");
        await served.Service<ControlStore>().WriteAsync(transaction => transaction.Connection!.ExecuteAsync("UPDATE grants SET password = @theirs", new { theirs }, transaction), Stop);
        Assert.Equal((HttpStatusCode.ServiceUnavailable, false), await ReadyAsync(http));
    }

    private static async Task<(HttpStatusCode Status, bool Keys)> ReadyAsync(HttpClient http)
    {
        using var answer = await http.GetAsync("health/ready", Stop);
        var checks = JsonDocument.Parse(await answer.Content.ReadAsStringAsync(Stop)).RootElement.GetProperty("checks").EnumerateArray();
        return (answer.StatusCode, checks.Single(check => check.GetProperty("name").GetString() == "keys").GetProperty("healthy").GetBoolean());
    }
}

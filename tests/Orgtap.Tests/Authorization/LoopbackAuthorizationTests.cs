using Orgtap.Authorization;
using Orgtap.Connections;
using Orgtap.Primitives;
using Orgtap.Salesforce;

namespace Orgtap.Tests.Authorization;

/// <summary>Authorization against the simulated org, over real HTTP.</summary>
public sealed class LoopbackAuthorizationTests
{
    [Fact]
    public async Task The_password_flow_connects()
    {
        await using var org = await LoopbackOrg.StartAsync();
        var connection = await org.ConnectAsync();
        Assert.Equal((org.Host.Store.OrganizationId, "ann@example.com"), (connection.OrgId!.Value.Value, connection.Username));
        Assert.NotEmpty(connection.OrgName!);
        Assert.NotNull((await org.Open(connection).LimitsAsync(default)).DailyApiRequests);
    }

    [Fact]
    public async Task A_wrong_password_and_a_blocked_flow_are_explained()
    {
        await using var org = await LoopbackOrg.StartAsync();
        var failure = await Assert.ThrowsAsync<SalesforceException>(() => org.Store.Connector.ConnectAsync(org.ByPassword() with { Password = new SecretText("hunter2") }, "test", default));
        Assert.Equal((FailureKind.ReauthorizationRequired, "invalid_grant"), (failure.Kind, failure.ErrorCode));
        Assert.DoesNotContain("hunter2", failure.ToString() + failure.Detail, StringComparison.Ordinal);

        var unknown = await Assert.ThrowsAsync<SalesforceException>(() => org.Store.Connector.ConnectAsync(org.ByPassword() with { ConsumerKey = "other" }, "test", default));
        Assert.Equal(FailureKind.InvalidInput, unknown.Kind);
        Assert.Empty(await org.Store.Connections.ListAsync(default));
    }

    [Fact]
    public async Task The_password_flow_signs_in_again_when_the_session_has_ended()
    {
        await using var org = await LoopbackOrg.StartAsync();
        var connection = await org.ConnectAsync();
        org.Host.Tokens.ExpireAll();
        org.Host.Requests.Clear();
        await org.Open(connection).LimitsAsync(default);
        Assert.Equal(1, org.Host.Requests.Count("token"));
    }

    [Fact]
    public async Task The_browser_flow_connects_with_pkce()
    {
        await using var org = await LoopbackOrg.StartAsync(options => options with { RequirePkce = true });
        var connection = await org.ConnectByBrowserAsync();
        Assert.Equal(AuthorizationFlow.WebServer, connection.Flow);
        Assert.NotNull((await org.Store.Grants.FindAsync(connection.Id, default))!.RefreshToken);
        await org.Open(connection).OrganizationAsync(default);
    }

    [Fact]
    public async Task Deny_stores_nothing_and_one_can_begin_again()
    {
        await using var org = await LoopbackOrg.StartAsync();
        var start = await org.Store.Connector.StartAsync(org.ByBrowser(), "test", default);
        var back = await org.WalkAsync(start.AuthorizeAddress, allow: false);
        var failure = await Assert.ThrowsAsync<SalesforceException>(() =>
            org.Store.Connector.CompleteAsync(back["state"], null, back["error"], back["error_description"], start.BrowserSecret, default));
        Assert.Contains("denied", failure.Message, StringComparison.Ordinal);
        Assert.Empty(await org.Store.Connections.ListAsync(default));
        await org.ConnectByBrowserAsync();
    }

    [Fact]
    public async Task Fifty_calls_refused_at_once_make_one_refresh_and_the_rotated_token_works_the_next_time()
    {
        await using var org = await LoopbackOrg.StartAsync(options => options with { RotateRefreshTokens = true });
        var connection = await org.ConnectByBrowserAsync();
        for (var round = 0; round < 3; round++)
        {
            org.Host.Tokens.ExpireAll();
            org.Host.Requests.Clear();
            await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => org.Open(connection).LimitsAsync(default)));
            Assert.Equal(1, org.Host.Requests.Count("token"));
        }
    }

    [Fact]
    public async Task A_grant_that_was_revoked_in_the_org_needs_the_admin()
    {
        await using var org = await LoopbackOrg.StartAsync();
        var connection = await org.ConnectByBrowserAsync();
        org.Host.Tokens.RevokeAll();
        var failure = await Assert.ThrowsAnyAsync<OrgtapException>(() => org.Open(connection).LimitsAsync(default));
        Assert.Equal((FailureKind.ReauthorizationRequired, Turn.Admin), (failure.Kind, failure.Turn));
    }

    [Fact]
    public async Task Removing_a_connection_ends_its_grant_in_the_org()
    {
        await using var org = await LoopbackOrg.StartAsync();
        var connection = await org.ConnectByBrowserAsync();
        Assert.Equal(1, org.Host.Tokens.ApprovalCount);
        await org.Store.Connector.RemoveAsync(connection, "test", default);
        Assert.Equal(0, org.Host.Tokens.ApprovalCount);
    }

    [Fact]
    public async Task An_org_that_is_not_allowed_is_never_spoken_to()
    {
        await using var org = await LoopbackOrg.StartAsync();
        org.Host.Requests.Clear();
        await Assert.ThrowsAsync<InvalidInputException>(() => org.Store.Connector.ConnectAsync(org.ByPassword() with { LoginUrl = $"http://localhost:{org.Host.Address.Port}" }, "test", default));
        Assert.Empty(org.Host.Requests.Entries);
    }
}

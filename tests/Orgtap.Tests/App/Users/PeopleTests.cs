using Orgtap.App.Users;
using Orgtap.Primitives;
using Orgtap.Storage;
using Orgtap.Tests.Storage;

namespace Orgtap.Tests.App.Users;

public abstract class PeopleTests(StoreDatabase database)
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_token_keeps_to_its_scopes_and_ends_with_its_day()
    {
        await using var site = await OpenedInstallation.OpenAsync(database: database);
        var people = site.Service<People>();
        await people.AddAsync("marta@example.com", "Marta", Role.Operator, "test", Stop);
        var token = (await people.IssueTokenAsync("marta@example.com", new TokenWish("export", TokenScopes.Read | TokenScopes.Rows, 30), "test", Stop)).Reveal();
        Assert.Equal(TokenScopes.Read | TokenScopes.Rows, (await site.Service<ApiTokens>().FindAsync(token, Stop))!.Scopes);
        site.Time.Advance(TimeSpan.FromDays(30) - TimeSpan.FromSeconds(1));
        Assert.NotNull(await site.Service<ApiTokens>().FindAsync(token, Stop));
        site.Time.Advance(TimeSpan.FromSeconds(1));
        Assert.Null(await site.Service<ApiTokens>().FindAsync(token, Stop));
        // Shown as expired until it is revoked.
        Assert.Equal("export", (await people.GetAsync("marta@example.com", Stop)).Tokens.Single().Name);
    }

    [Theory]
    [InlineData("")]
    [InlineData("write")]
    [InlineData("read everything")]
    public void Scopes_that_do_not_exist_are_refused(string words) => Assert.Throws<InvalidInputException>(() => TokenScopeWords.Parse([words]));

    [Fact]
    public async Task A_name_is_given_to_one_token_only()
    {
        await using var site = await OpenedInstallation.OpenAsync(database: database);
        var people = site.Service<People>();
        await people.AddAsync("marta@example.com", "Marta", Role.Operator, "test", Stop);
        await people.IssueTokenAsync("marta@example.com", new TokenWish("export"), "test", Stop);
        await Assert.ThrowsAsync<InvalidInputException>(() => people.IssueTokenAsync("marta@example.com", new TokenWish(" export "), "test", Stop));
        await Assert.ThrowsAsync<InvalidInputException>(() => people.IssueTokenAsync("marta@example.com", new TokenWish("other", ValidFor: 0), "test", Stop));
    }

    [Fact]
    public async Task The_last_administrator_keeps_the_role()
    {
        await using var site = await OpenedInstallation.OpenAsync(database: database);
        var people = site.Service<People>();
        await people.AddAsync("marta@example.com", "Marta", Role.Administrator, "test", Stop);
        await Assert.ThrowsAsync<InvalidInputException>(() => people.SetRoleAsync("marta@example.com", Role.Viewer, "test", Stop));
        await people.AddAsync("tomas@example.com", "Tomas", Role.Administrator, "test", Stop);
        await people.SetRoleAsync("marta@example.com", Role.Viewer, "test", Stop);
        await Assert.ThrowsAsync<InvalidInputException>(() => people.RemoveAsync("tomas@example.com", "test", Stop));
        Assert.Equal(Role.Viewer, (await people.GetAsync("marta@example.com", Stop)).User.Role);
    }

    [Fact]
    public async Task A_pause_is_seen_and_can_be_ended()
    {
        await using var site = await OpenedInstallation.OpenAsync(database: database);
        var people = site.Service<People>();
        await people.AddAsync("marta@example.com", "Marta", Role.Operator, "test", Stop);
        for (var wrong = 0; wrong < SignInFailures.Allowed; wrong++) await site.Service<SignIn>().TryAsync("marta@example.com", "wrong", Stop);
        Assert.NotNull((await people.GetAsync("marta@example.com", Stop)).PausedUntil);
        await people.AllowSignInAsync("marta@example.com", "boss@example.com", Stop);
        Assert.Null((await people.GetAsync("marta@example.com", Stop)).PausedUntil);
    }

    [Fact]
    public async Task Every_change_is_in_the_audit_log()
    {
        await using var site = await OpenedInstallation.OpenAsync(database: database);
        var people = site.Service<People>();
        await people.AddAsync("boss@example.com", "Boss", Role.Administrator, "test", Stop);
        await people.AddAsync("marta@example.com", "Marta", Role.Operator, "boss@example.com", Stop);
        await people.SetRoleAsync("marta@example.com", Role.Viewer, "boss@example.com", Stop);
        await people.EndSessionsAsync("marta@example.com", "boss@example.com", Stop);
        await people.IssueTokenAsync("marta@example.com", new TokenWish("export", TokenScopes.Read, 7), "boss@example.com", Stop);
        await people.RevokeTokenAsync("marta@example.com", "export", "boss@example.com", Stop);
        await people.RemoveAsync("marta@example.com", "boss@example.com", Stop);
        var entries = await site.Service<AuditLog>().ListAsync(new AuditFilter { Actor = "boss@example.com", Target = "marta@example.com" }, 100, Stop);
        Assert.Equal(["user.added", "link.issued", "role.set", "sign-in.ended-everywhere", "token.issued", "token.revoked", "user.removed"], entries.Reverse().Select(entry => entry.Action));
        Assert.Contains(entries, entry => entry.Detail == "export: read, for 7 days");
    }

    public sealed class OnSqlite() : PeopleTests(StoreDatabase.Sqlite);

    public sealed class OnPostgres() : PeopleTests(StoreDatabase.Postgres);
}

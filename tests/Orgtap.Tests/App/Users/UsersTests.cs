using Dapper;
using Orgtap.App.Users;
using Orgtap.App.Web.SignIn;
using Orgtap.Primitives;
using Orgtap.Tests.Storage;

namespace Orgtap.Tests.App.Users;

public abstract class UsersTests(StoreDatabase database)
{
    private const string Password = "four words make sense";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_fifth_wrong_password_begins_a_pause_in_which_the_right_one_is_not_tried()
    {
        await using var site = await OpenedInstallation.OpenAsync(database: database);
        await AddAsync(site, "marta@example.com");
        var signIn = site.Service<SignIn>();
        for (var left = 4; left >= 1; left--)
            Assert.Equal(new SignInAnswer.Refused(left), await signIn.TryAsync("marta@example.com", "wrong", Cancellation));
        var pause = Assert.IsType<SignInAnswer.Waits>(await signIn.TryAsync("marta@example.com", "wrong", Cancellation));
        Assert.Equal(site.Time.GetUtcNow().AddMinutes(5), pause.Until);
        Assert.IsType<SignInAnswer.Waits>(await signIn.TryAsync("marta@example.com", Password, Cancellation));

        site.Time.Advance(TimeSpan.FromMinutes(5));
        Assert.IsType<SignInAnswer.SignedIn>(await signIn.TryAsync("MARTA@example.com ", Password, Cancellation));
        // Forgotten after success.
        Assert.Equal(new SignInAnswer.Refused(4), await signIn.TryAsync("marta@example.com", "wrong", Cancellation));
    }

    [Fact]
    public async Task An_unknown_address_is_answered_like_a_known_one()
    {
        await using var site = await OpenedInstallation.OpenAsync(database: database);
        await AddAsync(site, "marta@example.com");
        for (var attempt = 0; attempt < 6; attempt++)
            Assert.Equal(await site.Service<SignIn>().TryAsync("marta@example.com", "wrong", Cancellation), await site.Service<SignIn>().TryAsync("nobody@example.com", "wrong", Cancellation));
    }

    [Theory]
    [InlineData(5, 5)]
    [InlineData(6, 10)]
    [InlineData(8, 40)]
    [InlineData(9, 60)]
    [InlineData(5000, 60)]
    public void Pauses_double_up_to_an_hour(long failures, double minutes) => Assert.Equal(TimeSpan.FromMinutes(minutes), SignInFailures.PauseAfter(failures));

    [Fact]
    public async Task A_link_works_once_for_a_day_and_only_its_hash_is_stored()
    {
        await using var site = await OpenedInstallation.OpenAsync(database: database);
        var user = await site.Service<UserStore>().AddAsync("marta@example.com", "Marta", Role.Operator, Cancellation);
        var links = site.Service<OneTimeLinks>();
        var secret = (await links.IssueAsync(user, LinkPurpose.SetPassword, Cancellation)).Reveal();
        await using (var db = await site.Installation.Store.ConnectAsync(Cancellation))
            Assert.Equal(0, await db.ExecuteScalarAsync<long>("SELECT COUNT(*) FROM user_links WHERE token_hash LIKE '%' || @secret || '%'", new { secret }));

        Assert.Equal("marta@example.com", (await links.FindAsync(secret, Cancellation))?.User.Email);
        Assert.True(await links.UseUpAsync(secret, Cancellation));
        Assert.False(await links.UseUpAsync(secret, Cancellation));
        Assert.Null(await links.FindAsync(secret, Cancellation));

        var late = (await links.IssueAsync(user, LinkPurpose.SetPassword, Cancellation)).Reveal();
        site.Time.Advance(TimeSpan.FromHours(25));
        Assert.Null(await links.FindAsync(late, Cancellation));
    }

    [Fact]
    public async Task A_new_link_kills_the_one_before()
    {
        await using var site = await OpenedInstallation.OpenAsync(database: database);
        var user = await site.Service<UserStore>().AddAsync("marta@example.com", "Marta", Role.Operator, Cancellation);
        var first = (await site.Service<OneTimeLinks>().IssueAsync(user, LinkPurpose.SetPassword, Cancellation)).Reveal();
        _ = await site.Service<OneTimeLinks>().IssueAsync(user, LinkPurpose.SetPassword, Cancellation);
        Assert.Null(await site.Service<OneTimeLinks>().FindAsync(first, Cancellation));
    }

    [Fact]
    public async Task A_token_speaks_for_its_user_until_it_is_revoked()
    {
        await using var site = await OpenedInstallation.OpenAsync(database: database);
        var user = await site.Service<UserStore>().AddAsync("marta@example.com", "Marta", Role.Viewer, Cancellation);
        var tokens = site.Service<ApiTokens>();
        var token = (await tokens.IssueAsync(user, new TokenWish("export"), Cancellation)).Reveal();
        Assert.StartsWith(ApiTokens.Prefix, token, StringComparison.Ordinal);
        Assert.Equal(user.Id, (await tokens.FindAsync(token, Cancellation))?.User.Id);
        Assert.NotNull((await tokens.ListAsync(user, Cancellation)).Single().LastUsedAt);
        Assert.Null(await tokens.FindAsync(token + "x", Cancellation));
        await tokens.RevokeAsync(user, "export", Cancellation);
        Assert.Null(await tokens.FindAsync(token, Cancellation));
    }

    [Fact]
    public async Task A_new_password_changes_the_security_stamp()
    {
        await using var site = await OpenedInstallation.OpenAsync(database: database);
        var user = await AddAsync(site, "marta@example.com");
        await site.Service<SignIn>().SetPasswordAsync(user, "another four words", Cancellation);
        Assert.NotEqual(user.SecurityStamp, (await site.Service<UserStore>().FindAsync(user.Id, Cancellation))!.SecurityStamp);
    }

    [Theory]
    [InlineData("elevenchars")]
    [InlineData("marta@example.com")]
    public async Task A_weak_password_is_refused(string password)
    {
        await using var site = await OpenedInstallation.OpenAsync(database: database);
        var user = await site.Service<UserStore>().AddAsync("marta@example.com", "Marta", Role.Operator, Cancellation);
        await Assert.ThrowsAsync<InvalidInputException>(() => site.Service<SignIn>().SetPasswordAsync(user, password, Cancellation));
    }

    [Fact]
    public async Task The_last_administrator_cannot_be_removed()
    {
        await using var site = await OpenedInstallation.OpenAsync(database: database);
        var users = site.Service<UserStore>();
        var only = await users.AddAsync("marta@example.com", "Marta", Role.Administrator, Cancellation);
        await Assert.ThrowsAsync<InvalidInputException>(() => users.RemoveAsync(only, Cancellation));
        await users.AddAsync("tomas@example.com", "Tomas", Role.Administrator, Cancellation);
        await users.RemoveAsync(only, Cancellation);
        Assert.Equal("tomas@example.com", (await users.ListAsync(Cancellation)).Single().Email);
    }

    [Fact]
    public async Task There_is_an_account_to_claim_only_while_nobody_else_exists()
    {
        await using var site = await OpenedInstallation.OpenAsync(database: database);
        var users = site.Service<UserStore>();
        var unclaimed = await users.UnclaimedAdministratorAsync(Cancellation);
        Assert.Equal(unclaimed, await users.UnclaimedAdministratorAsync(Cancellation));
        await site.Service<SignIn>().SetPasswordAsync(unclaimed!, Password, Cancellation);
        await users.ClaimAsync(unclaimed!, "Marta@Example.com", "Marta", Cancellation);
        Assert.Null(await users.UnclaimedAdministratorAsync(Cancellation));
        Assert.IsType<SignInAnswer.SignedIn>(await site.Service<SignIn>().TryAsync("marta@example.com", Password, Cancellation));
    }

    [Theory]
    [InlineData("/runs/7", "/runs/7")]
    [InlineData("//evil.example", "/data-sources")]
    [InlineData("/\\evil.example", "/data-sources")]
    [InlineData("https://evil.example", "/data-sources")]
    [InlineData("", "/data-sources")]
    [InlineData(null, "/data-sources")]
    public void Signing_in_leads_only_to_pages_of_ours(string? next, string expected) => Assert.Equal(expected, SignInPages.LocalOr(next));

    private static async Task<User> AddAsync(OpenedInstallation site, string email)
    {
        var user = await site.Service<UserStore>().AddAsync(email, "Marta", Role.Operator, Cancellation);
        await site.Service<SignIn>().SetPasswordAsync(user, Password, Cancellation);
        return (await site.Service<UserStore>().FindAsync(user.Id, Cancellation))!;
    }

    public sealed class OnSqlite() : UsersTests(StoreDatabase.Sqlite);

    public sealed class OnPostgres() : UsersTests(StoreDatabase.Postgres);
}

using System.Globalization;
using Orgtap.App.Users;
using Orgtap.App.Web.SignIn;
using Orgtap.Primitives;

namespace Orgtap.App.Web.Account;

/// <param name="Token">A token that was made a moment ago; shown once.</param>
/// <param name="Saved">A sentence about what was done.</param>
public sealed record AccountModel(Person Person, TimeProvider Time, SecretText? Token = null, string? Saved = null, OrgtapException? Problem = null);

/// <summary>What everybody does with their own account: password, sessions, API tokens.</summary>
internal static class AccountPages
{
    public static void Map(IEndpointRouteBuilder app)
    {
        var account = app.MapGroup("/account").RequireAuthorization(Roles.Viewer);
        account.MapGet("", async (HttpContext context, Users.People people, TimeProvider time, CancellationToken cancellationToken) =>
            Page.Of<AccountPage>(new AccountModel(await people.GetAsync(context.User.ActorOf(), cancellationToken), time)));
        account.MapPost("", ActAsync).RequireRateLimiting(SignInRateLimit.Policy);
    }

    private static async Task<IResult> ActAsync(
        HttpContext context, Users.People people, Users.SignIn signIn, UserStore users, SessionTickets sessions, TimeProvider time, CancellationToken cancellationToken)
    {
        var (form, email) = (await context.Request.ReadFormAsync(cancellationToken), context.User.ActorOf());
        var model = new AccountModel(await people.GetAsync(email, cancellationToken), time);
        try
        {
            switch (form["do"].ToString())
            {
                case "password":
                    await ChangePasswordAsync(model.Person.User, form, signIn, time, cancellationToken);
                    // Every other session ends with the old password; this one goes on.
                    await sessions.StartAsync(context, await users.GetByEmailAsync(email, cancellationToken));
                    model = model with { Saved = "The new password counts from now on. Other browsers are signed out." };
                    break;
                case "end-sessions":
                    await people.EndSessionsAsync(email, email, cancellationToken);
                    await sessions.EndAsync(context);
                    return Page.SeeOther("/sign-in");
                case "token":
                    model = model with { Token = await people.IssueTokenAsync(email, WishOf(form), email, cancellationToken) };
                    break;
                case "revoke":
                    await people.RevokeTokenAsync(email, form["token"].ToString(), email, cancellationToken);
                    return Page.SeeOther("/account");
                default: return Results.BadRequest();
            }
        }
        catch (InvalidInputException problem)
        {
            return Page.Of<AccountPage>(model with { Problem = problem }, StatusCodes.Status400BadRequest);
        }
        return Page.Of<AccountPage>(model with { Person = await people.GetAsync(email, cancellationToken) });
    }

    private static async Task ChangePasswordAsync(User user, IFormCollection form, Users.SignIn signIn, TimeProvider time, CancellationToken cancellationToken)
    {
        switch (await signIn.CheckAsync(user.Email, form["current"].ToString(), cancellationToken))
        {
            case SignInAnswer.Refused { TriesLeft: var left }:
                throw new InvalidInputException("The present password is not right. Nothing was changed.", $"{Shell.Words.Plural(left, "try", "tries")} left before a pause.");
            case SignInAnswer.Waits { Until: var until }:
                throw new InvalidInputException("Too many wrong passwords. Nothing was changed.", $"The next try is possible at {Shell.Words.WhenExactly(until, time)}.");
            default:
                await signIn.SetPasswordAsync(user, form["password"].ToString(), cancellationToken);
                break;
        }
    }

    private static TokenWish WishOf(IFormCollection form) => new(
        form["name"].ToString(), TokenScopeWords.Parse(form["scope"].OfType<string>()),
        int.TryParse(form["days"], NumberStyles.None, CultureInfo.InvariantCulture, out var days) ? days : null);
}

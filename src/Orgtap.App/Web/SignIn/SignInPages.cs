using Orgtap.App.Users;
using Orgtap.App.Web.Errors;
using Orgtap.Primitives;
using Orgtap.Storage;

namespace Orgtap.App.Web.SignIn;

/// <param name="Next">The path that was asked for before signing in.</param>
public sealed record SignInModel(string? Next, string Email = "", string? Problem = null, bool Waits = false);

/// <param name="Problem">Why the form was not accepted.</param>
public sealed record LinkModel(OpenLink Link, string Secret, string Email = "", string Name = "", InvalidInputException? Problem = null);

/// <summary>Signing in and out, and the links that let somebody in without a password.</summary>
internal static class SignInPages
{
    public static void Map(IEndpointRouteBuilder app)
    {
        app.MapGet("/sign-in", (HttpContext context, string? next) =>
            context.User.Identity?.IsAuthenticated == true ? Page.SeeOther(LocalOr(next)) : Page.Of<SignInPage>(new SignInModel(next)));
        app.MapPost("/sign-in", PostAsync).RequireRateLimiting(SignInRateLimit.Policy);
        app.MapPost("/sign-out", async (HttpContext context, SessionTickets sessions, AuditLog audit, CancellationToken cancellationToken) =>
        {
            if (context.User.Identity?.IsAuthenticated == true) await audit.WriteAsync(context.User.ActorOf(), "sign-in.ended", context.User.ActorOf(), null, cancellationToken);
            await sessions.EndAsync(context);
            return Page.SeeOther("/sign-in");
        });
        app.MapGet("/link/{secret}", async (string secret, OneTimeLinks links, CancellationToken cancellationToken) =>
            await links.FindAsync(secret, cancellationToken) is { } link ? Page.Of<LinkPage>(new LinkModel(link, secret)) : (IResult)ErrorPages.DeadLink())
            .RequireRateLimiting(SignInRateLimit.Policy);
        app.MapPost("/link/{secret}", UseLinkAsync).RequireRateLimiting(SignInRateLimit.Policy);
    }

    private static async Task<IResult> PostAsync(HttpContext context, Users.SignIn signIn, SessionTickets sessions, TimeProvider time, CancellationToken cancellationToken)
    {
        var form = await context.Request.ReadFormAsync(cancellationToken);
        var email = form["email"].ToString();
        var next = form["next"].ToString();
        switch (await signIn.TryAsync(email, form["password"].ToString(), cancellationToken))
        {
            case SignInAnswer.SignedIn { User: var user }:
                await sessions.StartAsync(context, user);
                return Page.SeeOther(LocalOr(next));
            case SignInAnswer.Waits { Until: var until }:
                return Page.Of<SignInPage>(new SignInModel(next, email, $"Too many wrong passwords. The next try is possible at {Shell.Words.WhenExactly(until, time)}.", true), StatusCodes.Status429TooManyRequests);
            case SignInAnswer.Refused { TriesLeft: var left }:
                return Page.Of<SignInPage>(new SignInModel(next, email,
                    $"E-mail and password do not match. {Shell.Words.Plural(left, "try", "tries")} left before a pause of 5 minutes."), StatusCodes.Status401Unauthorized);
            default:
                throw new InvalidOperationException("An answer nobody handles.");
        }
    }

    private static async Task<IResult> UseLinkAsync(
        string secret, HttpContext context, OneTimeLinks links, UserStore users, Users.SignIn signIn, SessionTickets sessions, AuditLog audit, CancellationToken cancellationToken)
    {
        if (await links.FindAsync(secret, cancellationToken) is not { } link) return ErrorPages.DeadLink();
        var user = link.User;
        if (link.Purpose == LinkPurpose.SetPassword)
        {
            var form = await context.Request.ReadFormAsync(cancellationToken);
            var (email, name, password) = (form["email"].ToString(), form["name"].ToString(), form["password"].ToString());
            try
            {
                // The password first: if it is refused, an unclaimed account must stay unclaimed.
                await signIn.SetPasswordAsync(user.IsUnclaimed ? user with { Email = email } : user, password, cancellationToken);
                if (user.IsUnclaimed) await users.ClaimAsync(user, email, name, cancellationToken);
            }
            catch (InvalidInputException problem)
            {
                return Page.Of<LinkPage>(new LinkModel(link, secret, email, name, problem), StatusCodes.Status400BadRequest);
            }
        }
        if (!await links.UseUpAsync(secret, cancellationToken)) return ErrorPages.DeadLink();
        user = await users.FindAsync(user.Id, cancellationToken) ?? throw new InvalidOperationException("The link's user was removed meanwhile.");
        await users.SetSignedInAsync(user, cancellationToken);
        await audit.WriteAsync(user.Email, "link.used", user.Email, link.Purpose == LinkPurpose.SetPassword ? "to choose a password" : "to sign in once", cancellationToken);
        await sessions.StartAsync(context, user);
        return Page.SeeOther("/data-sources");
    }

    /// <summary>Only paths of ours: a sign-in page must not send people to another site.</summary>
    internal static string LocalOr(string? next) =>
        next is { Length: > 1 } && next[0] == '/' && next[1] is not ('/' or '\\') && !next.Any(char.IsControl) ? next : "/data-sources";
}

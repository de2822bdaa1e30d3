using Orgtap.App.Overviews;
using Orgtap.App.Users;
using Orgtap.App.Web;
using Orgtap.App.Web.Errors;
using Orgtap.App.Web.SignIn;
using Orgtap.Primitives;

namespace Orgtap.App.Api;

/// <summary><c>/api/v1/users</c>, for administrators, and <c>/api/v1/me</c>, for everybody.</summary>
internal static class UsersApi
{
    public static void Map(IEndpointRouteBuilder api)
    {
        var all = api.MapGroup("/users").RequireAuthorization(Roles.Administrator).WithTags("People");
        all.MapGet("", async (People people, CancellationToken cancellationToken) => (await people.ListAsync(cancellationToken)).Select(UserDocument.Of)).WithSummary("Who may sign in");
        all.MapPost("", async (AddUserDocument wanted, HttpContext context, People people, PublicAddress address, TimeProvider time, CancellationToken cancellationToken) =>
        {
            var secret = await people.AddAsync(wanted.Email, wanted.Name, wanted.Role, context.User.ActorOf(), cancellationToken);
            return Results.Created($"/api/v1/users/{Uri.EscapeDataString(wanted.Email.Trim().ToLowerInvariant())}", LinkOf(secret, address, time));
        }).Produces<LinkDocument>(StatusCodes.Status201Created).WithSummary("Add somebody; answers with the link to choose a password");

        var one = all.MapGroup("/{email}").AddEndpointFilter<KnownUserFilter>();
        one.MapGet("", async (string email, People people, CancellationToken cancellationToken) => UserDocument.Of(await people.GetAsync(email, cancellationToken))).WithSummary("One user, with the names of the tokens");
        one.MapPut("/role", (string email, RoleDocument role, HttpContext context, People people, CancellationToken cancellationToken) =>
            Done(people.SetRoleAsync(email, role.Role, context.User.ActorOf(), cancellationToken))).WithSummary("Set the role; counts at once");
        one.MapPost("/link", async (string email, HttpContext context, People people, PublicAddress address, TimeProvider time, CancellationToken cancellationToken) =>
            LinkOf(await people.LinkAsync(email, context.User.ActorOf(), cancellationToken), address, time)).WithSummary("Make a link to choose a password; earlier ones stop working");
        one.MapPost("/end-sessions", (string email, HttpContext context, People people, CancellationToken cancellationToken) =>
            Done(people.EndSessionsAsync(email, context.User.ActorOf(), cancellationToken))).WithSummary("Sign out everywhere");
        one.MapPost("/allow-sign-in", (string email, HttpContext context, People people, CancellationToken cancellationToken) =>
            Done(people.AllowSignInAsync(email, context.User.ActorOf(), cancellationToken))).WithSummary("End a pause after wrong passwords");
        one.MapDelete("", (string email, HttpContext context, People people, CancellationToken cancellationToken) =>
            Done(people.RemoveAsync(email, context.User.ActorOf(), cancellationToken))).WithSummary("Remove; sessions and tokens end at once");
        one.MapPost("/tokens", async (string email, TokenWishDocument wanted, HttpContext context, People people, TimeProvider time, CancellationToken cancellationToken) =>
            Issued(await people.IssueTokenAsync(email, Within(wanted.Wish(), context, time), context.User.ActorOf(), cancellationToken), wanted.Wish(), time))
            .Produces<IssuedTokenDocument>(StatusCodes.Status201Created).WithSummary("Make an API token for somebody");
        one.MapDelete("/tokens/{token}", (string email, string token, HttpContext context, People people, CancellationToken cancellationToken) =>
            Done(people.RevokeTokenAsync(email, token, context.User.ActorOf(), cancellationToken))).WithSummary("Revoke an API token");

        var me = api.MapGroup("/me").RequireAuthorization(Roles.Viewer).WithTags("People").AddEndpointFilter<OwnAccountFilter>();
        me.MapGet("", async (HttpContext context, People people, CancellationToken cancellationToken) =>
            UserDocument.Of(await people.GetAsync(context.User.ActorOf(), cancellationToken))).WithSummary("Whom this token speaks for");
        me.MapPost("/tokens", async (TokenWishDocument wanted, HttpContext context, People people, TimeProvider time, CancellationToken cancellationToken) =>
            Issued(await people.IssueTokenAsync(context.User.ActorOf(), Within(wanted.Wish(), context, time), context.User.ActorOf(), cancellationToken), wanted.Wish(), time))
            .Produces<IssuedTokenDocument>(StatusCodes.Status201Created).WithSummary("Make an API token that may do no more than this one");
        me.MapDelete("/tokens/{token}", (string token, HttpContext context, People people, CancellationToken cancellationToken) =>
            Done(people.RevokeTokenAsync(context.User.ActorOf(), token, context.User.ActorOf(), cancellationToken))).WithSummary("Revoke one of your API tokens");
    }

    /// <summary>A token makes none that may do more, or lives longer, than itself.</summary>
    private static TokenWish Within(TokenWish wish, HttpContext context, TimeProvider time)
    {
        var own = context.User.ScopesOf();
        if ((wish.Scopes & ~own) != TokenScopes.None)
            throw new InvalidInputException($"This token may not give out the scope {string.Join(", ", (wish.Scopes & ~own).Words())}.", $"Ask for no more than {string.Join(", ", own.Words())}, or make it on the page Your account.");
        if (context.User.TokenEnd() is { } end && (wish.ValidFor is null || time.GetUtcNow().AddDays(wish.ValidFor.Value) > end))
            throw new InvalidInputException("This token may not make one that lives longer than itself.", $"Ask for fewer days; this one ends at {end:u}.");
        return wish;
    }

    private static LinkDocument LinkOf(SecretText secret, PublicAddress address, TimeProvider time) =>
        new(new Uri(address.Value, $"/link/{secret.Reveal()}").AbsoluteUri, time.GetUtcNow().Add(OneTimeLinks.Lifetime));

    private static IResult Issued(SecretText token, TokenWish wish, TimeProvider time) => Results.Json(
        new IssuedTokenDocument(token.Reveal(), wish.Name.Trim(), wish.Scopes.Words(), wish.ValidFor is { } days ? time.GetUtcNow().AddDays(days) : null), statusCode: StatusCodes.Status201Created);

    private static async Task<IResult> Done(Task work)
    {
        await work;
        return Results.NoContent();
    }
}

/// <summary>An unknown user is 404.</summary>
internal sealed class KnownUserFilter(UserStore users) : IEndpointFilter
{
    public async ValueTask<object?> InvokeAsync(EndpointFilterInvocationContext context, EndpointFilterDelegate next)
    {
        try
        {
            await users.GetByEmailAsync(context.HttpContext.GetRouteValue("email")?.ToString() ?? "", context.HttpContext.RequestAborted);
        }
        catch (InvalidInputException unknown)
        {
            return ErrorPages.Problem(StatusCodes.Status404NotFound, unknown.Message, unknown.NextStep, unknown);
        }
        return await next(context);
    }
}

/// <summary>The socket of the machine's account speaks for nobody who could have tokens.</summary>
internal sealed class OwnAccountFilter : IEndpointFilter
{
    public async ValueTask<object?> InvokeAsync(EndpointFilterInvocationContext context, EndpointFilterDelegate next) => LocalSocket.Carries(context.HttpContext)
        ? ErrorPages.Problem(StatusCodes.Status404NotFound, "The local socket speaks for no user.", "Use /api/v1/users/EMAIL.")
        : await next(context);
}

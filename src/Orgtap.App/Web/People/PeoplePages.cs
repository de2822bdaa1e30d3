using Orgtap.App.Users;
using Orgtap.App.Web.SignIn;
using Orgtap.Primitives;

namespace Orgtap.App.Web.People;

public sealed record PeopleModel(IReadOnlyList<Person> People, TimeProvider Time);

/// <param name="Problem">Why the form was not accepted.</param>
public sealed record AddPersonModel(string Email = "", string Name = "", Role Role = Role.Operator, OrgtapException? Problem = null);

/// <param name="Link">A link that was made a moment ago; shown once.</param>
public sealed record PersonModel(Person Person, bool IsSelf, TimeProvider Time, Uri? Link = null, OrgtapException? Problem = null, bool Removes = false);

/// <summary>Who may sign in, for administrators.</summary>
internal static class PeoplePages
{
    public static void Map(IEndpointRouteBuilder app)
    {
        var people = app.MapGroup("/people").RequireAuthorization(Roles.Administrator);
        people.MapGet("", async (Users.People all, TimeProvider time, CancellationToken cancellationToken) => Page.Of<PeoplePage>(new PeopleModel(await all.ListAsync(cancellationToken), time)));
        people.MapGet("/new", () => Page.Of<AddPersonPage>(new AddPersonModel()));
        people.MapPost("/new", AddAsync);
        people.MapGet("/{email}", (string email, HttpContext context, Users.People all, UserStore users, TimeProvider time, CancellationToken cancellationToken) =>
            ShowAsync(email, context, all, users, time, false, cancellationToken));
        people.MapGet("/{email}/remove", (string email, HttpContext context, Users.People all, UserStore users, TimeProvider time, CancellationToken cancellationToken) =>
            ShowAsync(email, context, all, users, time, true, cancellationToken));
        people.MapPost("/{email}", ActAsync);
    }

    private static async Task<IResult> AddAsync(HttpContext context, Users.People all, PublicAddress address, TimeProvider time, CancellationToken cancellationToken)
    {
        var form = await context.Request.ReadFormAsync(cancellationToken);
        var wanted = new AddPersonModel(form["email"].ToString().Trim(), form["name"].ToString().Trim(), RoleOf(form));
        try
        {
            var secret = await all.AddAsync(wanted.Email, wanted.Name, wanted.Role, context.User.ActorOf(), cancellationToken);
            return Page.Of<PersonPage>(new PersonModel(await all.GetAsync(wanted.Email, cancellationToken), false, time, LinkTo(address, secret)));
        }
        catch (InvalidInputException problem)
        {
            return Page.Of<AddPersonPage>(wanted with { Problem = problem }, StatusCodes.Status400BadRequest);
        }
    }

    private static async Task<IResult> ShowAsync(string email, HttpContext context, Users.People all, UserStore users, TimeProvider time, bool removes, CancellationToken cancellationToken) =>
        await users.FindByEmailAsync(email, cancellationToken) is { } user
            ? Page.Of<PersonPage>(new PersonModel(await all.GetAsync(user.Email, cancellationToken), user.Email == context.User.ActorOf(), time, Removes: removes))
            : Results.NotFound();

    private static async Task<IResult> ActAsync(
        string email, HttpContext context, Users.People all, UserStore users, PublicAddress address, TimeProvider time, CancellationToken cancellationToken)
    {
        if (await users.FindByEmailAsync(email, cancellationToken) is not { } user) return Results.NotFound();
        var (form, actor) = (await context.Request.ReadFormAsync(cancellationToken), context.User.ActorOf());
        Uri? link = null;
        try
        {
            switch (form["do"].ToString())
            {
                case "role": await all.SetRoleAsync(user.Email, RoleOf(form), actor, cancellationToken); break;
                case "link": link = LinkTo(address, await all.LinkAsync(user.Email, actor, cancellationToken)); break;
                case "end-sessions": await all.EndSessionsAsync(user.Email, actor, cancellationToken); break;
                case "allow": await all.AllowSignInAsync(user.Email, actor, cancellationToken); break;
                case "revoke": await all.RevokeTokenAsync(user.Email, form["token"].ToString(), actor, cancellationToken); break;
                case "remove":
                    await all.RemoveAsync(user.Email, actor, cancellationToken);
                    return Page.SeeOther("/people");
                default: return Results.BadRequest();
            }
        }
        catch (InvalidInputException problem)
        {
            return Page.Of<PersonPage>(new PersonModel(await all.GetAsync(user.Email, cancellationToken), user.Email == actor, time, Problem: problem), StatusCodes.Status400BadRequest);
        }
        // A secret is in this answer only: no address shows it again.
        return link is null ? Page.SeeOther($"/people/{Uri.EscapeDataString(user.Email)}") : Page.Of<PersonPage>(new PersonModel(await all.GetAsync(user.Email, cancellationToken), user.Email == actor, time, link));
    }

    private static Role RoleOf(IFormCollection form) => Enum.TryParse<Role>(form["role"], out var role) && Enum.IsDefined(role) ? role : Role.Viewer;

    private static Uri LinkTo(PublicAddress address, SecretText secret) => new(address.Value, $"/link/{secret.Reveal()}");
}

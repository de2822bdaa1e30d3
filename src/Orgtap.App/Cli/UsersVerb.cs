using System.CommandLine;
using System.Text.Json;
using Orgtap.App.Users;
using Orgtap.Primitives;
using Orgtap.Storage;
using Spectre.Console;

namespace Orgtap.App.Cli;

/// <summary><c>orgtap users</c>: who may sign in, links to choose a password, API tokens.</summary>
internal static class UsersVerb
{
    private const string Actor = "command line";

    public static Command Build(VerbRunner verbs) => new("users", "People who may sign in, and their API tokens")
    {
        List(verbs), Add(verbs), Link(verbs), Remove(verbs), Token(verbs), RevokeToken(verbs),
    };

    private static Command List(VerbRunner verbs)
    {
        var json = VerbRunner.Json();
        return verbs.Run(new Command("list", "List users and the names of their tokens") { json }, Needs.Stores, ["orgtap users list"], async (context, cancellationToken) =>
        {
            var users = await context.Service<UserStore>().ListAsync(cancellationToken);
            var tokens = new Dictionary<string, IReadOnlyList<ApiToken>>();
            foreach (var user in users) tokens[user.Id] = await context.Service<ApiTokens>().ListAsync(user, cancellationToken);
            if (context.Get(json))
            {
                context.Out.WriteLine(JsonSerializer.Serialize(users.Select(user => new
                {
                    user.Email, user.Name, role = user.Role.ToString(), user.LastSignInAt, hasPassword = user.PasswordHash is not null,
                    tokens = tokens[user.Id].Select(token => new { token.Name, token.CreatedAt, token.LastUsedAt }),
                }), CliJson.Options));
                return ExitCode.Done;
            }
            if (users.Count == 0)
            {
                context.Out.WriteLine("No users yet. `orgtap serve` prints a link for the first administrator.");
                return ExitCode.Done;
            }
            var table = CliTable.New("E-mail", "Name", "Role", "Last sign-in", "Tokens");
            foreach (var user in users)
                table.AddRow(
                    Markup.Escape(user.Email), Markup.Escape(user.Name), user.Role.ToString(), CliTable.Time(user.LastSignInAt, context.Terminal.Time),
                    Markup.Escape(string.Join(", ", tokens[user.Id].Select(token => token.Name))));
            context.Terminal.Ansi(context.Out).Write(table);
            return ExitCode.Done;
        });
    }

    private static Command Add(VerbRunner verbs)
    {
        var email = new Argument<string>("EMAIL") { Description = "E-mail address, used to sign in" };
        var name = new Option<string>("--name") { Description = "The person's name", Required = true };
        var role = new Option<Role>("--role") { Description = "viewer, operator or administrator", DefaultValueFactory = _ => Role.Operator };
        return verbs.Run(new Command("add", "Add a user and print a link to choose a password") { email, name, role }, Needs.Stores,
            ["orgtap users add marta@example.com --name \"Marta Lindqvist\" --role operator"], async (context, cancellationToken) =>
        {
            var user = await context.Service<UserStore>().AddAsync(context.Get(email), context.Get(name)!, context.Get(role), cancellationToken);
            await context.Service<AuditLog>().WriteAsync(Actor, "user.added", user.Email, user.Role.ToString(), cancellationToken);
            await PrintLinkAsync(context, user, cancellationToken);
            return ExitCode.Done;
        });
    }

    private static Command Link(VerbRunner verbs)
    {
        var email = new Argument<string>("EMAIL") { Description = "Whose password is to be chosen anew" };
        return verbs.Run(new Command("link", "Print a one-time link to choose a (new) password; works for a lost administrator password too") { email }, Needs.Stores,
            ["orgtap users link marta@example.com"], async (context, cancellationToken) =>
        {
            var user = await context.Service<UserStore>().GetByEmailAsync(context.Get(email), cancellationToken);
            await PrintLinkAsync(context, user, cancellationToken);
            return ExitCode.Done;
        });
    }

    private static Command Remove(VerbRunner verbs)
    {
        var email = new Argument<string>("EMAIL") { Description = "Who is to go" };
        return verbs.Run(new Command("remove", "Remove a user; sessions and tokens end at once") { email }, Needs.Stores, ["orgtap users remove marta@example.com"], async (context, cancellationToken) =>
        {
            var user = await context.Service<UserStore>().GetByEmailAsync(context.Get(email), cancellationToken);
            await context.Service<UserStore>().RemoveAsync(user, cancellationToken);
            await context.Service<AuditLog>().WriteAsync(Actor, "user.removed", user.Email, null, cancellationToken);
            context.Out.WriteLine($"{user.Email} is removed.");
            return ExitCode.Done;
        });
    }

    private static Command Token(VerbRunner verbs)
    {
        var email = new Argument<string>("EMAIL") { Description = "The user the token speaks for; it may do what that user may" };
        var name = new Option<string>("--name") { Description = "What will use it", Required = true };
        return verbs.Run(new Command("token", "Make an API token and print it, once") { email, name }, Needs.Stores,
            ["orgtap users token marta@example.com --name \"nightly export\""], async (context, cancellationToken) =>
        {
            var user = await context.Service<UserStore>().GetByEmailAsync(context.Get(email), cancellationToken);
            var token = await context.Service<ApiTokens>().IssueAsync(user, context.Get(name)!, cancellationToken);
            await context.Service<AuditLog>().WriteAsync(Actor, "token.issued", user.Email, context.Get(name), cancellationToken);
            context.Terminal.Error.WriteLine("Keep this token now; it is not shown again.");
            context.Out.WriteLine(token.Reveal());
            return ExitCode.Done;
        });
    }

    private static Command RevokeToken(VerbRunner verbs)
    {
        var email = new Argument<string>("EMAIL") { Description = "The user the token speaks for" };
        var name = new Option<string>("--name") { Description = "The token's name", Required = true };
        return verbs.Run(new Command("revoke-token", "Make an API token useless at once") { email, name }, Needs.Stores,
            ["orgtap users revoke-token marta@example.com --name \"nightly export\""], async (context, cancellationToken) =>
        {
            var user = await context.Service<UserStore>().GetByEmailAsync(context.Get(email), cancellationToken);
            await context.Service<ApiTokens>().RevokeAsync(user, context.Get(name)!, cancellationToken);
            await context.Service<AuditLog>().WriteAsync(Actor, "token.revoked", user.Email, context.Get(name), cancellationToken);
            context.Out.WriteLine($"The token {context.Get(name)} of {user.Email} is revoked.");
            return ExitCode.Done;
        });
    }

    private static async Task PrintLinkAsync(VerbContext context, User user, CancellationToken cancellationToken)
    {
        var secret = await context.Service<OneTimeLinks>().IssueAsync(user, LinkPurpose.SetPassword, cancellationToken);
        await context.Service<AuditLog>().WriteAsync(Actor, "link.issued", user.Email, null, cancellationToken);
        var path = $"/link/{secret.Reveal()}";
        context.Terminal.Error.WriteLine($"{user.Name} ({user.Role}) chooses a password here; the link works once, for {OneTimeLinks.Lifetime.TotalHours:0} hours:");
        context.Out.WriteLine(context.Settings.PublicAddress is { } address ? new Uri(address, path).AbsoluteUri : path);
        if (context.Settings.PublicAddress is null)
            context.Terminal.Error.WriteLine("Put the address of your Orgtap before it, or set ORGTAP_PUBLIC_URL.");
    }
}

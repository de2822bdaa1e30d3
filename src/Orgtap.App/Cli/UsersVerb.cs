using System.CommandLine;
using System.Text.Json;
using Orgtap.App.Overviews;
using Orgtap.App.Users;
using Spectre.Console;

namespace Orgtap.App.Cli;

/// <summary><c>orgtap users</c>: who may sign in, what they may do, links to choose a password, API tokens.</summary>
internal static class UsersVerb
{
    public static Command Build(VerbRunner verbs) => new("users", "People who may sign in, and their API tokens")
    {
        List(verbs), Add(verbs), Link(verbs), SetRole(verbs),
        ForOne(verbs, "sign-out", "End every browser session of a user; tokens go on", (people, email, cancellationToken) => people.EndSessionsAsync(email, cancellationToken), "{0} is signed out everywhere."),
        ForOne(verbs, "allow", "End a pause of sign-in after wrong passwords", (people, email, cancellationToken) => people.AllowSignInAsync(email, cancellationToken), "{0} can sign in again."),
        ForOne(verbs, "remove", "Remove a user; sessions and tokens end at once", (people, email, cancellationToken) => people.RemoveAsync(email, cancellationToken), "{0} is removed."),
        Token(verbs), RevokeToken(verbs),
    };

    private static Command List(VerbRunner verbs)
    {
        var json = VerbRunner.Json();
        return verbs.Run(new Command("list", "List users and the names of their tokens") { json }, Needs.StoresAnywhere, ["orgtap users list"], async (context, cancellationToken) =>
        {
            var users = await context.People.ListAsync(cancellationToken);
            if (context.Get(json))
            {
                context.Out.WriteLine(JsonSerializer.Serialize(users, CliJson.Options));
                return ExitCode.Done;
            }
            if (users.Count == 0)
            {
                context.Out.WriteLine("No users yet. `orgtap serve` prints a link for the first administrator.");
                return ExitCode.Done;
            }
            var table = CliTable.New("E-mail", "Name", "Role", "Last sign-in", "Sign-in", "Tokens");
            foreach (var user in users)
                table.AddRow(
                    Markup.Escape(user.Email), Markup.Escape(user.Name), user.Role.ToString(), CliTable.Time(user.LastSignInAt, context.Terminal.Time),
                    user.SignInPausedUntil is { } until ? $"paused until {CliTable.Time(until, context.Terminal.Time)}" : user.HasPassword ? "possible" : "no password yet",
                    Markup.Escape(string.Join(", ", user.Tokens.Select(token => token.Name))));
            context.Terminal.Ansi(context.Out).Write(table);
            return ExitCode.Done;
        });
    }

    private static Command Add(VerbRunner verbs)
    {
        var email = Email();
        var name = new Option<string>("--name") { Description = "The person's name", Required = true };
        var role = new Option<Role>("--role") { Description = "viewer, operator or administrator", DefaultValueFactory = _ => Role.Operator };
        return verbs.Run(new Command("add", "Add a user and print a link to choose a password") { email, name, role }, Needs.StoresAnywhere,
            ["orgtap users add marta@example.com --name \"Marta Lindqvist\" --role operator"], async (context, cancellationToken) =>
        {
            PrintLink(context, await context.People.AddAsync(context.Get(email), context.Get(name)!, context.Get(role), cancellationToken), $"{context.Get(name)} ({context.Get(role)})");
            return ExitCode.Done;
        });
    }

    private static Command Link(VerbRunner verbs)
    {
        var email = Email();
        return verbs.Run(new Command("link", "Print a one-time link to choose a (new) password; works for a lost administrator password too") { email }, Needs.StoresAnywhere,
            ["orgtap users link marta@example.com"], async (context, cancellationToken) =>
        {
            PrintLink(context, await context.People.LinkAsync(context.Get(email), cancellationToken), context.Get(email));
            return ExitCode.Done;
        });
    }

    private static Command SetRole(VerbRunner verbs)
    {
        var email = Email();
        var role = new Argument<Role>("ROLE") { Description = "viewer, operator or administrator" };
        return verbs.Run(new Command("role", "Set what a user may do; counts at once") { email, role }, Needs.StoresAnywhere, ["orgtap users role marta@example.com viewer"], async (context, cancellationToken) =>
        {
            await context.People.SetRoleAsync(context.Get(email), context.Get(role), cancellationToken);
            context.Out.WriteLine($"{context.Get(email)} is {context.Get(role).ToString().ToLowerInvariant()} now.");
            return ExitCode.Done;
        });
    }

    private static Command ForOne(VerbRunner verbs, string name, string description, Func<IPeople, string, CancellationToken, Task> work, string done)
    {
        var email = Email();
        return verbs.Run(new Command(name, description) { email }, Needs.StoresAnywhere, [$"orgtap users {name} marta@example.com"], async (context, cancellationToken) =>
        {
            await work(context.People, context.Get(email), cancellationToken);
            context.Out.WriteLine(string.Format(System.Globalization.CultureInfo.InvariantCulture, done, context.Get(email)));
            return ExitCode.Done;
        });
    }

    private static Command Token(VerbRunner verbs)
    {
        var email = new Argument<string>("EMAIL") { Description = "The user the token speaks for; it may do no more than that user" };
        var name = TokenName();
        var scopes = new Option<string[]>("--scope") { Description = "read, rows, operate, administer (default: all that the user's role can use)", HelpName = "SCOPE", AllowMultipleArgumentsPerToken = true };
        var days = new Option<int?>("--days") { Description = "How long it is valid (default: until it is revoked)", HelpName = "N" };
        return verbs.Run(new Command("token", "Make an API token and print it, once") { email, name, scopes, days }, Needs.StoresAnywhere,
            ["orgtap users token marta@example.com --name \"nightly export\" --scope read rows --days 90"], async (context, cancellationToken) =>
        {
            var wanted = context.Get(scopes) is { Length: > 0 } some ? TokenScopeWords.Parse(some) : await RoleOfAsync(context, context.Get(email), cancellationToken);
            var token = await context.People.IssueTokenAsync(context.Get(email), new TokenWishDocument(context.Get(name)!, wanted.Words(), context.Get(days)), cancellationToken);
            context.Terminal.Error.WriteLine($"It may: {string.Join(", ", wanted.Words())}. Keep this token now; it is not shown again.");
            context.Out.WriteLine(token);
            return ExitCode.Done;
        });
    }

    private static Command RevokeToken(VerbRunner verbs)
    {
        var email = new Argument<string>("EMAIL") { Description = "The user the token speaks for" };
        var name = TokenName();
        return verbs.Run(new Command("revoke-token", "Make an API token useless at once") { email, name }, Needs.StoresAnywhere,
            ["orgtap users revoke-token marta@example.com --name \"nightly export\""], async (context, cancellationToken) =>
        {
            await context.People.RevokeTokenAsync(context.Get(email), context.Get(name)!, cancellationToken);
            context.Out.WriteLine($"The token {context.Get(name)} of {context.Get(email)} is revoked.");
            return ExitCode.Done;
        });
    }

    private static async Task<TokenScopes> RoleOfAsync(VerbContext context, string email, CancellationToken cancellationToken)
    {
        var all = await context.People.ListAsync(cancellationToken);
        return all.FirstOrDefault(user => string.Equals(user.Email, email.Trim(), StringComparison.OrdinalIgnoreCase)) is { } user
            ? TokenScopeWords.Of(user.Role)
            : throw new Primitives.InvalidInputException($"There is no user {email}.", all.Count == 0 ? "Add one with `orgtap users add`." : $"Use one of: {string.Join(", ", all.Select(each => each.Email))}.");
    }

    private static Argument<string> Email() => new("EMAIL") { Description = "E-mail address, used to sign in" };

    private static Option<string> TokenName() => new("--name") { Description = "What uses the token", Required = true };

    private static void PrintLink(VerbContext context, string link, string who)
    {
        context.Terminal.Error.WriteLine($"{who} chooses a password here; the link works once, for {OneTimeLinks.Lifetime.TotalHours:0} hours:");
        context.Out.WriteLine(link);
        if (link.StartsWith('/')) context.Terminal.Error.WriteLine("Put the address of your Orgtap before it, or set ORGTAP_PUBLIC_URL.");
    }
}

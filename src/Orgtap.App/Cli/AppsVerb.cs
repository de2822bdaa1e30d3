using System.CommandLine;
using System.Text.Json;
using Orgtap.App.Overviews;
using Orgtap.Primitives;
using Spectre.Console;

namespace Orgtap.App.Cli;

/// <summary><c>orgtap apps</c>: the installation's own apps.</summary>
internal static class AppsVerb
{
    public static Command Build(VerbRunner verbs) => new("apps", "Apps that belong to the installation, as which several connections may speak") { List(verbs), Set(verbs), Remove(verbs) };

    private static Command List(VerbRunner verbs)
    {
        var json = VerbRunner.Json();
        return verbs.Run(new Command("list", "The installation's apps, without their secrets") { json }, Needs.Stores, ["orgtap apps list"], async (context, cancellationToken) =>
        {
            var apps = await context.Service<AppDesk>().ListAsync(cancellationToken);
            if (context.Get(json))
            {
                context.Out.WriteLine(JsonSerializer.Serialize(apps, CliJson.Options));
                return ExitCode.Done;
            }
            if (apps.Count == 0)
            {
                context.Out.WriteLine("No apps yet: each connection has its own. Make one with `orgtap apps set`.");
                return ExitCode.Done;
            }
            var table = CliTable.New("App", "Consumer key", "Address", "Secret", "Certificate", "Connections");
            foreach (var app in apps)
                table.AddRow(app.Name, Markup.Escape(app.ClientId), Markup.Escape(app.Url?.Host ?? "–"), app.HasSecret ? "stored" : "–", app.HasPrivateKey ? "stored" : "–", app.Connections.ToString(System.Globalization.CultureInfo.InvariantCulture));
            context.Terminal.Ansi(context.Out).Write(table);
            return ExitCode.Done;
        });
    }

    private static Command Set(VerbRunner verbs)
    {
        var name = new Argument<string>("APP") { Description = "What you call it" };
        var clientId = new Option<string>("--client-id") { Description = "Consumer key", Required = true };
        var url = new Option<string?>("--url") { Description = "Where an org that uses it signs in; else each connection says" };
        var secrets = new Secrets();
        var command = new Command("set", "Make or change an app; every connection that speaks as it uses the new values") { name, clientId, url };
        secrets.AddTo(command);
        return verbs.Run(command, Needs.Stores, ["ORGTAP_CLIENT_SECRET=… orgtap apps set partner --client-id 3MVG9…"], async (context, cancellationToken) =>
        {
            var given = secrets.Read(context, false);
            var app = await context.Service<AppDesk>().SetAsync(context.Get(name), new AppChangeDocument(context.Get(clientId)!, context.Get(url), given.ClientSecret?.Reveal(), given.PrivateKey?.Reveal()), ConnectVerb.Actor, cancellationToken);
            context.Out.WriteLine(app.Connections == 0 ? $"The app {app.Name} is stored. Use it: orgtap connect --name acme --app {app.Name}" : $"The app {app.Name} is changed for the {app.Connections} connections that speak as it.");
            return ExitCode.Done;
        });
    }

    private static Command Remove(VerbRunner verbs)
    {
        var name = new Argument<string>("APP") { Description = "Its name" };
        return verbs.Run(new Command("remove", "Forget an app that no connection speaks as") { name }, Needs.Stores, ["orgtap apps remove partner"], async (context, cancellationToken) =>
        {
            await context.Service<AppDesk>().RemoveAsync(context.Get(name), ConnectVerb.Actor, cancellationToken);
            context.Out.WriteLine($"The app {context.Get(name)} is forgotten.");
            return ExitCode.Done;
        });
    }
}

using System.CommandLine;
using System.Text.Json;
using Orgtap.App.Overviews;
using Orgtap.Authorization;
using Orgtap.Connections;
using Orgtap.Primitives;
using Orgtap.Reauthorization;

namespace Orgtap.App.Cli;

/// <summary><c>orgtap connections test</c> and <c>authorize</c>: is it all right, and let Orgtap in again.</summary>
internal static class AuthorizeVerb
{
    public static Command Test(VerbRunner verbs)
    {
        var connection = VerbRunner.Connection();
        var json = VerbRunner.Json();
        return verbs.Run(new Command("test", "Look at everything from the address to the quota; every check, with whose turn it is") { connection, json }, Needs.Owner, ["orgtap connections test acme"], async (context, cancellationToken) =>
        {
            var checks = await context.Owner.TestAsync(context.Get(connection), cancellationToken);
            if (context.Get(json)) context.Out.WriteLine(JsonSerializer.Serialize(checks, CliJson.Options));
            else
                foreach (var check in checks) Write(context, check);
            return CodeOf(checks);
        });
    }

    internal static void Write(VerbContext context, CheckDocument check)
    {
        context.Out.WriteLine($"{(check.Outcome switch { CheckOutcome.Passed => "ok  ", CheckOutcome.Warning => "warn", CheckOutcome.Failed => "FAIL", _ => "–   " })} {check.Name}: {check.Sentence}");
        if (check.Turn is { } turn) context.Out.WriteLine($"     {ErrorText.TurnWords(turn)}: {check.NextStep}");
        foreach (var part in check.Missing ?? []) context.Out.WriteLine($"     {part.SObject}{(part.Fields.Count == 0 ? "" : $": {string.Join(", ", part.Fields)}")}");
        if (check.Detail is { } detail) context.Out.WriteLine($"     Details: {detail}");
    }

    internal static int CodeOf(IReadOnlyList<CheckDocument> checks)
    {
        var failed = checks.Where(check => check.Outcome == CheckOutcome.Failed).ToList();
        return failed.Count == 0 ? ExitCode.Done : failed.Any(check => check.Turn == Turn.Admin) ? ExitCode.NeedsAuthorization : failed.Any(check => check.Turn == Turn.Operator) ? ExitCode.BadInput : ExitCode.DataProblem;
    }

    public static Command Authorize(VerbRunner verbs)
    {
        var connection = VerbRunner.Connection();
        var flow = ConnectVerb.FlowOption("web");
        var url = new Option<string?>("--url") { Description = "The org's My Domain, for --flow client-credentials (default: the address it has)" };
        var clientId = new Option<string?>("--client-id") { Description = "Consumer key of another app (default: the one it has)" };
        var app = ConnectVerb.AppOption();
        var username = new Option<string?>("--username") { Description = "For --flow password and jwt (default: the user it has)" };
        var callback = new Option<string>("--callback") { Description = "For --flow web: callback address of the app; this verb listens there", DefaultValueFactory = _ => LoopbackCallback.DefaultAddress };
        var without = new Option<bool>("--without-missing") { Description = "Accept a user who sees less than what is selected" };
        var json = VerbRunner.Json();
        var secrets = new Secrets();
        var command = new Command("authorize", "Let Orgtap in again, as the same or another user, or by another flow; nothing is synced anew") { connection, flow, url, clientId, app, username, callback, without, json };
        secrets.AddTo(command);
        return verbs.Run(command, Needs.Owner, ["orgtap connections authorize acme", "orgtap connections authorize acme --flow device", "ORGTAP_CLIENT_SECRET=… orgtap connections authorize acme --flow client-credentials --url https://acme.my.salesforce.com"], async (context, cancellationToken) =>
        {
            var way = ConnectVerb.FlowOf(context.Get(flow)!);
            var name = context.Get(connection);
            ConnectionDocument authorized;
            if (way is AuthorizationFlow.WebServer or AuthorizationFlow.Device)
            {
                var request = new ConnectRequest(name, "", way, "", null, null, null, null, way == AuthorizationFlow.WebServer ? context.Get(callback) : null) { App = context.Get(app) };
                authorized = way == AuthorizationFlow.Device ? await ConnectVerb.TypeCodeAsync(context, request, true, context.Get(without), cancellationToken)
                    : await ConnectVerb.AuthorizeAsync(context, request, true, context.Get(without), cancellationToken);
            }
            else
            {
                var given = secrets.Read(context, way == AuthorizationFlow.Password);
                authorized = await context.Owner.ReauthorizeAsync(name, new ReauthorizeDocument(way, context.Get(url), context.Get(clientId), given.ClientSecret?.Reveal(), context.Get(username), given.Password?.Reveal(),
                    given.SecurityToken?.Reveal(), given.PrivateKey?.Reveal(), context.Get(without), context.Get(app)), cancellationToken);
            }
            context.Out.WriteLine(context.Get(json) ? JsonSerializer.Serialize(authorized, CliJson.Options) : $"{name} is authorized again, as {authorized.Username}. Syncing goes on where it stopped.");
            return ExitCode.Done;
        });
    }
}

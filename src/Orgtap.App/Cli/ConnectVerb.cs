using System.CommandLine;
using System.Text.Json;
using Orgtap.App.Overviews;
using Orgtap.Authorization;
using Orgtap.Connections;
using Orgtap.Primitives;

namespace Orgtap.App.Cli;

/// <summary><c>orgtap connect</c>: link an org, with a browser or without a terminal.</summary>
internal static class ConnectVerb
{
    internal const string Actor = "command line";

    public static Command Build(VerbRunner verbs)
    {
        var name = new Option<string>("--name") { Description = "What you call the connection, e.g. acme", Required = true };
        var url = new Option<string?>("--url") { Description = "login.salesforce.com, test.salesforce.com or the org's My Domain (default: the app's address, else login.salesforce.com)" };
        var flow = FlowOption("web");
        var clientId = new Option<string?>("--client-id") { Description = "Consumer key of the External Client App" };
        var app = AppOption();
        var username = new Option<string?>("--username") { Description = "For --flow password and jwt" };
        var callback = new Option<string>("--callback") { Description = "For --flow web: callback address of the app; this verb listens there", DefaultValueFactory = _ => LoopbackCallback.DefaultAddress };
        var threshold = new Option<int>("--threshold") { Description = "Stop syncing at this percentage of the org's daily API calls", DefaultValueFactory = _ => 80 };
        var json = VerbRunner.Json();
        var secrets = new Secrets();
        var command = new Command("connect", "Connect an org") { name, url, flow, clientId, app, username, callback, threshold, json };
        secrets.AddTo(command);
        return verbs.Run(command, Needs.Owner,
            [
                "orgtap connect --name acme --url https://acme.my.salesforce.com --client-id 3MVG9…",
                "ORGTAP_PASSWORD=… ORGTAP_CLIENT_SECRET=… orgtap connect --name acme --flow password --username me@acme.com --client-id 3MVG9…",
                "ORGTAP_CLIENT_SECRET=… orgtap connect --name acme --flow client-credentials --url https://acme.my.salesforce.com --client-id 3MVG9…",
                "orgtap connect --name acme --flow jwt --username me@acme.com --client-id 3MVG9… --private-key-file server.key",
                "orgtap connect --name acme --flow device --client-id 3MVG9…",
                "orgtap connect --name acme --app partner",
            ],
            async (context, cancellationToken) =>
            {
                var way = FlowOf(context.Get(flow)!);
                var given = secrets.Read(context, way == AuthorizationFlow.Password);
                var request = new ConnectRequest(
                    context.Get(name)!, context.Get(url) ?? (context.Get(app) is null ? "login.salesforce.com" : ""), way, context.Get(clientId) ?? "", given.ClientSecret, context.Get(username), given.Password, given.SecurityToken,
                    way == AuthorizationFlow.WebServer ? context.Get(callback) : null, context.Get(threshold)) { PrivateKey = given.PrivateKey, App = context.Get(app) };
                var connection = way switch
                {
                    AuthorizationFlow.WebServer => await AuthorizeAsync(context, request, false, false, cancellationToken),
                    AuthorizationFlow.Device => await TypeCodeAsync(context, request, false, false, cancellationToken),
                    _ => await context.Owner.ConnectAsync(request, cancellationToken),
                };
                if (context.Get(json))
                    context.Out.WriteLine(JsonSerializer.Serialize(connection, CliJson.Options));
                else
                    context.Out.WriteLine($"{connection.Name} is connected to {connection.OrgName} ({connection.OrgId}) as {connection.Username}.\nNext: orgtap select {connection.Name} --preset sales-pipeline");
                return ExitCode.Done;
            });
    }

    internal static async Task<ConnectionDocument> AuthorizeAsync(VerbContext context, ConnectRequest request, bool again, bool withoutMissing, CancellationToken cancellationToken)
    {
        // Listening first: an authorized browser must not come back to nobody.
        await using var callback = await LoopbackCallback.ListenAsync(request.CallbackUrl!, cancellationToken);
        var start = await context.Owner.StartAsync(request, again, withoutMissing, cancellationToken);
        context.Terminal.Error.WriteLine("Open this address in a browser, sign in as the integration user and choose Allow:");
        context.Terminal.Error.WriteLine();
        // As it travels: a space within would end the address where a terminal makes a link of it.
        context.Terminal.Error.WriteLine($"  {start.AuthorizeAddress.AbsoluteUri}");
        context.Terminal.Error.WriteLine();
        context.Terminal.Error.WriteLine($"Waiting at {request.CallbackUrl} (the app's callback address must be exactly this). Ctrl-C gives up.");
        var answer = await callback.AnswerAsync(cancellationToken);
        return await context.Owner.CompleteAsync(answer, start.BrowserSecret, cancellationToken);
    }

    /// <summary>Shows a code and waits until somebody has typed it at Salesforce.</summary>
    internal static async Task<ConnectionDocument> TypeCodeAsync(VerbContext context, ConnectRequest request, bool again, bool withoutMissing, CancellationToken cancellationToken)
    {
        var device = await context.Owner.StartDeviceAsync(request, again, withoutMissing, cancellationToken);
        context.Terminal.Error.WriteLine("Open this address on any device, sign in as the integration user, type the code and choose Allow:");
        context.Terminal.Error.WriteLine();
        context.Terminal.Error.WriteLine($"  {device.VerificationUrl}");
        context.Terminal.Error.WriteLine($"  {device.UserCode}");
        context.Terminal.Error.WriteLine();
        context.Terminal.Error.WriteLine("Waiting for ten minutes. Ctrl-C gives up.");
        var id = device.Id!;
        while (true)
        {
            await Task.Delay(TimeSpan.FromSeconds(device.IntervalSeconds ?? 5), context.Terminal.Time, cancellationToken);
            device = await context.Owner.LookAtDeviceAsync(id, cancellationToken);
            if (device.Connection is { } connection) return connection;
        }
    }

    internal static Option<string?> AppOption() => new("--app") { Description = "An app of this installation (`orgtap apps list`) in place of --client-id and its secrets" };

    internal static Option<string> FlowOption(string usual)
    {
        var flow = new Option<string>("--flow") { Description = "web (a person signs in at Salesforce), client-credentials (the app by itself), jwt (certificate), device (a code) or password", DefaultValueFactory = _ => usual };
        flow.AcceptOnlyFromAmong("web", "client-credentials", "jwt", "device", "password");
        return flow;
    }

    internal static AuthorizationFlow FlowOf(string text) => Web.Connections.ConnectPages.FlowOf(text);
}

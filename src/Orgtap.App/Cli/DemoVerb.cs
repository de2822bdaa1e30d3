using System.CommandLine;
using System.Globalization;
using System.Net;
using System.Text.Json;
using Orgtap.App.Composition;
using Orgtap.App.Overviews;
using Orgtap.App.Users;
using Orgtap.App.Web;
using Orgtap.Catalog;
using Orgtap.Connections;
using Orgtap.Conversations;
using Orgtap.Notifications;
using Orgtap.Primitives;
using Orgtap.Reauthorization;
using Orgtap.Scheduling;
using Orgtap.SimulatedOrg.Hosting;
using Orgtap.Storage;
using Orgtap.Syncs;

namespace Orgtap.App.Cli;

/// <summary><c>orgtap demo</c>: a simulated org and all of Orgtap in one process, from authorization to the first receipt, then the web page.</summary>
internal static class DemoVerb
{
    private static readonly string[] DemoPresets = ["sales-pipeline", "account-mapping", "customer-service", "marketing", "activities", "products-and-prices"];
    private static readonly SelectedObject[] DemoTables = [new("Invoice__c"), new("Invoice_Line__c")];

    public static Command Build(VerbRunner verbs)
    {
        var listen = new Option<string?>("--listen") { Description = "Address of the web page; the next free port if it is taken (default localhost:5080)", HelpName = "HOST:PORT" };
        var once = new Option<bool>("--once") { Description = "End after the first sync with its receipt" };
        var json = VerbRunner.Json();
        return verbs.Run(new Command("demo", "Try it: simulated org, authorization, first sync, web page; needs no Salesforce account") { listen, once, json }, Needs.Nothing,
            ["orgtap demo", "orgtap demo --once --json"], async (context, cancellationToken) =>
        {
            // Never a directory that something else uses: ORGTAP_DATA may name a real one.
            var named = context.Parsed.GetValue(verbs.Data);
            var directory = named is null ? Directory.CreateTempSubdirectory("orgtap-demo-").FullName : Path.GetFullPath(named);
            if (File.Exists(Path.Combine(directory, "control.db")))
                throw new InvalidInputException($"{directory} holds an installation already; the demo needs an empty directory.", "Name another with --data, or leave it out for a temporary one.");
            try
            {
                var quiet = context.Get(json);
                var address = ListenAddress.Parse(context.Get(listen)).NextFree();
                await using var org = await SimulatedOrgHost.StartAsync(new SimulatedOrgOptions(), cancellationToken);
                var settings = context.Settings with { DataDirectory = directory, AllowedAddresses = [org.Address.Authority], PublicAddress = null, Database = null };
                await using var installation = await Installation.OpenAsync(settings, "demo", context.Terminal.Time, cancellationToken);
                await using var app = WebHost.Build(installation, address, logging => VerbRunner.LogTo(logging, context.Parsed.GetValue(verbs.Verbose), context.Settings.LogsJson));
                await app.StartAsync(cancellationToken);
                installation.Owner!.Announce(address.Address);
                var demo = new Demo(context.Terminal, app, org, quiet ? TextWriter.Null : context.Out);
                var (ended, connection) = await demo.SyncAsync(quiet, cancellationToken);
                var run = RunDocument.Of(ended, connection.Name, null);
                if (quiet) context.Out.WriteLine(JsonSerializer.Serialize(run, CliJson.Options));
                else RunReceipt.Write(context.Terminal, run);

                var code = SyncVerb.ExitCodeOf(run, cancellationToken.IsCancellationRequested);
                if (!context.Get(once) && code != ExitCode.Cancelled)
                {
                    await demo.InviteAsync(directory, cancellationToken);
                    await app.Services.KeepJobsAsync(cancellationToken);
                    await ServeVerb.UntilStoppedAsync(cancellationToken);
                    context.Terminal.Error.WriteLine("Stopping.");
                    await app.Services.StopJobsAsync();
                    code = ExitCode.Done;
                }
                await app.StopAsync(CancellationToken.None);
                return code;
            }
            finally
            {
                if (named is null) Directory.Delete(directory, recursive: true);
            }
        });
    }

    /// <summary>The steps of a running demo.</summary>
    private sealed class Demo(Terminal terminal, WebApplication app, SimulatedOrgHost org, TextWriter output)
    {
        public async Task<(Run Run, Connection Connection)> SyncAsync(bool quiet, CancellationToken cancellationToken)
        {
            var rows = org.Options.Records.Values.Sum();
            output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"A simulated org is at {org.Address.Authority}: about {rows:N0} rows in {org.Options.Records.Count} tables. It behaves like Salesforce; nothing leaves this machine."));
            var connection = await AuthorizeAsync(cancellationToken);
            output.WriteLine($"Authorized as {connection.Username} in {connection.OrgName}, through the org's own sign-in and Allow pages.");
            var outcome = await app.Services.GetRequiredService<Selecting>().ApplyAsync(connection, DemoPresets, DemoTables, cancellationToken);
            await app.Services.GetRequiredService<ConversationDesk>().SetAsync(connection, new ConversationSettingsDocument([Channel.Chat, Channel.Case]), administers: true, "demo", cancellationToken);
            var tables = (await app.Services.GetRequiredService<SelectionStore>().GetAsync(connection.Id, cancellationToken)).Count;
            output.WriteLine($"Chosen: {DemoPresets.Length} presets, {DemoTables.Length} custom tables, and what conversations are made of; {tables} tables in all. Copying them now.");
            return (await CopyAsync(connection, quiet, cancellationToken), connection);
        }

        /// <summary>Signs a visitor in once and says where everything is; the address last.</summary>
        public async Task InviteAsync(string directory, CancellationToken cancellationToken)
        {
            var users = app.Services.GetRequiredService<UserStore>();
            var user = await users.AddAsync("demo@localhost.localdomain", "Demo administrator", Role.Administrator, cancellationToken);
            var secret = await app.Services.GetRequiredService<OneTimeLinks>().IssueAsync(user, LinkPurpose.SignIn, cancellationToken);
            var address = app.Services.GetRequiredService<PublicAddress>().Value;
            output.WriteLine();
            output.WriteLine($"Ask the copy, from another terminal: orgtap query demo \"SELECT StageName, COUNT(*) FROM Opportunity GROUP BY 1\" --data {directory}");
            output.WriteLine("Ctrl-C ends the demo and removes what it made, unless --data named a directory.");
            output.WriteLine($"Sign in, once, with this link: {new Uri(address, $"/link/{secret.Reveal()}")}");
            output.WriteLine($"Orgtap serves {address}");
        }

        /// <summary>As an admin would: from Orgtap to the org's sign-in page, Allow, and back to Orgtap's callback, all over HTTP.</summary>
        private async Task<Connection> AuthorizeAsync(CancellationToken cancellationToken)
        {
            var address = app.Services.GetRequiredService<PublicAddress>();
            var connector = app.Services.GetRequiredService<Authorization.OrgConnector>();
            var start = await connector.StartAsync(new Authorization.ConnectRequest(
                "demo", org.Address.AbsoluteUri, AuthorizationFlow.WebServer, org.ClientId, new SecretText(org.ClientSecret), null, null, null, address.Callback.AbsoluteUri), "demo", cancellationToken);

            using var admin = new SimulatedAdmin(org.User, org.Password);
            var callback = await admin.AllowAsync(start.AuthorizeAddress, cancellationToken);
            using var browser = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false });
            using var request = new HttpRequestMessage(HttpMethod.Get, callback);
            request.Headers.Add("Cookie", $"{Web.Connections.ConnectPages.BrowserCookie}={start.BrowserSecret.Reveal()}");
            using var response = await browser.SendAsync(request, cancellationToken);
            if (response.StatusCode != HttpStatusCode.OK)
                throw new OrgtapException(FailureKind.Defect, "The simulated org could not be authorized.", "Run it again with --verbose and report what it prints.", $"The callback answered {(int)response.StatusCode}.");
            return await app.Services.GetRequiredService<ConnectionStore>().GetAsync("demo", cancellationToken);
        }

        private RunDocument? Look(Connection connection) =>
            app.Services.GetRequiredService<LiveRuns>().Current(connection.Id) is { } live ? RunDocument.Of(live, connection.Name) : null;

        private async Task<Run> CopyAsync(Connection connection, bool quiet, CancellationToken cancellationToken)
        {
            var jobs = app.Services.GetRequiredService<SyncJobs>();
            var started = await jobs.StartAsync(connection.Id, "demo", cancellationToken);
            using var ended = new CancellationTokenSource();
            var watching = quiet ? Task.CompletedTask : RunProgress.WatchAsync(terminal, () => ValueTask.FromResult(Look(connection)), ended.Token);
            // Ctrl-C lets the page that is being committed come to its end.
            await using var stop = cancellationToken.UnsafeRegister(_ => _ = jobs.StopAsync(connection.Id, CancellationToken.None), null);
            await jobs.WaitAsync(connection.Id, CancellationToken.None);
            await ended.CancelAsync();
            await watching;
            return await app.Services.GetRequiredService<RunStore>().FindAsync(started.RunId, CancellationToken.None)
                ?? throw new InvalidOperationException("The run that was just made is gone.");
        }
    }
}

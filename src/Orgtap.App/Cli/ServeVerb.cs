using System.CommandLine;
using Orgtap.App.Composition;
using Orgtap.App.Users;
using Orgtap.App.Web;
using Orgtap.Notifications;
using Orgtap.Primitives;
using Orgtap.Reauthorization;
using Orgtap.Scheduling;
using Orgtap.Syncs;

namespace Orgtap.App.Cli;

/// <summary><c>orgtap serve</c>: the web pages, the HTTP API and the jobs.</summary>
internal static class ServeVerb
{
    public static Command Build(VerbRunner verbs)
    {
        var listen = new Option<string?>("--listen") { Description = "Address to listen on; the next free port if it is taken (default localhost:5080)", HelpName = "HOST:PORT" };
        return verbs.Run(new Command("serve", "Serve the web pages and the HTTP API, and run the syncs") { listen }, Needs.Nothing,
            ["orgtap serve", "orgtap serve --data /srv/orgtap --listen localhost:8080"], async (context, cancellationToken) =>
        {
            await using var installation = await Installation.OpenAsync(context.Settings, "serve", context.Terminal.Time, cancellationToken);
            var address = ListenAddress.Parse(context.Get(listen)).NextFree();
            await using var app = WebHost.Build(installation, address, logging => VerbRunner.LogTo(logging, context.Parsed.GetValue(verbs.Verbose), context.Settings.LogsJson));
            await app.Services.GoOnAsync(cancellationToken);
            await app.StartAsync(cancellationToken);
            var reached = app.Services.GetRequiredService<PublicAddress>();
            installation.Owner!.Announce(address.Address);

            if (KeyRing.WarningOf(installation) is { } warning) context.Out.WriteLine($"Note: {warning}");
            if (!address.IsLoopback && context.Settings.PublicAddress is null)
                context.Out.WriteLine("Note: Others can reach this address, and it speaks plain http. Put a reverse proxy with https before it and set ORGTAP_PUBLIC_URL.");
            if (await app.Services.GetRequiredService<UserStore>().UnclaimedAdministratorAsync(cancellationToken) is { } administrator)
            {
                var secret = await app.Services.GetRequiredService<OneTimeLinks>().IssueAsync(administrator, LinkPurpose.SetPassword, cancellationToken);
                context.Out.WriteLine("There are no users yet. This link makes you the administrator; it works once, for 24 hours:");
                context.Out.WriteLine($"  {new Uri(reached.Value, $"/link/{secret.Reveal()}")}");
            }
            context.Out.WriteLine("Press Ctrl-C to stop; a sync that is running commits its page first.");
            context.Out.WriteLine($"Orgtap serves {reached.Value}");

            await app.Services.KeepJobsAsync(cancellationToken);
            await UntilStoppedAsync(cancellationToken);
            context.Terminal.Error.WriteLine("Stopping.");
            await app.Services.StopJobsAsync();
            await app.StopAsync(CancellationToken.None);
            return ExitCode.Done;
        });
    }

    /// <summary>Returns, rather than throws, when the token is cancelled.</summary>
    public static Task UntilStoppedAsync(CancellationToken cancellationToken)
    {
        var stopped = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        cancellationToken.Register(() => stopped.TrySetResult());
        return stopped.Task;
    }
}

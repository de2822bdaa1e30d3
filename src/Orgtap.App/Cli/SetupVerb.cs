using System.CommandLine;
using System.Text.Json;
using Orgtap.App.Overviews;
using Orgtap.App.Web;
using Orgtap.Primitives;
using Orgtap.Reauthorization;

namespace Orgtap.App.Cli;

/// <summary><c>orgtap setup</c>: what has to be done in Salesforce, and whether it is.</summary>
internal static class SetupVerb
{
    public static Command Build(VerbRunner verbs) => new("setup", "What has to be done in Salesforce before Orgtap can read an org") { Guide(verbs), Check(verbs) };

    private static Command Guide(VerbRunner verbs)
    {
        var app = new Option<string>("--app") { Description = "external (External Client App) or connected (Connected App of an older org)", DefaultValueFactory = _ => "external" };
        app.AcceptOnlyFromAmong("external", "connected");
        var json = VerbRunner.Json();
        return verbs.Run(new Command("guide", "Every step, with the values to type") { app, json }, Needs.Nothing, ["orgtap setup guide"], (context, _) =>
        {
            var steps = SetupGuide.Of(context.Get(app) == "connected", new PublicAddress(context.Settings.PublicAddress ?? new Uri("http://localhost:5080/")).Callback, LoopbackCallback.DefaultAddress, "you@example.com");
            if (context.Get(json)) context.Out.WriteLine(JsonSerializer.Serialize(steps, CliJson.Options));
            else
                foreach (var (step, number) in steps.Select((step, index) => (step, index + 1)))
                {
                    context.Out.WriteLine($"{number}. {step.Title}{(step.Check is { } check ? $"   (orgtap setup check --step {NameOf(check)})" : "")}");
                    foreach (var text in step.Texts) context.Out.WriteLine($"   - {text.Replace("**", "", StringComparison.Ordinal)}");
                    foreach (var value in step.Values) context.Out.WriteLine($"     {value.Name}: {value.Value}");
                    context.Out.WriteLine();
                }
            if (context.Settings.PublicAddress is null) context.Out.WriteLine("The callback address is that of `orgtap serve` on this machine; set ORGTAP_PUBLIC_URL if others reach it by another name.");
            return Task.FromResult(ExitCode.Done);
        });
    }

    private static Command Check(VerbRunner verbs)
    {
        var connection = new Option<string?>("--connection") { Description = "Check with what this connection has", HelpName = "NAME" };
        var url = new Option<string?>("--url") { Description = "Not connected yet: login.salesforce.com, test.salesforce.com or the org's My Domain" };
        var clientId = new Option<string?>("--client-id") { Description = "Not connected yet: consumer key of the app" };
        var username = new Option<string?>("--username") { Description = "For the security token: a user name; password and token come as secrets" };
        var callback = new Option<string?>("--callback") { Description = "Callback address to check (default: that of this Orgtap's pages)", HelpName = "URL" };
        var step = new Option<string[]>("--step") { Description = $"Only this step: {string.Join(", ", Enum.GetValues<SetupStep>().Select(NameOf))}; may be given several times", AllowMultipleArgumentsPerToken = false };
        step.AcceptOnlyFromAmong([.. Enum.GetValues<SetupStep>().Select(NameOf)]);
        var json = VerbRunner.Json();
        var secrets = new Secrets();
        var command = new Command("check", "Check steps of the guide; nothing is stored") { connection, url, clientId, username, callback, step, json };
        secrets.AddTo(command);
        return verbs.Run(command, Needs.Owner, ["orgtap setup check --connection acme", "ORGTAP_CLIENT_SECRET=… orgtap setup check --url https://acme.my.salesforce.com --client-id 3MVG9… --step app --step callback"], async (context, cancellationToken) =>
        {
            // Secrets in the environment are for whoever is about to connect; a connection has its own.
            var given = context.Get(connection) is null ? secrets.Read(context, context.Get(username) is not null) : null;
            var found = await context.Owner.CheckSetupAsync(new SetupCheckDocument(
                context.Get(connection), context.Get(url), context.Get(clientId), given?.ClientSecret?.Reveal(), context.Get(username), context.Get(username) is null ? null : given?.Password?.Reveal(),
                context.Get(username) is null ? null : given?.SecurityToken?.Reveal(), context.Get(callback), [.. (context.Get(step) ?? []).Select(name => Enum.GetValues<SetupStep>().Single(each => NameOf(each) == name))]), cancellationToken);
            if (context.Get(json)) context.Out.WriteLine(JsonSerializer.Serialize(found, CliJson.Options));
            else
                foreach (var check in found.SelectMany(finding => finding.Checks)) AuthorizeVerb.Write(context, check);
            return AuthorizeVerb.CodeOf([.. found.SelectMany(finding => finding.Checks)]);
        });
    }

    private static string NameOf(SetupStep step) => step == SetupStep.SecurityToken ? "security-token" : step.ToString().ToLowerInvariant();
}

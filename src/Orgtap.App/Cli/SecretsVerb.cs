using System.CommandLine;

namespace Orgtap.App.Cli;

/// <summary><c>orgtap secrets</c>: the keys that encrypt what is stored.</summary>
internal static class SecretsVerb
{
    public static Command Build(VerbRunner verbs) => new("secrets", "The keys that encrypt stored secrets")
    {
        verbs.Run(new Command("rotate", "Make a new key and encrypt every stored secret with it"), Needs.Owner, ["orgtap secrets rotate"], async (context, cancellationToken) =>
        {
            var count = await context.Owner.RotateSecretsAsync(cancellationToken);
            context.Out.WriteLine($"{CliTable.Count(count)} stored {(count == 1 ? "secret is" : "secrets are")} encrypted with a new key. Older keys stay in the ring, for backups made before.");
            return ExitCode.Done;
        }),
    };
}

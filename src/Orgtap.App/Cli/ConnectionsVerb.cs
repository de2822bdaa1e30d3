using System.CommandLine;

namespace Orgtap.App.Cli;

internal static class ConnectionsVerb
{
    public static Command Build(VerbRunner verbs) => new("connections", "Connections to orgs");
}

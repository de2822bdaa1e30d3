using System.CommandLine;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Logging;
using Orgtap.App.Cli;
using Orgtap.App.Composition;
using Orgtap.App.Web;
using Orgtap.Tests.Architecture;
using Orgtap.Tests.App.Cli;

namespace Orgtap.Tests.App;

/// <summary>Holds docs/capabilities.md true, in both directions.</summary>
public sealed partial class CapabilitiesTests
{
    private static readonly string[] Listed =
        [.. Quoted().Matches(File.ReadAllText(Path.Combine(Repository.Root, "docs/capabilities.md"))).Select(match => match.Groups[1].Value).Distinct().Order(StringComparer.Ordinal)];

    [Fact]
    public async Task The_table_lists_every_page_and_endpoint_and_no_other()
    {
        await using var opened = await OpenedInstallation.OpenAsync();
        await using var app = WebHost.Build(opened.Installation, ListenAddress.Default, logging => logging.ClearProviders());
        var real = ((IEndpointRouteBuilder)app).DataSources.SelectMany(source => source.Endpoints).OfType<RouteEndpoint>()
            .SelectMany(endpoint => endpoint.Metadata.GetMetadata<HttpMethodMetadata>()!.HttpMethods.Select(method => $"{method} /{Constraint().Replace(endpoint.RoutePattern.RawText!, "}").Trim('/')}"))
            .Where(address => address != "GET /assets/{name}").Distinct().Order(StringComparer.Ordinal);
        Assert.Equal(real, Listed.Where(entry => !entry.StartsWith("orgtap ", StringComparison.Ordinal)));
    }

    [Fact]
    public void The_table_lists_every_verb_and_no_other() =>
        Assert.Equal(VerbsOf(OrgtapCommand.Build(CliSession.Closed().Terminal), "orgtap").Order(StringComparer.Ordinal), Listed.Where(entry => entry.StartsWith("orgtap ", StringComparison.Ordinal)));

    [Fact]
    public void Every_verb_is_described_with_an_example()
    {
        foreach (var verb in VerbsOf(OrgtapCommand.Build(CliSession.Closed().Terminal), "orgtap"))
        {
            var session = CliSession.Closed();
            Assert.Equal(0, session.Run([.. verb.Split(' ')[1..], "--help"]));
            Assert.Matches($"Examples?:\\s+.*{verb}", session.Output);
        }
    }

    private static IEnumerable<string> VerbsOf(Command command, string path) => command.Subcommands.Count == 0 ? [path] : command.Subcommands.SelectMany(sub => VerbsOf(sub, $"{path} {sub.Name}"));

    [GeneratedRegex("`((?:orgtap |GET |POST |PUT |DELETE )[^`]*)`")]
    private static partial Regex Quoted();

    [GeneratedRegex(@":\w+\}")]
    private static partial Regex Constraint();
}

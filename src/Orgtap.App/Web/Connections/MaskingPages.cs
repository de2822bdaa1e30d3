using Orgtap.App.Overviews;
using Orgtap.App.Web.SignIn;
using Orgtap.Connections;
using Orgtap.Primitives;

namespace Orgtap.App.Web.Connections;

/// <param name="Form">What stands in the fields.</param>
/// <param name="Patterns">One a line: NAME = REGEX.</param>
/// <param name="Tried">A text to try the rules on, and what became of it.</param>
public sealed record MaskingModel(Connection Connection, MaskingOverview Overview, MaskingDocument Form, string Patterns, string Text, MaskedText? Tried, InvalidInputException? Problem, bool Saved);

/// <summary>What is masked in a connection's texts, and a text to try it on.</summary>
internal static class MaskingPages
{
    public static void Map(IEndpointRouteBuilder app)
    {
        var masking = app.MapGroup("/connections/{name}/masking").RequireAuthorization(Roles.Operator);
        masking.MapGet("", async (string name, HttpContext context, ConnectionStore connections, MaskingChange change, CancellationToken cancellationToken) =>
        {
            if (await connections.FindAsync(name, cancellationToken) is not { } connection) return Results.NotFound();
            var overview = await change.OfAsync(connection, cancellationToken);
            return Page.Of<MaskingPage>(new MaskingModel(connection, overview, overview.Rules, LinesOf(overview.Rules), "", null, null, context.Request.Query["saved"] == "1"));
        });
        masking.MapPost("", ActAsync);
    }

    private static async Task<IResult> ActAsync(string name, HttpContext context, ConnectionStore connections, MaskingChange change, CancellationToken cancellationToken)
    {
        if (await connections.FindAsync(name, cancellationToken) is not { } connection) return Results.NotFound();
        var form = await context.Request.ReadFormAsync(cancellationToken);
        var (lines, text) = (form["patterns"].ToString(), form["text"].ToString());
        var wanted = new MaskingDocument(form["emails"] == "on", form["cards"] == "on", form["phones"] == "on");
        MaskedText? tried = null;
        InvalidInputException? problem = null;
        try
        {
            wanted = wanted with { Patterns = Read(lines) };
            if (form["do"] == "try") tried = MaskingChange.Try(connection, new MaskingTry(text, wanted));
            else
            {
                await change.ApplyAsync(connection, wanted, context.User.ActorOf(), cancellationToken);
                return Page.SeeOther($"/connections/{name}/masking?saved=1");
            }
        }
        catch (InvalidInputException refused)
        {
            problem = refused;
        }
        return Page.Of<MaskingPage>(new MaskingModel(connection, await change.OfAsync(connection, cancellationToken), wanted, lines, text, tried, problem, false),
            problem is null ? StatusCodes.Status200OK : StatusCodes.Status400BadRequest);
    }

    private static List<MaskingPattern> Read(string lines)
    {
        var patterns = new List<MaskingPattern>();
        foreach (var line in lines.Split('\n').Select(line => line.Trim()).Where(line => line.Length > 0))
        {
            var at = line.IndexOf('=', StringComparison.Ordinal);
            if (at <= 0) throw new InvalidInputException($"The line \"{line}\" has no name before its pattern.", "Write one pattern a line: a name, an equals sign, a regular expression.");
            patterns.Add(new MaskingPattern(line[..at].Trim(), line[(at + 1)..].Trim()));
        }
        return patterns;
    }

    private static string LinesOf(MaskingDocument rules) => string.Join("\n", (rules.Patterns ?? []).Select(pattern => $"{pattern.Name} = {pattern.Pattern}"));
}

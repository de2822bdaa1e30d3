using System.Text.Json;
using Orgtap.App.Overviews;
using Orgtap.Connections;
using Orgtap.Primitives;

namespace Orgtap.App.Cli;

/// <summary>Writes errors for people (what, whose turn, next step) or, with <c>--json</c>, for programs. Always to standard error.</summary>
internal static class ErrorText
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web);

    public static void Write(TextWriter writer, OrgtapException failure, bool json, bool verbose)
    {
        if (json)
        {
            writer.WriteLine(JsonSerializer.Serialize(new
            {
                error = new { kind = failure.Kind.ToString(), failure.Message, turn = failure.Turn.ToString(), failure.NextStep, failure.Detail },
            }, Json));
            return;
        }
        writer.WriteLine($"Error: {failure.Message}");
        writer.WriteLine($"{TurnWords(failure.Turn)}: {failure.NextStep}");
        if (failure.Detail is { } detail) writer.WriteLine($"Details: {detail}");
        if (verbose) writer.WriteLine(failure);
    }

    public static void Write(TextWriter writer, Problem problem) => Write(writer, ProblemDocument.Of(problem)!);

    public static void Write(TextWriter writer, ProblemDocument problem)
    {
        writer.WriteLine($"Problem: {problem.Message}");
        writer.WriteLine($"{TurnWords(problem.Turn)}: {problem.NextStep}");
        if (problem.Detail is { } detail) writer.WriteLine($"Details: {detail}");
    }

    public static string TurnWords(Turn turn) => turn switch
    {
        Turn.We => "Orgtap's turn",
        Turn.Admin => "Salesforce admin's turn",
        _ => "Your turn",
    };
}

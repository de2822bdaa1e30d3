using System.Text.Json;
using Orgtap.App.Overviews;
using Orgtap.App.Web.Shell;
using Orgtap.Primitives;

namespace Orgtap.App.Cli;

/// <summary>Writes errors for people (what, whose turn, next step) or, with <c>--json</c>, for programs. Always to standard error.</summary>
internal static class ErrorText
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web);

    public static void Write(TextWriter writer, OrgtapException failure, bool json, bool verbose, TimeProvider time)
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
        WriteWhen(writer, failure.Kind, (failure as QuotaStopException)?.Until, time);
        writer.WriteLine($"{TurnWords(failure.Turn)}: {failure.NextStep}");
        if (failure.Detail is { } detail) writer.WriteLine($"Details: {detail}");
        if (verbose) writer.WriteLine(failure);
    }

    public static void Write(TextWriter writer, ProblemDocument problem, TimeProvider time)
    {
        writer.WriteLine($"Problem: {problem.Message}");
        WriteWhen(writer, problem.Kind, problem.RetryAt, time);
        writer.WriteLine($"{TurnWords(problem.Turn)}: {problem.NextStep}");
        if (problem.Detail is { } detail) writer.WriteLine($"Details: {detail}");
    }

    /// <summary>What comes next is said to happen <em>then</em>.</summary>
    private static void WriteWhen(TextWriter writer, FailureKind kind, DateTimeOffset? at, TimeProvider time)
    {
        if (at is { } known) writer.WriteLine($"{Words.Retry(kind, known, time)}.");
    }

    public static string TurnWords(Turn turn) => turn switch
    {
        Turn.We => "Orgtap's turn",
        Turn.Admin => "Salesforce admin's turn",
        _ => "Your turn",
    };
}

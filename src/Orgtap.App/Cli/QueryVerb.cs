using System.CommandLine;
using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using Orgtap.Primitives;
using Orgtap.Replicas;
using Spectre.Console;

namespace Orgtap.App.Cli;

/// <summary><c>orgtap query</c>: SQL on a replica, read-only.</summary>
internal static class QueryVerb
{
    private enum Format
    {
        Table,
        Csv,
        Json,
    }

    public static Command Build(VerbRunner verbs)
    {
        var connection = VerbRunner.Connection();
        var sql = new Argument<string>("SQL") { Description = "One SELECT; tables and columns have Salesforce's API names" };
        var format = new Option<Format>("--format") { Description = "table, csv or json", DefaultValueFactory = _ => Format.Table };
        var limit = new Option<long?>("--limit") { Description = "At most so many rows (default 1,000 for table, none for csv and json)" };
        return verbs.Run(new Command("query", "Ask the replica in SQL; nothing can be changed") { connection, sql, format, limit }, Needs.StoresAnywhere,
            ["orgtap query acme \"SELECT StageName, COUNT(*) FROM Opportunity GROUP BY 1\"", "orgtap query acme \"SELECT * FROM Account\" --format csv > accounts.csv"], async (context, cancellationToken) =>
        {
            var most = context.Get(limit) ?? (context.Get(format) == Format.Table ? 1_000 : long.MaxValue);
            if (most < 1) throw new InvalidInputException("A limit below 1 shows nothing.", "Give --limit 1 or more.");
            await using var query = await context.Readings.QueryAsync(context.Get(connection), context.Get(sql), most, cancellationToken);
            await WriteAsync(context, query, context.Get(format), cancellationToken);
            if (query.IsTruncated) context.Terminal.Error.WriteLine($"More rows were left out; --limit shows more, over --server at most {Api.QueryApi.MostRows:N0}.");
            return ExitCode.Done;
        });
    }

    private static async Task WriteAsync(VerbContext context, IReplicaQuery query, Format format, CancellationToken cancellationToken)
    {
        switch (format)
        {
            case Format.Csv:
                context.Out.WriteLine(string.Join(',', query.Columns.Select(CsvCell)));
                await foreach (var row in query.ReadAsync(cancellationToken)) context.Out.WriteLine(string.Join(',', row.Select(value => CsvCell(TextOf(value)))));
                break;
            case Format.Json:
                await WriteJsonAsync(context.Out, query, cancellationToken);
                break;
            default:
                var table = CliTable.New([.. query.Columns.Select(column => column.Length == 0 ? " " : column)]);
                await foreach (var row in query.ReadAsync(cancellationToken)) table.AddRow([.. row.Select(value => new Text(TextOf(value) ?? ""))]);
                context.Terminal.Ansi(context.Out).Write(table);
                break;
        }
    }

    /// <summary>An array of objects; columns of the same name get a number behind it, since a JSON object cannot hold both.</summary>
    private static async Task WriteJsonAsync(TextWriter output, IReplicaQuery query, CancellationToken cancellationToken)
    {
        var names = UniqueNames(query.Columns);
        var options = new JsonSerializerOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
        var first = true;
        await output.WriteAsync("[");
        await foreach (var row in query.ReadAsync(cancellationToken))
        {
            await output.WriteAsync(first ? "\n" : ",\n");
            first = false;
            await output.WriteAsync("  " + JsonSerializer.Serialize(names.Zip(row).ToDictionary(pair => pair.First, pair => pair.Second), options));
        }
        await output.WriteLineAsync(first ? "]" : "\n]");
    }

    internal static IReadOnlyList<string> UniqueNames(IReadOnlyList<string> columns)
    {
        var taken = new HashSet<string>(StringComparer.Ordinal);
        var names = new List<string>();
        foreach (var column in columns)
        {
            var name = column;
            for (var number = 2; !taken.Add(name); number++) name = $"{column}_{number}";
            names.Add(name);
        }
        return names;
    }

    /// <summary>RFC 4180: quoted where it must be; NULL is an empty cell, empty text a quoted one.</summary>
    internal static string CsvCell(string? text) => text switch
    {
        null => "",
        "" => "\"\"",
        _ => text.AsSpan().IndexOfAny(",\"\r\n") >= 0 ? $"\"{text.Replace("\"", "\"\"", StringComparison.Ordinal)}\"" : text,
    };

    private static string? TextOf(object? value) => value switch
    {
        null => null,
        bool yes => yes ? "true" : "false",
        byte[] bytes => Convert.ToBase64String(bytes),
        IFormattable number => number.ToString(null, CultureInfo.InvariantCulture),
        _ => value.ToString(),
    };
}

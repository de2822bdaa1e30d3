using Orgtap.App.Cli;
using Orgtap.App.Overviews;
using Orgtap.Connections;
using Orgtap.Extraction;
using Orgtap.Primitives;
using Orgtap.Records;
using Orgtap.Syncs;
using Orgtap.Tests.Salesforce;

namespace Orgtap.Tests.App.Cli;

public sealed class RunReceiptTests
{
    private const string Read = "6,000 rows: 5,869 new, 131 deleted. Salesforce reported as many as were read and written.", Cut = "Salesforce reported 10 rows, 9 were read. The next sync reads the table again.";

    /// <summary>A terminal has 80 columns unless somebody makes it wider.</summary>
    [Fact]
    public void In_a_narrow_terminal_numbers_stand_in_one_line_and_only_what_went_wrong_is_told_in_words()
    {
        var lines = Lines(live: true);
        Assert.Contains(lines, line => line.Contains("LiveChatTranscriptEvent", StringComparison.Ordinal) && line.Contains("Complete", StringComparison.Ordinal) && line.Contains("6,000", StringComparison.Ordinal));
        Assert.Contains($"Contact: {Cut}", lines);
        Assert.DoesNotContain(lines, line => line.Contains("as were read", StringComparison.Ordinal));
        Assert.All(lines.Where(line => !line.StartsWith("Contact: ", StringComparison.Ordinal)), line => Assert.InRange(line.TrimEnd().Length, 0, 80));
    }

    [Fact]
    public void Where_there_is_room_every_table_has_its_sentence()
    {
        var text = string.Join(' ', Lines(live: false).SelectMany(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries)));
        Assert.Contains("5,869 new, 131 deleted", text, StringComparison.Ordinal);
        Assert.DoesNotContain("Contact: ", text, StringComparison.Ordinal);
    }

    [Fact]
    public void A_stop_says_until_when_and_then_what_happens_then()
    {
        var time = new ManualTime();
        var stop = new QuotaStopException("The org has used 150 of its 15,000 API calls of the last 24 hours; acme stops at 150 (1 %).", time.GetUtcNow().AddMinutes(15));
        var lines = Lines(live: false, ProblemDocument.Of(Problem.From(stop, time.GetUtcNow())), time);
        var at = Array.FindIndex(lines, line => line.StartsWith("Problem: The org has used 150", StringComparison.Ordinal));
        Assert.Equal($"We resume about {TimeZoneInfo.ConvertTime(stop.Until, time.LocalTimeZone):HH:mm}.", lines[at + 1]);
        Assert.StartsWith("Orgtap's turn: Syncs go on by themselves then", lines[at + 2], StringComparison.Ordinal);

        var error = new StringWriter();
        ErrorText.Write(error, stop, json: false, verbose: false, time);
        Assert.Equal(lines[at + 1], error.ToString().Split(Environment.NewLine)[1]);
    }

    private static string[] Lines(bool live, ProblemDocument? problem = null, TimeProvider? time = null)
    {
        var output = new StringWriter();
        var terminal = new Terminal(output, TextWriter.Null, TextReader.Null, false, live, name => name == "NO_COLOR" ? "1" : null, time ?? TimeProvider.System);
        RunReceipt.Write(terminal, new RunDocument(1, "acme", "marta", default, null, RunOutcome.Completed, "Partial", 9, 9, 6_009, null, null, problem, [Table("LiveChatTranscriptEvent", Verdict.Complete, Read, 6_000, 6_000), Table("Contact", Verdict.Partial, Cut, 10, 9)]));
        return output.ToString().Split(Environment.NewLine);
    }

    private static RunTableDocument Table(string name, Verdict verdict, string sentence, long reported, long received) => new(name, RunTableState.Done, null, received, null, null, 0, 3, null, null,
        new ReceiptDocument(verdict.Words(), sentence, LoadMode.Backfill, ExtractionApi.Bulk, reported, reported, received, received, received, 0, 0, 0, 0, []), null, null);
}

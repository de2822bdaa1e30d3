using System.Globalization;
using System.Text;
using Orgtap.Conversations.Parsing;

namespace Orgtap.Benchmarks;

/// <summary>How fast bodies of chats and mails are read on one core, and what memory that takes. Bodies are made beforehand: 2,000 different ones, read over and over.</summary>
internal static class Conversations
{
    private static readonly string[] Said =
    [
        "Hi, I&#39;ll help you with your order.", "Where is it? I have been waiting for a week now &amp; nobody answers.", "One moment, I look it up.", "Thank you!", "It says &quot;payment failed&quot; again.<br>What now?",
        "I have sent a new invoice to the address we have: please check it, total: 12:30.", "👍🏽 danke", "ok",
    ];

    public static int Run(string[] args)
    {
        var (megabytes, rounds) = (Number(args, "--megabytes", 256), Number(args, "--rounds", 3));
        Measure("LiveChatTranscript.Body", [.. Enumerable.Range(0, 2_000).Select(Chat)], body => ChatBody.Read(body, new ChatHints()).Lines.Count, megabytes, rounds);
        Measure("EmailMessage.TextBody", [.. Enumerable.Range(0, 2_000).Select(Mail)], body => MailText.Split(body).New.Length, megabytes, rounds);
        Measure("EmailMessage.HtmlBody", [.. Enumerable.Range(0, 2_000).Select(number => "<html><body><p>" + Mail(number).Replace("\n", "<br>", StringComparison.Ordinal) + "</p></body></html>")], body => MailHtml.Split(body).New.Length, megabytes, rounds);
        return 0;
    }

    private static void Measure(string what, string[] bodies, Func<string, int> read, int megabytes, int rounds)
    {
        var sizes = bodies.Select(body => (long)Encoding.UTF8.GetByteCount(body)).ToArray();
        foreach (var body in bodies) read(body);
        for (var round = 1; round <= rounds; round++)
        {
            GC.Collect();
            var (bytes, found, live) = (0L, 0L, GC.GetTotalMemory(forceFullCollection: true));
            var before = Environment.CpuUsage.TotalTime;
            for (var at = 0; bytes < megabytes * 1_000_000L; at = (at + 1) % bodies.Length)
            {
                found += read(bodies[at]);
                bytes += sizes[at];
            }
            // Of all threads, the collector's included: what one core would take.
            var seconds = (Environment.CpuUsage.TotalTime - before).TotalSeconds;
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"| {what}, round {round} | {bytes / 1e6:N0} MB | {bytes / 1e6 / seconds:N0} MB per second of CPU | live memory {(GC.GetTotalMemory(forceFullCollection: true) - live) / 1e6:+0.0;-0.0} MB | {found} |"));
        }
    }

    private static string Chat(int number)
    {
        var body = new StringBuilder("<p align=\"center\">Chat Started: Monday, December 17, 2018, 23:27:57 (-0500)</p><p align=\"center\">Chat Origin: Live Chat Button</p><p align=\"center\">Agent Ann B</p>");
        for (var turn = 0; turn < 8 + number % 40; turn++)
            body.Append(CultureInfo.InvariantCulture, $"( {turn / 2}m {turn % 60}s ) {(turn % 2 == 0 ? "Ann B" : "Visitor")}: {Said[(number + turn * 7) % Said.Length]}<br>");
        return body.ToString();
    }

    private static string Mail(int number)
    {
        var body = new StringBuilder();
        for (var line = 0; line < 10 + number % 60; line++) body.Append(Said[(number + line * 3) % Said.Length].Replace("<br>", " ", StringComparison.Ordinal)).Append('\n');
        body.Append("\nOn Tue, Mar 3, 2026 at 9:15 AM Ann B <ann@example.com> wrote:\n");
        for (var line = 0; line < 10 + number % 90; line++) body.Append("> ").Append(Said[(number + line * 5) % Said.Length].Replace("<br>", " ", StringComparison.Ordinal)).Append('\n');
        return body.ToString();
    }

    private static int Number(string[] args, string name, int usual) => Array.IndexOf(args, name) is var at and >= 0 && at + 1 < args.Length ? int.Parse(args[at + 1], CultureInfo.InvariantCulture) : usual;
}

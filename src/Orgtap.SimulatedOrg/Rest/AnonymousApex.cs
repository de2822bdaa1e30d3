using System.Text.RegularExpressions;

namespace Orgtap.SimulatedOrg.Rest;

/// <summary>A statement of anonymous Apex that the org understands.</summary>
internal abstract record ApexStatement(int At)
{
    public sealed record Abort(int At, string Id) : ApexStatement(At);

    public sealed record Schedule(int At, string Name, string Expression, string ClassName) : ApexStatement(At);
}

/// <summary>Reads anonymous Apex: any number of <c>System.abortJob('…');</c> and <c>System.schedule('…', '…', new Class());</c>.</summary>
internal static partial class AnonymousApex
{
    private const string Text = @"'((?:[^'\\\n]|\\.)*)'";

    /// <returns>Null with the place where it stops making sense.</returns>
    public static IReadOnlyList<ApexStatement>? Parse(string apex, out int problemAt)
    {
        var statements = new List<ApexStatement>();
        problemAt = Skip(apex, 0);
        while (problemAt < apex.Length)
        {
            if (AbortCall.Match(apex, problemAt) is { Success: true } abort)
            {
                statements.Add(new ApexStatement.Abort(problemAt, Unescape(abort.Groups[1].Value)));
                problemAt = Skip(apex, problemAt + abort.Length);
            }
            else if (ScheduleCall.Match(apex, problemAt) is { Success: true } schedule)
            {
                statements.Add(new ApexStatement.Schedule(problemAt, Unescape(schedule.Groups[1].Value), Unescape(schedule.Groups[2].Value), schedule.Groups[3].Value));
                problemAt = Skip(apex, problemAt + schedule.Length);
            }
            else
            {
                return null;
            }
        }
        return statements;
    }

    private static int Skip(string apex, int from) => from + Blank.Match(apex, from).Length;

    private static string Unescape(string text) => Escape.Replace(text, static escaped => escaped.Groups[1].Value switch { "n" => "\n", "t" => "\t", "r" => "\r", var other => other });

    [GeneratedRegex(@"\GSystem\s*\.\s*abortJob\s*\(\s*" + Text + @"\s*\)\s*;", RegexOptions.IgnoreCase)]
    private static partial Regex AbortCall { get; }

    [GeneratedRegex(@"\G(?:(?:String|Id)\s+\w+\s*=\s*)?System\s*\.\s*schedule\s*\(\s*" + Text + @"\s*,\s*" + Text + @"\s*,\s*new\s+([\w.]+)\s*\(\s*\)\s*\)\s*;", RegexOptions.IgnoreCase)]
    private static partial Regex ScheduleCall { get; }

    [GeneratedRegex(@"\G(?:\s|//[^\n]*|/\*(?s:.*?)\*/)*")]
    private static partial Regex Blank { get; }

    [GeneratedRegex(@"\\(.)")]
    private static partial Regex Escape { get; }
}

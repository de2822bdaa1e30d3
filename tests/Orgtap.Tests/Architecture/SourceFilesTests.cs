using System.Text.RegularExpressions;

namespace Orgtap.Tests.Architecture;

public sealed partial class SourceFilesTests
{
    private const int LongestFile = 400;

    /// <summary>Files that may be longer, each with its reason.</summary>
    private static readonly Dictionary<string, string> Longer = new(StringComparer.Ordinal);

    private static readonly string[] Folders = ["src", "tests", "bench"];

    [Fact]
    public void No_file_is_longer_than_400_lines_without_a_listed_reason()
    {
        var files = Folders.SelectMany(folder => Repository.Sources(folder)).Concat(Repository.Sources("src", "*.razor")).ToList();
        Assert.NotEmpty(files);
        var tooLong = files.Where(file => file.Lines.Length > LongestFile && !Longer.ContainsKey(file.Path)).Select(file => $"{file.Path}: {file.Lines.Length}").ToList();
        Assert.Empty(tooLong);
        var needless = Longer.Keys.Where(path => files.All(file => file.Path != path || file.Lines.Length <= LongestFile)).ToList();
        Assert.Empty(needless);
    }

    [Fact]
    public void Types_are_not_named_Manager_Helper_Utils_Common_Service_Data_or_Info()
    {
        var bad = Folders.SelectMany(folder => Repository.Sources(folder))
            .SelectMany(file => file.Lines.Select(line => (file.Path, Match: BadTypeName().Match(line))))
            .Where(found => found.Match.Success && !found.Match.Value.Contains("BackgroundService", StringComparison.Ordinal))
            .Select(found => $"{found.Path}: {found.Match.Value}");
        Assert.Empty(bad);
    }

    [Fact]
    public void There_are_no_regions_and_no_promises_for_later()
    {
        var marks = Folders.SelectMany(folder => Repository.Sources(folder))
            .Where(file => !file.Path.EndsWith(nameof(SourceFilesTests) + ".cs", StringComparison.Ordinal))
            .SelectMany(file => file.Lines.Select((line, index) => (file.Path, line, index)))
            .Where(at => Mark().IsMatch(at.line))
            .Select(at => $"{at.Path}:{at.index + 1}");
        Assert.Empty(marks);
    }

    [Fact]
    public void Paths_and_links_in_the_documents_exist()
    {
        var missing = new List<string>();
        var seen = 0;
        foreach (var file in Documents())
        {
            var folder = Path.GetDirectoryName(Path.Combine(Repository.Root, file.Path))!;
            foreach (var line in file.Lines)
            {
                foreach (Match match in Link().Matches(line))
                {
                    var target = match.Groups["target"].Value.Split('#')[0];
                    if (target.Length == 0 || target.Contains("://", StringComparison.Ordinal) || target.StartsWith("mailto:", StringComparison.Ordinal)) continue;
                    seen++;
                    if (!Path.Exists(Path.Combine(folder, target))) missing.Add($"{file.Path}: {target}");
                }

                foreach (Match match in RepositoryPath().Matches(line))
                {
                    seen++;
                    if (!Path.Exists(Path.Combine(Repository.Root, match.Groups["path"].Value))) missing.Add($"{file.Path}: {match.Groups["path"].Value}");
                }
            }
        }

        Assert.Empty(missing);
        Assert.True(seen > 10, "The search for paths found next to nothing: it no longer sees them.");
    }

    private static IEnumerable<SourceFile> Documents() =>
        Directory.EnumerateFiles(Repository.Root, "*.md").Select(path => new SourceFile(Path.GetFileName(path), File.ReadAllLines(path)))
            .Concat(Repository.Sources("docs", "*.md"))
            .Concat(Repository.Sources("src", "*.md"))
            .Concat(Repository.Sources("bench", "*.md"));

    [GeneratedRegex(@"\b(?:class|record|struct|interface|enum) \w*(?:Manager|Helper|Helpers|Utils|Common|Service|Data|Info)\b(?! *\(?.*: *BackgroundService)")]
    private static partial Regex BadTypeName();

    [GeneratedRegex(@"#region|\bTODO\b|\bFIXME\b|\bHACK\b|NotImplementedException")]
    private static partial Regex Mark();

    [GeneratedRegex(@"\]\((?<target>[^)\s]+)\)")]
    private static partial Regex Link();

    [GeneratedRegex(@"`(?<path>(?:src|tests|bench|docs)/[\w./-]+)`")]
    private static partial Regex RepositoryPath();
}

using System.Text.RegularExpressions;
using Orgtap.Tests.Architecture;

namespace Orgtap.Tests.SimulatedOrg.Faults;

/// <summary>The table of faults in the simulated org's README names a test for each, and these tests exist.</summary>
public sealed partial class FaultTableTests
{
    [Fact]
    public void Every_row_of_the_fault_table_names_a_test_that_exists()
    {
        var text = File.ReadAllText(Path.Combine(Repository.Root, "src", "Orgtap.SimulatedOrg", "README.md"));
        var table = text[text.IndexOf("## What can go wrong", StringComparison.Ordinal)..];
        table = table[..(table.IndexOf("\n## ", 3, StringComparison.Ordinal) is > 0 and var end ? end : table.Length)];
        var rows = table.Split('\n').Where(line => line.StartsWith('|')).Skip(2).ToArray();
        Assert.True(rows.Length >= 70, $"Only {rows.Length} rows were found.");

        var tests = typeof(FaultTableTests).Assembly.GetTypes()
            .Where(type => type.Namespace?.StartsWith("Orgtap.Tests.SimulatedOrg", StringComparison.Ordinal) == true)
            .SelectMany(type => type.GetMethods().Where(method => method.IsDefined(typeof(FactAttribute), inherit: true)).Select(method => $"{type.Name}.{method.Name}"))
            .ToHashSet(StringComparer.Ordinal);
        foreach (var row in rows)
        {
            var named = TestName().Matches(row.Split('|')[4]).Select(match => match.Groups[1].Value).ToArray();
            Assert.True(named.Length > 0 && row.Contains('✓', StringComparison.Ordinal), $"No test: {row}");
            Assert.All(named, name => Assert.True(tests.Contains(name), $"There is no test {name}."));
        }
    }

    [GeneratedRegex(@"`(\w+\.\w+)`")]
    private static partial Regex TestName();
}

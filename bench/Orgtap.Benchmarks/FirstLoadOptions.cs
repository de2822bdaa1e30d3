using System.Globalization;

namespace Orgtap.Benchmarks;

/// <param name="Rows">Rows of the table that is loaded.</param>
/// <param name="Rounds">How often each way is measured; the median counts.</param>
/// <param name="PageRows">Rows per result page, on both sides.</param>
/// <param name="Work">Where pages and databases are written; the same disk for all ways.</param>
internal sealed record FirstLoadOptions(int Rows, int Rounds, int PageRows, string Work)
{
    public static FirstLoadOptions Parse(string[] arguments)
    {
        var options = new FirstLoadOptions(500_000, 5, 50_000, Path.GetFullPath("bench/work"));
        for (var i = 0; i + 1 < arguments.Length; i += 2)
        {
            var value = arguments[i + 1];
            options = arguments[i] switch
            {
                "--rows" => options with { Rows = int.Parse(value, CultureInfo.InvariantCulture) },
                "--rounds" => options with { Rounds = int.Parse(value, CultureInfo.InvariantCulture) },
                "--page" => options with { PageRows = int.Parse(value, CultureInfo.InvariantCulture) },
                "--work" => options with { Work = Path.GetFullPath(value) },
                _ => throw new ArgumentException($"Unknown option {arguments[i]}."),
            };
        }

        return options;
    }
}

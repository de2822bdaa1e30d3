using System.Globalization;
using System.Text.Json;

namespace Orgtap.SimulatedOrg.Rest;

/// <summary>The API versions: 31.0 to 68.0 (Winter '27) are served, older ones are retired, others unknown.</summary>
internal sealed class ApiVersions(decimal newest)
{
    public const string Newest = "68.0";
    private const int Oldest = 31;
    private static readonly string[] Seasons = ["Spring", "Summer", "Winter"];

    public bool Serves(string version) =>
        decimal.TryParse(version, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number)
        && number >= Oldest && number <= newest && version == Text((int)number);

    /// <summary>True for versions that once were: they answer 410, not 404.</summary>
    public static bool IsRetired(string version) =>
        decimal.TryParse(version, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number) && number is >= 7 and < Oldest;

    public void Write(Utf8JsonWriter writer)
    {
        writer.WriteStartArray();
        for (var number = Oldest; number <= newest; number++)
        {
            writer.WriteStartObject();
            writer.WriteString("label", Label(number));
            writer.WriteString("url", "/services/data/v" + Text(number));
            writer.WriteString("version", Text(number));
            writer.WriteEndObject();
        }
        writer.WriteEndArray();
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture) + ".0";

    // Three releases a year; 66 is Spring '26, 67 Summer '26, 68 Winter '27: a winter release carries the next year's number.
    private static string Label(int number)
    {
        var season = number % 3;
        return string.Create(CultureInfo.InvariantCulture, $"{Seasons[season]} '{number / 3 + 4 + (season == 2 ? 1 : 0):00}");
    }
}

using System.Globalization;
using System.Text.Json;

namespace Orgtap.SimulatedOrg.Rest;

/// <summary>The API versions: 31.0 to 68.0 (Winter '27) are served unless told otherwise, older ones are retired, others unknown. Thread-safe.</summary>
internal sealed class ApiVersions(decimal newest)
{
    private const int FirstEver = 7;
    private static readonly string[] Seasons = ["Spring", "Summer", "Winter"];
    private volatile VersionSpan _served = new(31, (int)newest);

    private sealed record VersionSpan(int Oldest, int Newest);

    /// <summary>The newest version, e.g. 68.0.</summary>
    public string Newest => Text(_served.Newest);

    /// <summary>The oldest version that is not retired, e.g. 31.0.</summary>
    public string Oldest => Text(_served.Oldest);

    /// <summary>From the next request on only these versions are served: those below are retired, those above not there yet.</summary>
    /// <exception cref="ArgumentException">There is no such span.</exception>
    public void Serve(int oldest, int latest) => _served = oldest >= FirstEver && oldest <= latest ? new VersionSpan(oldest, latest)
        : throw new ArgumentException($"Versions go from {FirstEver} up, and {oldest} is not below {latest}.");

    public bool Serves(string version) =>
        decimal.TryParse(version, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number)
        && _served is var served && number >= served.Oldest && number <= served.Newest && version == Text((int)number);

    /// <summary>True for versions that once were: they answer 410, not 404.</summary>
    public bool IsRetired(string version) =>
        decimal.TryParse(version, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number) && number >= FirstEver && number < _served.Oldest;

    public void Write(Utf8JsonWriter writer)
    {
        writer.WriteStartArray();
        var served = _served;
        for (var number = served.Oldest; number <= served.Newest; number++)
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

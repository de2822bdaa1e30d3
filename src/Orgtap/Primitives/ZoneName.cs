namespace Orgtap.Primitives;

/// <summary>Time zones as people name them.</summary>
public static class ZoneName
{
    /// <summary>E.g. Europe/Berlin; UTC for what systems call Etc/UTC, Etc/GMT and the like.</summary>
    public static string Of(TimeZoneInfo zone) => zone.Id is "Etc/UTC" or "Etc/GMT" or "Etc/Universal" or "Zulu" or "GMT" or "UCT" ? "UTC" : zone.Id;
}

using System.Globalization;

namespace Orgtap.SimulatedOrg.Data.Conversations;

/// <summary>How the first lines of a chat read in the agent's language. Only the English ones are recorded; the others are what a localized org would say.</summary>
internal sealed record Tongue(string Started, string Origin, string Agent, Func<DateTimeOffset, string> Date)
{
    private static readonly string[] GermanDays = ["Sonntag", "Montag", "Dienstag", "Mittwoch", "Donnerstag", "Freitag", "Samstag"];
    private static readonly string[] GermanMonths = ["Januar", "Februar", "März", "April", "Mai", "Juni", "Juli", "August", "September", "Oktober", "November", "Dezember"];
    private static readonly string[] FrenchDays = ["dimanche", "lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi"];
    private static readonly string[] FrenchMonths = ["janvier", "février", "mars", "avril", "mai", "juin", "juillet", "août", "septembre", "octobre", "novembre", "décembre"];
    private static readonly string[] JapaneseDays = ["日曜日", "月曜日", "火曜日", "水曜日", "木曜日", "金曜日", "土曜日"];

    public static readonly Tongue English = new("Chat Started: ", "Chat Origin: ", "Agent ",
        static at => at.ToString("dddd, MMMM d, yyyy, HH:mm:ss", CultureInfo.InvariantCulture) + Zone(at));

    public static readonly Tongue German = new("Chat gestartet: ", "Chat-Ursprung: ", "Agent ",
        static at => string.Create(CultureInfo.InvariantCulture, $"{GermanDays[(int)at.DayOfWeek]}, {at.Day}. {GermanMonths[at.Month - 1]} {at.Year}, {at:HH:mm:ss}{Zone(at)}"));

    public static readonly Tongue French = new("Chat démarré : ", "Origine du chat : ", "Agent ",
        static at => string.Create(CultureInfo.InvariantCulture, $"{FrenchDays[(int)at.DayOfWeek]} {at.Day} {FrenchMonths[at.Month - 1]} {at.Year}, {at:HH:mm:ss}{Zone(at)}"));

    public static readonly Tongue Japanese = new("チャット開始: ", "チャットの発信元: ", "エージェント ",
        static at => string.Create(CultureInfo.InvariantCulture, $"{at.Year}年{at.Month}月{at.Day}日{JapaneseDays[(int)at.DayOfWeek]}, {at:HH:mm:ss}{Zone(at)}"));

    private static string Zone(DateTimeOffset at) =>
        string.Create(CultureInfo.InvariantCulture, $" ({(at.Offset < TimeSpan.Zero ? '-' : '+')}{Math.Abs(at.Offset.Hours):00}{Math.Abs(at.Offset.Minutes):00})");
}

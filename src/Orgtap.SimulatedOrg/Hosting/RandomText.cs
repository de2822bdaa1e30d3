using System.Security.Cryptography;

namespace Orgtap.SimulatedOrg.Hosting;

/// <summary>Random text for credentials, codes and tokens.</summary>
internal static class RandomText
{
    private const string LettersAndDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

    public static string Of(int length) => RandomNumberGenerator.GetString(LettersAndDigits, length);

    /// <summary>Letters, digits, dot and underscore: the alphabet of session ids after the exclamation mark.</summary>
    public static string OfSession(int length) => RandomNumberGenerator.GetString(LettersAndDigits + "._", length);
}

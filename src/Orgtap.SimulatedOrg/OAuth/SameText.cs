using System.Security.Cryptography;
using System.Text;

namespace Orgtap.SimulatedOrg.OAuth;

/// <summary>Compares secrets in a time that does not depend on where they differ.</summary>
internal static class SameText
{
    public static bool As(string expected, string given) =>
        CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(expected), Encoding.UTF8.GetBytes(given));
}

namespace Orgtap.SimulatedOrg.Hosting;

/// <summary>Ids of things that are no rows: jobs, cursors. Base 62, with the three characters that make 15 into 18.</summary>
internal static class SalesforceId
{
    private const string Digits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    private const string Checks = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345";

    /// <param name="prefix">The kind, three characters: 750 a job, 01g a cursor.</param>
    public static string Of(string prefix, long number)
    {
        Span<char> id = stackalloc char[18];
        prefix.CopyTo(id);
        for (var position = 14; position >= 3; position--, number /= 62) id[position] = Digits[(int)(number % 62)];
        for (var part = 0; part < 3; part++)
        {
            var upper = 0;
            for (var bit = 0; bit < 5; bit++)
                if (char.IsAsciiLetterUpper(id[part * 5 + bit])) upper |= 1 << bit;
            id[15 + part] = Checks[upper];
        }
        return new string(id);
    }
}

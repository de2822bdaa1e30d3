namespace Orgtap.Storage;

/// <summary>
/// Takes the addresses of all databases of one driver for the same. Dapper compiles how a statement's parameters are set and its rows are read, and keeps that by address: without this it would compile, and remember, all
/// over again for the file of each connection. It looks at the columns of a result each time, so tables may differ.
/// </summary>
internal sealed class SameDriver : IEqualityComparer<string>
{
    public bool Equals(string? x, string? y) => FirstKey(x).SequenceEqual(FirstKey(y));

    public int GetHashCode(string address) => string.GetHashCode(FirstKey(address));

    // Data Source=… or Host=…, as the drivers' builders write them.
    private static ReadOnlySpan<char> FirstKey(string? address) => address.AsSpan(0, Math.Max(address?.IndexOf('=', StringComparison.Ordinal) ?? 0, 0));
}

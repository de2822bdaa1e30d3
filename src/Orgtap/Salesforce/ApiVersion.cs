using System.Globalization;

namespace Orgtap.Salesforce;

/// <summary>A version of Salesforce's APIs, e.g. 66.0; three new ones a year.</summary>
public readonly record struct ApiVersion(decimal Number) : IComparable<ApiVersion>
{
    /// <summary>Winter '27: the newest whose answers Orgtap knows.</summary>
    public static readonly ApiVersion Newest = new(68.0m);

    /// <summary>Spring '20, the first with Bulk API 2.0 queries.</summary>
    public static readonly ApiVersion Oldest = new(47.0m);

    /// <summary>Summer '23, the first whose Bulk results can be read side by side.</summary>
    public static readonly ApiVersion FirstWithResultPages = new(58.0m);

    /// <summary>Where its resources are, e.g. <c>/services/data/v66.0</c>.</summary>
    public string Path => $"/services/data/v{this}";

    public int CompareTo(ApiVersion other) => Number.CompareTo(other.Number);

    public static bool TryParse(string? text, out ApiVersion version)
    {
        var understood = decimal.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number) && number > 0;
        version = understood ? new ApiVersion(number) : default;
        return understood;
    }

    public override string ToString() => Number.ToString("0.0", CultureInfo.InvariantCulture);

    public static bool operator <(ApiVersion left, ApiVersion right) => left.Number < right.Number;

    public static bool operator >(ApiVersion left, ApiVersion right) => left.Number > right.Number;

    public static bool operator <=(ApiVersion left, ApiVersion right) => left.Number <= right.Number;

    public static bool operator >=(ApiVersion left, ApiVersion right) => left.Number >= right.Number;
}

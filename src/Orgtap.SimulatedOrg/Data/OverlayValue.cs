using System.Globalization;
using System.Text;
using Orgtap.SimulatedOrg.Schema;

namespace Orgtap.SimulatedOrg.Data;

/// <summary>Values given from outside: checked once when they come in, turned to cells when they are read.</summary>
internal static class OverlayValue
{
    public static Cell Cell(object? value, FieldType field, Scratch scratch) => value switch
    {
        null => Data.Cell.Null,
        bool flag => Data.Cell.OfBoolean(flag),
        long number => Data.Cell.OfNumber(number, 0),
        decimal number => Data.Cell.OfDecimal(number),
        DateOnly date => Data.Cell.OfDate(date.DayNumber - BaseClock.Epoch.DayNumber),
        DateTimeOffset time => Data.Cell.OfDateTime(time.ToUnixTimeMilliseconds()),
        TimeOnly time => Data.Cell.OfTime((long)time.ToTimeSpan().TotalMilliseconds),
        string text => field.Type is "id" or "reference" ? Data.Cell.OfId(Encode(text, scratch)) : Data.Cell.OfText(Encode(text, scratch)),
        _ => throw new InvalidOperationException($"{field.Name} holds a {value.GetType().Name}"),
    };

    /// <summary>The form in which the overlay keeps a value: null, string, bool, long, decimal, DateTimeOffset, DateOnly or TimeOnly.</summary>
    /// <exception cref="ArgumentException">The value does not fit the field's type or length.</exception>
    public static object? Accept(FieldType field, object? value) => field.Type switch
    {
        _ when value is null or "" => null,
        "boolean" when value is bool => value,
        "int" or "long" when value is long or int or short => Convert.ToInt64(value, CultureInfo.InvariantCulture),
        "int" or "long" when value is decimal or double && Convert.ToDecimal(value, CultureInfo.InvariantCulture) is var whole && whole == decimal.Truncate(whole) => (long)whole,
        "double" or "currency" or "percent" when value is decimal or double or long or int => Checked(Convert.ToDecimal(value, CultureInfo.InvariantCulture)),
        "date" when value is DateOnly => value,
        "datetime" when value is DateTimeOffset => value,
        "time" when value is TimeOnly => value,
        "id" or "reference" when value is string id => SalesforceId.Normalize(id) ?? throw new ArgumentException($"{field.Name}: id value of incorrect type: {id}", nameof(value)),
        "boolean" or "int" or "long" or "double" or "currency" or "percent" or "date" or "datetime" or "time" or "id" or "reference" or "address" or "location" or "base64" =>
            throw new ArgumentException($"{field.Name} ({field.Type}) does not take {value} ({value.GetType().Name})", nameof(value)),
        _ when value is string text => text.Length <= field.Length || field.Length == 0 ? text
            : throw new ArgumentException($"{field.Name}: data value too large: {text.Length} of at most {field.Length}", nameof(value)),
        _ => throw new ArgumentException($"{field.Name} ({field.Type}) does not take a {value.GetType().Name}", nameof(value)),
    };

    private static decimal Checked(decimal value)
    {
        _ = Data.Cell.OfDecimal(value);
        return value;
    }

    private static ReadOnlySpan<byte> Encode(string text, Scratch scratch)
    {
        var room = scratch.Take(Encoding.UTF8.GetByteCount(text));
        Encoding.UTF8.GetBytes(text, room);
        return room;
    }
}

namespace Orgtap.Records;

/// <summary>The kinds of value a replica column holds. Their canonical forms are in docs/types.md.</summary>
public enum ColumnType
{
    /// <summary>UTF-8, byte for byte.</summary>
    Text,

    /// <summary>A Salesforce record id, always 18 characters.</summary>
    Id,

    /// <summary><c>true</c> or <c>false</c>.</summary>
    Boolean,

    /// <summary>A whole number that fits 64 bits.</summary>
    Integer,

    /// <summary>A decimal number, every digit kept, no exponent, no trailing zeros.</summary>
    Decimal,

    /// <summary><c>yyyy-MM-dd</c>.</summary>
    Date,

    /// <summary><c>yyyy-MM-ddTHH:mm:ss.fffZ</c>, UTC.</summary>
    DateTime,

    /// <summary><c>HH:mm:ss.fff</c>.</summary>
    Time,
}

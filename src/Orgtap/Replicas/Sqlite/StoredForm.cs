using System.Buffers.Text;
using System.Globalization;
using System.Text;
using Orgtap.Records;
using SQLitePCL;

namespace Orgtap.Replicas.Sqlite;

/// <summary>How SQLite holds the values of a column.</summary>
internal enum Storage : byte
{
    /// <summary>The canonical bytes.</summary>
    Text,

    /// <summary>0 or 1.</summary>
    Boolean,

    /// <summary>64 bits.</summary>
    Integer,

    /// <summary>A binary fraction, which holds up to 15 digits exactly; what has more is kept as the canonical bytes in a blob.</summary>
    Real,
}

/// <summary>Between canonical text and what a SQLite column holds (docs/types.md), both ways without loss.</summary>
public static class StoredForm
{
    /// <summary>A double keeps every decimal number of as many digits (IEEE 754: DBL_DIG).</summary>
    private const int ExactDigits = 15;

    /// <summary>Longer plain forms come near the ends of a double's range, where it keeps fewer digits.</summary>
    private const int LongestExactForm = 300;

    private static readonly double[] PowersOfTen =
        [1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22];

    /// <summary>The canonical text of a value read from a replica.</summary>
    /// <param name="value">As SQLite gives it: null, long, double, text, or bytes.</param>
    /// <param name="type">The column's type when the value was written.</param>
    public static string? ToCanonical(object? value, ColumnType type) => value switch
    {
        null => null,
        long number when type == ColumnType.Boolean => number == 0 ? "false" : "true",
        long number => number.ToString(CultureInfo.InvariantCulture),
        double number => FromDouble(number),
        string text => text,
        byte[] bytes => Encoding.UTF8.GetString(bytes),
        _ => throw new ArgumentException($"SQLite has no values of {value.GetType()}.", nameof(value)),
    };

    /// <summary>The value in a result row's column: null, long, double, string or bytes.</summary>
    internal static object? Read(sqlite3_stmt statement, int column) => raw.sqlite3_column_type(statement, column) switch
    {
        raw.SQLITE_INTEGER => raw.sqlite3_column_int64(statement, column),
        raw.SQLITE_FLOAT => raw.sqlite3_column_double(statement, column),
        // Read as bytes with their length: as a C string a text would end at its first NUL.
        raw.SQLITE_TEXT => Encoding.UTF8.GetString(raw.sqlite3_column_blob(statement, column)),
        raw.SQLITE_BLOB => raw.sqlite3_column_blob(statement, column).ToArray(),
        _ => null,
    };

    internal static Storage Of(ColumnType type, int precision) => type switch
    {
        ColumnType.Boolean => Storage.Boolean,
        ColumnType.Integer => Storage.Integer,
        ColumnType.Decimal when precision is > 0 and <= ExactDigits => Storage.Real,
        _ => Storage.Text,
    };

    internal static string Declaration(Storage storage) => storage switch
    {
        Storage.Boolean or Storage.Integer => "INTEGER",
        Storage.Real => "REAL",
        _ => "TEXT",
    };

    /// <summary>A double that shows the same digits again; false where there is none.</summary>
    internal static bool TryExactDouble(ReadOnlySpan<byte> canonical, out double value)
    {
        long mantissa = 0;
        int digits = 0, scale = 0, zeros = 0;
        var (negative, fraction) = (canonical[0] == '-', false);
        for (var i = negative ? 1 : 0; i < canonical.Length; i++)
        {
            var digit = canonical[i] - '0';
            if (digit < 0)
            {
                fraction = true;
                continue;
            }
            if (fraction) scale++;
            if (digit == 0)
            {
                if (mantissa != 0) zeros++;
                continue;
            }
            // Zeros count as digits only once another digit follows them.
            digits += zeros + 1;
            if (digits > ExactDigits || canonical.Length > LongestExactForm)
            {
                value = 0;
                return false;
            }
            for (; zeros >= 0; zeros--) mantissa *= 10;
            mantissa += digit;
            zeros = 0;
        }
        // What is left of zeros stands before the point: a canonical fraction does not end in zero.
        var power = zeros - scale;
        if (power is >= -22 and <= 22)
        {
            // Both operands are exact, so the one operation rounds correctly.
            value = power < 0 ? mantissa / PowersOfTen[-power] : mantissa * PowersOfTen[power];
            if (negative) value = -value;
            return true;
        }
        return Utf8Parser.TryParse(canonical, out value, out _) && double.IsFinite(value);
    }

    private static string FromDouble(double value)
    {
        Span<byte> shortest = stackalloc byte[32];
        Span<byte> plain = stackalloc byte[Canonical.LongestForm(ColumnType.Decimal, 32)];
        value.TryFormat(shortest, out var length, "R", CultureInfo.InvariantCulture);
        return Canonical.TryWrite(ColumnType.Decimal, shortest[..length], plain, out var written)
            ? Encoding.ASCII.GetString(plain[..written])
            : throw new ArgumentException("Not a finite number.", nameof(value));
    }
}

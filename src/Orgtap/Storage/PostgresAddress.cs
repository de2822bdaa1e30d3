using System.Globalization;
using Npgsql;
using Orgtap.Primitives;

namespace Orgtap.Storage;

/// <summary>
/// Where a PostgreSQL database is and who we are there. Holds the password, so it prints without it; <see cref="ConnectionString"/> is for the driver only.
/// </summary>
public sealed class PostgresAddress
{
    private readonly NpgsqlConnectionStringBuilder _parts;

    private PostgresAddress(NpgsqlConnectionStringBuilder parts) => _parts = parts;

    /// <summary>Holds the password.</summary>
    public string ConnectionString => _parts.ConnectionString;

    public bool HasPassword => !string.IsNullOrEmpty(_parts.Password);

    /// <summary>The first schema of the search path, or null.</summary>
    public string? Schema => _parts.SearchPath?.Split(',')[0].Trim().Trim('"') is { Length: > 0 } first ? first : null;

    /// <param name="text">
    /// <c>Host=…;Database=…;Username=…</c> as Npgsql reads it, or <c>postgresql://user@host:port/database?sslmode=require</c>.
    /// </param>
    /// <param name="source">Where it came from, for the error: a variable, an option, a file.</param>
    /// <exception cref="InvalidInputException">Neither of the two. The text itself is not repeated: it may hold a password.</exception>
    public static PostgresAddress Parse(string text, string source)
    {
        try
        {
            text = text.Trim();
            var parts = text.StartsWith("postgres://", StringComparison.Ordinal) || text.StartsWith("postgresql://", StringComparison.Ordinal)
                ? OfUri(new Uri(text))
                : new NpgsqlConnectionStringBuilder(text);
            if (string.IsNullOrEmpty(parts.Host) || string.IsNullOrEmpty(parts.Database)) throw new FormatException("host or database is missing");
            // Parameters' values belong neither into logs nor into messages.
            parts.IncludeErrorDetail = false;
            if (string.IsNullOrEmpty(parts.ApplicationName)) parts.ApplicationName = "orgtap";
            // Settings that contradict each other are found only here.
            using (NpgsqlDataSource.Create(parts.ConnectionString)) return new PostgresAddress(parts);
        }
        catch (Exception failure) when (failure is ArgumentException or FormatException or KeyNotFoundException or InvalidOperationException or NotSupportedException)
        {
            throw new InvalidInputException($"{source} is not the address of a PostgreSQL database.",
                "Give Host=db.example.com;Database=orgtap;Username=orgtap, or postgresql://orgtap@db.example.com/orgtap; the password in ORGTAP_DATABASE, PGPASSWORD or a .pgpass file.");
        }
    }

    /// <summary>The same database with other settings of the session.</summary>
    public PostgresAddress With(Action<NpgsqlConnectionStringBuilder> change)
    {
        var copy = new NpgsqlConnectionStringBuilder(ConnectionString);
        change(copy);
        return new PostgresAddress(copy);
    }

    /// <summary>Host, port and database; nothing secret.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{_parts.Host}:{_parts.Port}/{_parts.Database}");

    private static NpgsqlConnectionStringBuilder OfUri(Uri uri)
    {
        var parts = new NpgsqlConnectionStringBuilder { Host = Uri.UnescapeDataString(uri.Host), Database = Uri.UnescapeDataString(uri.AbsolutePath.Trim('/')) };
        if (uri.Port > 0) parts.Port = uri.Port;
        var user = uri.UserInfo.Split(':', 2);
        if (user[0].Length > 0) parts.Username = Uri.UnescapeDataString(user[0]);
        if (user.Length > 1) parts.Password = Uri.UnescapeDataString(user[1]);
        foreach (var pair in uri.Query.TrimStart('?').Split('&', StringSplitOptions.RemoveEmptyEntries))
        {
            var (name, value) = pair.Split('=', 2) is [var left, var right] ? (Uri.UnescapeDataString(left), Uri.UnescapeDataString(right)) : throw new FormatException("a setting without a value");
            // libpq's names; the others are Npgsql's own.
            parts[name switch
            {
                "sslmode" => "SSL Mode",
                "sslrootcert" => "Root Certificate",
                "sslcert" => "SSL Certificate",
                "sslkey" => "SSL Key",
                "application_name" => "Application Name",
                "connect_timeout" => "Timeout",
                "options" => "Options",
                "search_path" => "Search Path",
                _ => name,
            }] = name == "sslmode" ? value.Replace("-", "", StringComparison.Ordinal) : value;
        }
        return parts;
    }
}

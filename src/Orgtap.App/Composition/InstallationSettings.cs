using Orgtap.Primitives;
using Orgtap.Storage;

namespace Orgtap.App.Composition;

/// <summary>What an installation is told from outside: options first, then environment variables, then defaults.</summary>
/// <param name="DataDirectory">Absolute. Holds the control database, the key ring and the replicas.</param>
/// <param name="KeyFile">Wraps the key ring; null: the keys lie in the data directory in clear.</param>
/// <param name="KeyPassword">Opens <paramref name="KeyFile"/> where it is a password-protected certificate.</param>
/// <param name="AllowedAddresses">Hosts, or <c>host:port</c>, outside Salesforce's own domains that may be connected to, over http too.</param>
/// <param name="PublicAddress">Where people's browsers reach this installation; null: the address it listens on.</param>
public sealed record InstallationSettings(
    string DataDirectory, string? KeyFile, SecretText? KeyPassword, IReadOnlyList<string> AllowedAddresses, Uri? PublicAddress)
{
    /// <summary>The PostgreSQL database of the control store; null: <c>control.db</c> in the data directory.</summary>
    public PostgresAddress? Database { get; init; }

    /// <summary>The PostgreSQL database for replicas of connections that name none; null: that of the control store.</summary>
    public PostgresAddress? ReplicaDatabase { get; init; }

    /// <summary>How long history is kept.</summary>
    public Scheduling.Retention Retention { get; init; } = Scheduling.Retention.Usual;

    /// <summary>The log is JSON, a line an event, for programs; else text for people, of errors only.</summary>
    public bool LogsJson { get; init; }

    /// <summary>The OpenTelemetry collector that gets measures and traces; null: none.</summary>
    public Uri? Collector { get; init; }

    /// <summary>The collector speaks gRPC; else HTTP with protobuf.</summary>
    public bool CollectorSpeaksGrpc { get; init; }

    /// <param name="data">The value of <c>--data</c>, or null.</param>
    /// <param name="variable">Reads an environment variable.</param>
    /// <param name="database">The value of <c>--database</c>, or null.</param>
    /// <exception cref="InvalidInputException">A variable or option cannot be used; names it.</exception>
    public static InstallationSettings Read(string? data, Func<string, string?> variable, string? database = null)
    {
        var directory = First(data, variable("ORGTAP_DATA")) ?? Path.Combine(HomeOf(variable), "orgtap");
        return new InstallationSettings(
            Path.GetFullPath(directory), First(variable("ORGTAP_KEY_FILE")), SecretText.From(variable("ORGTAP_KEY_PASSWORD")),
            (variable("ORGTAP_ALLOW_ADDRESSES") ?? "").Split([',', ' '], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries),
            PublicAddressOf(First(variable("ORGTAP_PUBLIC_URL")), "ORGTAP_PUBLIC_URL")) 
        {
            Collector = First(variable(TelemetryExport.EndpointVariable)) is not { } collector ? null
                : Uri.TryCreate(collector, UriKind.Absolute, out var endpoint) && endpoint.Scheme is "http" or "https" ? endpoint
                : throw new InvalidInputException($"{TelemetryExport.EndpointVariable} is \"{collector}\", which is no web address.", "Give one such as http://localhost:4318, or leave it out."),
            LogsJson = First(variable("ORGTAP_LOG")) switch
            {
                null or "text" => false,
                "json" => true,
                var other => throw new InvalidInputException($"ORGTAP_LOG is \"{other}\".", "Give json or text, or leave it out for text."),
            },
            Retention = RetentionOf(First(variable("ORGTAP_RETENTION_DAYS"))),
            CollectorSpeaksGrpc = variable("OTEL_EXPORTER_OTLP_PROTOCOL") is "grpc",
            Database = DatabaseOf(First(database), variable),
            ReplicaDatabase = First(variable("ORGTAP_REPLICA_DATABASE")) is { } replicas ? PostgresAddress.Parse(replicas, "ORGTAP_REPLICA_DATABASE") : null,
        };
    }

    private static Scheduling.Retention RetentionOf(string? text) => text is null ? Scheduling.Retention.Usual
        : int.TryParse(text, out var days) && days is >= Scheduling.Retention.Shortest and <= Scheduling.Retention.Longest ? new Scheduling.Retention(days)
        : throw new InvalidInputException($"ORGTAP_RETENTION_DAYS is \"{text}\".", $"Give a whole number of days from {Scheduling.Retention.Shortest} to {Scheduling.Retention.Longest}, or leave it out for {Scheduling.Retention.Usual.Days}.");

    private static PostgresAddress? DatabaseOf(string? option, Func<string, string?> variable)
    {
        if (option is not null)
        {
            var address = PostgresAddress.Parse(option, "--database");
            return address.HasPassword
                ? throw new InvalidInputException("--database holds a password, which every user of this machine can read in the list of processes.",
                    "Set ORGTAP_DATABASE or ORGTAP_DATABASE_FILE instead, or leave the password to PGPASSWORD or a .pgpass file.")
                : address;
        }
        if (First(variable("ORGTAP_DATABASE")) is { } text) return PostgresAddress.Parse(text, "ORGTAP_DATABASE");
        if (First(variable("ORGTAP_DATABASE_FILE")) is not { } file) return null;
        try
        {
            return PostgresAddress.Parse(File.ReadAllText(file), $"The file {file} in ORGTAP_DATABASE_FILE");
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new InvalidInputException($"The file {file} in ORGTAP_DATABASE_FILE cannot be read: {failure.Message}", "Check its name and its rights.", failure);
        }
    }

    /// <exception cref="InvalidInputException">Not an absolute http or https address.</exception>
    public static Uri? PublicAddressOf(string? text, string name)
    {
        if (text is null) return null;
        if (Uri.TryCreate(text, UriKind.Absolute, out var address) && address.Scheme is "http" or "https" && address.PathAndQuery == "/") return address;
        throw new InvalidInputException($"{name} is \"{text}\", which is not the address of a web site.",
            "Give scheme and host without a path, e.g. https://sync.example.com.");
    }

    private static string? First(params ReadOnlySpan<string?> candidates)
    {
        foreach (var candidate in candidates)
            if (!string.IsNullOrWhiteSpace(candidate)) return candidate.Trim();
        return null;
    }

    private static string HomeOf(Func<string, string?> variable)
    {
        if (First(variable("XDG_DATA_HOME")) is { } named && Path.IsPathRooted(named)) return named;
        var home = Environment.GetFolderPath(Environment.SpecialFolder.UserProfile);
        if (home.Length == 0)
            throw new InvalidInputException("This user has no home directory, so there is no place for the data directory.", "Name one with --data or ORGTAP_DATA.");
        return Path.Combine(home, ".local", "share");
    }
}

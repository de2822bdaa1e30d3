using Orgtap.IntegrationTests.FirstLoads;
using Orgtap.SimulatedOrg.Hosting;

namespace Orgtap.IntegrationTests.Programs;

/// <summary>The connection <c>acme</c> of the real program to a simulated org.</summary>
internal static class Acme
{
    public static OrgtapProgram Program(SimulatedOrgHost org) => new(new Dictionary<string, string>
    {
        ["ORGTAP_ALLOW_ADDRESSES"] = org.Address.Authority,
        ["ORGTAP_PASSWORD"] = org.Password,
        ["ORGTAP_SECURITY_TOKEN"] = org.SecurityToken,
        ["ORGTAP_CLIENT_SECRET"] = org.ClientSecret,
    });

    public static string[] Connect(SimulatedOrgHost org) =>
        ["connect", "--name", "acme", "--url", org.Address.AbsoluteUri, "--flow", "password", "--username", org.User, "--client-id", org.ClientId];

    public static async Task<OrgtapProgram> ConnectedAsync(SimulatedOrgHost org, CancellationToken cancellationToken)
    {
        var orgtap = Program(org);
        await orgtap.SucceedAsync(cancellationToken, Connect(org));
        return orgtap;
    }

    public static string Replica(OrgtapProgram orgtap) => Path.Combine(orgtap.DataDirectory, "replicas", "acme.db");

    /// <summary>Fails unless every row and value of every table is what the org says.</summary>
    /// <param name="ignoreVanished">Rows that the org no longer has at all may be there, marked deleted.</param>
    public static (int Tables, long Rows, long Values) Compare(SimulatedOrgHost org, OrgtapProgram orgtap, bool ignoreVanished = false)
    {
        var differences = new List<string>();
        var tables = TruthComparison.TablesOf(Replica(orgtap));
        var (rows, values) = (0L, 0L);
        foreach (var table in tables)
        {
            var compared = TruthComparison.Compare(org.Store, Replica(orgtap), table, differences, ignoreVanished);
            rows += compared.Rows;
            values += compared.Values;
        }

        Assert.Empty(differences);
        return (tables.Count, rows, values);
    }
}

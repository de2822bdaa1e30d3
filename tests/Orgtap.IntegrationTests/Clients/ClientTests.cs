namespace Orgtap.IntegrationTests.Clients;

/// <summary>Clients that others wrote take the simulated org for Salesforce. Each runs its script of checks in tests/clients; the numbers keep a check from getting lost.</summary>
public sealed class ClientTests
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact(Timeout = 120_000)]
    public async Task Jsforce_signs_in_reads_exports_and_listens() => Assert.Equal(24, await ClientPrograms.RunAsync("jsforce.mjs", Stop));

    [Fact(Timeout = 120_000)]
    public async Task The_CometD_client_gets_every_change_once_and_again_by_replay() => Assert.Equal(11, await ClientPrograms.RunAsync("cometd.mjs", Stop));

    [Fact(Timeout = 120_000)]
    public async Task Nforce8_signs_in_reads_and_listens() => Assert.Equal(11, await ClientPrograms.RunAsync("nforce8.mjs", Stop));

    [Fact(Timeout = 240_000)]
    public async Task The_Salesforce_command_line_signs_in_by_browser_and_does_its_work() => Assert.Equal(15, await ClientPrograms.RunAsync("sf.mjs", Stop));
}

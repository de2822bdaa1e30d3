using Orgtap.SimulatedOrg.Faults;

namespace Orgtap.Tests.Syncs;

/// <summary>Faults of Salesforce and of the network that a sync has to outlive, drawn by chance.</summary>
internal static class OrgFaults
{
    public static FaultEffect Draw(Random random) => random.Next(7) switch
    {
        0 => new FaultEffect.Answer(503, "<html>maintenance</html>", "text/html"),
        1 => new FaultEffect.CutBody(random.Next(40_000)),
        2 => new FaultEffect.DropRows(random.Next(1, 20)),
        3 => new FaultEffect.ExpireSession(),
        4 => FaultEffect.Answer.Error(400, "INVALID_QUERY_LOCATOR", "invalid query locator"),
        5 => new FaultEffect.FailBulkJob("internal"),
        _ => FaultEffect.Answer.Error(500, "UNKNOWN_EXCEPTION", "An unexpected error occurred."),
    };
}

namespace Orgtap.SimulatedOrg.Hosting;

/// <summary>The rows of an org started without a choice: about 250,000 over 20 tables, in the proportions of a middling sales org.</summary>
public static class DefaultRecords
{
    /// <summary>Object name → base rows.</summary>
    public static IReadOnlyDictionary<string, long> Counts { get; } = new Dictionary<string, long>
    {
        ["Account"] = 20_000,
        ["Contact"] = 45_000,
        ["Lead"] = 25_000,
        ["Opportunity"] = 18_000,
        ["OpportunityContactRole"] = 15_000,
        ["OpportunityLineItem"] = 22_000,
        ["Product2"] = 800,
        ["Pricebook2"] = 4,
        ["PricebookEntry"] = 2_400,
        ["Campaign"] = 300,
        ["CampaignMember"] = 30_000,
        ["Task"] = 35_000,
        ["Event"] = 10_000,
        ["User"] = 250,
        ["Case"] = 22_000,
    };
}

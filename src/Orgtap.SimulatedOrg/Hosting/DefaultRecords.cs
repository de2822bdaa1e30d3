namespace Orgtap.SimulatedOrg.Hosting;

/// <summary>The rows of an org started without a choice: about 250,000 over 20 tables, in the proportions of a middling sales org.</summary>
public static class DefaultRecords
{
    /// <summary>Object name → base rows.</summary>
    public static IReadOnlyDictionary<string, long> Counts { get; } = new Dictionary<string, long>
    {
        ["Account"] = 15_000,
        ["Contact"] = 40_000,
        ["Lead"] = 20_000,
        ["Opportunity"] = 15_000,
        ["OpportunityContactRole"] = 12_000,
        ["OpportunityLineItem"] = 20_000,
        ["Product2"] = 800,
        ["Pricebook2"] = 4,
        ["PricebookEntry"] = 2_400,
        ["Campaign"] = 300,
        ["CampaignMember"] = 25_000,
        ["Task"] = 30_000,
        ["Event"] = 8_000,
        ["Case"] = 18_000,
        ["CaseComment"] = 12_000,
        ["Invoice__c"] = 10_000,
        ["Invoice_Line__c"] = 20_000,
        ["User"] = 250,
        ["UserRole"] = 30,
        ["RecordType"] = 16,
    };
}

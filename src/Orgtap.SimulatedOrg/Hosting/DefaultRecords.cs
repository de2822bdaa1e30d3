namespace Orgtap.SimulatedOrg.Hosting;

/// <summary>The rows of an org started without a choice: about 350,000 over 42 tables, in the proportions of a middling org of sales and service.</summary>
public static class DefaultRecords
{
    /// <summary>Object name → base rows.</summary>
    public static IReadOnlyDictionary<string, long> Counts { get; } = new Dictionary<string, long>
    {
        ["Account"] = 15_000,
        ["Contact"] = 40_000,
        ["Lead"] = 20_000,
        ["Opportunity"] = 15_000,
        ["OpportunityStage"] = 10,
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
        ["CaseStatus"] = 4,
        ["CaseComment"] = 12_000,
        ["EmailMessage"] = 20_000,
        ["FeedItem"] = 6_000,
        ["FeedComment"] = 3_000,
        ["LiveChatTranscript"] = 5_000,
        ["LiveChatTranscriptEvent"] = 20_000,
        ["LiveChatVisitor"] = 5_000,
        ["LiveChatDeployment"] = 2,
        ["LiveChatButton"] = 3,
        ["MessagingChannel"] = 7,
        ["MessagingEndUser"] = 1_500,
        ["MessagingSession"] = 3_000,
        ["Conversation"] = 2_400,
        ["ConversationParticipant"] = 7_200,
        ["ConversationEntry"] = 24_000,
        ["VoiceCall"] = 400,
        ["Group"] = 6,
        ["CronTrigger"] = 12,
        ["CronJobDetail"] = 12,
        ["ApexClass"] = 8,
        ["AsyncApexJob"] = 60,
        ["Invoice__c"] = 10_000,
        ["Invoice_Line__c"] = 20_000,
        ["User"] = 250,
        ["UserRole"] = 30,
        ["RecordType"] = 16,
    };
}

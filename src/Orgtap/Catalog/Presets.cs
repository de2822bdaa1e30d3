namespace Orgtap.Catalog;

/// <summary>A ready-made selection for one business focus (product B4).</summary>
/// <param name="Key">For verbs and addresses, e.g. <c>sales-pipeline</c>.</param>
/// <param name="Purpose">A sentence that tells what questions the data answers.</param>
/// <param name="Tables">In loading order. Empty for <c>all</c>, which is every table the user may read.</param>
public sealed record Preset(string Key, string Title, string Purpose, IReadOnlyList<SelectedObject> Tables);

/// <summary>The presets that every installation offers.</summary>
public static class Presets
{
    /// <summary>The key of the preset that means every table.</summary>
    public const string AllKey = "all";

    public static IReadOnlyList<Preset> All { get; } =
    [
        Of("sales-pipeline", "Sales pipeline", "Where deals stand, how they moved, who owns them.",
            "Account", "Contact", "Opportunity", "OpportunityContactRole", "OpportunityLineItem", "OpportunityHistory", "OpportunityStage", "Lead", "User", "UserRole"),
        Of("account-mapping", "Account mapping", "Which companies and people are known, and how they hang together.",
            "Account", "Contact", "AccountContactRelation", "AccountTeamMember", "User", "RecordType"),
        Of("customer-service", "Customer service", "What customers asked, how fast and by whom it was answered.",
            "Case", "CaseComment", "CaseHistory", "CaseStatus", "EmailMessage", "Account", "Contact", "Entitlement", "User"),
        Of("marketing", "Marketing", "Which campaigns reached whom, and what came of it.",
            "Campaign", "CampaignMember", "CampaignMemberStatus", "Lead", "Contact", "Opportunity", "User"),
        Of("activities", "Activities", "Calls, meetings and tasks, with whom and about what.",
            "Task", "Event", "EventRelation", "TaskStatus", "Account", "Contact", "Lead", "Opportunity", "User"),
        Of("products-and-prices", "Products & prices", "What is sold, at which price, in which price book.",
            "Product2", "Pricebook2", "PricebookEntry", "OpportunityLineItem", "Opportunity"),
        new Preset(AllKey, "All data", "Every table that the connected user may read.", []),
    ];

    public static Preset? Find(string key) => All.FirstOrDefault(preset => string.Equals(preset.Key, key, StringComparison.OrdinalIgnoreCase));

    private static Preset Of(string key, string title, string purpose, params string[] tables) =>
        new(key, title, purpose, [.. tables.Select(table => new SelectedObject(table))]);
}

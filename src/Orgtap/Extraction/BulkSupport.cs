namespace Orgtap.Extraction;

/// <summary>
/// Objects that Bulk API 2.0 is known to refuse. What is missing here is found out at the cost of one call: the org refuses the job and the table is planned again.
/// Source: https://developer.salesforce.com/docs/atlas.en-us.api_asynch.meta/api_asynch/queries.htm and connectors that keep such a list.
/// </summary>
internal static class BulkSupport
{
    private static readonly HashSet<string> Refused = new(StringComparer.OrdinalIgnoreCase)
    {
        "AcceptedEventRelation", "DeclinedEventRelation", "UndecidedEventRelation", "EventWhoRelation", "TaskWhoRelation", "Attachment",
        "AttachedContentNote", "AssetTokenEvent", "CaseTeamMember", "CaseTeamRole", "CaseTeamTemplate", "CaseTeamTemplateMember", "CaseTeamTemplateRecord",
        "FieldSecurityClassification", "PartnerRole", "RecentlyViewed", "TaskPriority", "QuoteTemplateRichTextData", "AccountFeed", "AssetFeed",
        "CaseStatus", "ContractStatus", "OrderStatus", "TaskStatus", "SolutionStatus", "WorkOrderStatus", "WorkOrderLineItemStatus", "ShiftStatus",
        "ServiceAppointmentStatus", "LeadStatus", "PartnerNetworkConnection",
    };

    public static bool Refuses(string sobject) =>
        Refused.Contains(sobject) || sobject.StartsWith("KnowledgeArticle", StringComparison.OrdinalIgnoreCase) || sobject.EndsWith("__Tag", StringComparison.OrdinalIgnoreCase);
}

using Orgtap.Salesforce.Describe;

namespace Orgtap.Catalog;

/// <summary>Which objects can be loaded as a table. Sources: the object reference, and the lists that long-lived connectors keep.</summary>
internal static class ObjectRules
{
    private static readonly HashSet<string> NeedFilter = new(StringComparer.OrdinalIgnoreCase)
    {
        "Announcement", "AppTabMember", "CollaborationGroupRecord", "ContentDocumentLink", "ContentFolderItem", "ContentFolderMember", "DataStatistics",
        "DatacloudDandBCompany", "DatacloudAddress", "EntityParticle", "FieldDefinition", "FlexQueueItem", "FlowVariableView", "FlowVersionView", "FlowTestView",
        "IconDefinition", "ColorDefinition", "IdeaComment", "NetworkUserHistoryRecent", "OwnerChangeOptionInfo", "PicklistValueInfo", "PlatformAction",
        "RelatedListDefinition", "RelatedListColumnDefinition", "ApexTypeImplementor", "RecordActionHistory", "RelationshipDomain", "RelationshipInfo", "SearchLayout",
        "SiteDetail", "UserEntityAccess", "UserFieldAccess", "Vote",
    };

    private static readonly HashSet<string> NotRoots = new(StringComparer.OrdinalIgnoreCase)
    {
        "ActivityHistory", "OpenActivity", "AggregateResult", "AttachedContentDocument", "CombinedAttachment", "EmailStatus", "FeedLike", "FeedTrackedChange",
        "LookedUpFromActivity", "Name", "NoteAndAttachment", "OutgoingEmail", "OwnedContentDocument", "ProcessInstanceHistory", "UserRecordAccess", "DataType",
        "OutgoingEmailRelation",
    };

    private static readonly HashSet<string> NoOrder = new(StringComparer.OrdinalIgnoreCase)
    {
        "ApiEvent", "LoginEvent", "LogoutEvent", "UriEvent", "ReportEvent", "ListViewEvent", "LightningUriEvent", "Publisher", "TabDefinition",
    };

    /// <returns>Null if it can be selected.</returns>
    public static string? Refusal(ObjectSummary summary)
    {
        var name = summary.Name;
        if (Ends(name, "ChangeEvent") || Ends(name, "EventStream") || Ends(name, "__e")) return "It is a stream of events and holds no rows.";
        if (Ends(name, "__b")) return "Big objects can be read only along their own index.";
        if (Ends(name, "__x")) return "Its rows live outside Salesforce.";
        if (NotRoots.Contains(name)) return "Salesforce shows its rows only as part of other tables.";
        if (!summary.Queryable) return "Salesforce does not let it be queried.";
        if (summary.DeprecatedAndHidden) return "Salesforce has withdrawn it.";
        if (NeedFilter.Contains(name)) return "Salesforce answers only questions about single records of it.";
        if (NoOrder.Contains(name)) return "Salesforce can neither sort it nor say what changed.";
        return null;
    }

    private static bool Ends(string name, string suffix) => name.EndsWith(suffix, StringComparison.OrdinalIgnoreCase);
}

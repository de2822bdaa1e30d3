using static Orgtap.SimulatedOrg.Schema.StandardObjects;

namespace Orgtap.SimulatedOrg.Schema;

/// <summary>What stands beside an object: its history (append only, stamped with CreatedDate alone), its shares (LastModifiedDate alone), its feed; and objects that want a filter.</summary>
internal static class CompanionObjects
{
    public static IEnumerable<SObjectType> All() =>
    [
        History("CaseHistory", "01H", "Case Histories", "CaseId", "Case", "created;Status;Owner;Priority;Origin"),
        History("OpportunityFieldHistory", "01F", "Opportunity Field Histories", "OpportunityId", "Opportunity", "created;StageName;Amount;Owner;CloseDate"),
        History("Invoice__History", "0H1", "Invoice Histories", "ParentId", "Invoice__c", "created;Status__c;Amount__c"),
        Share("AccountShare", "00r", "Account Shares", "AccountId", "Account", "Account"),
        Share("CaseShare", "01n", "Case Shares", "CaseId", "Case", "Case"),
        Share("Invoice__Share", "0H2", "Invoice Shares", "ParentId", "Invoice__c", ""),
        Feed("CaseFeed", "0H3", "Case Feeds", "Case", Traits.Plain),
        Feed("AccountFeed", "0H4", "Account Feeds", "Account", Traits.NotInBulk),
        Define("ContentDocument", "069", "Content Documents", """
            Title | string 255 | name | product
            FileType | string 20 | ro | const PDF
            FileExtension | string 40 | ro | const pdf
            ContentSize | int 8 | ro | integer 900000
            OwnerId | reference | req ref=User | ref
            """),
        Define("ContentVersion", "068", "Content Versions", """
            ContentDocumentId | reference | ref=ContentDocument ro | ref
            Title | string 255 | req name | product
            PathOnClient | string 500 | | code F
            FileExtension | string 40 | ro | const pdf
            ContentSize | int 8 | ro | integer 900000
            IsLatest | boolean | ro | bool 100
            FirstPublishLocationId | reference | ref=EmailMessage,LiveChatTranscript,Case rel=FirstPublishLocation | ref 80
            OwnerId | reference | req ref=User | ref
            VersionData | base64 | | blob
            """),
        Define("ContentDocumentLink", "06A", "Content Document Links", """
            LinkedEntityId | reference | req ref=Account,Case rel=LinkedEntity | ref
            ContentDocumentId | reference | req ref=ContentDocument | ref
            ShareType | picklist 40 | restricted pick=V;C;I | pick
            Visibility | picklist 20 | restricted pick=AllUsers;InternalUsers;SharedUsers | pick
            SystemModstamp | datetime | req ro | modstamp
            """, Traits.NoStamps),
        Define("Vote", "083", "Votes", """
            ParentId | reference | req ref=FeedItem rel=Parent | ref
            Type | picklist 40 | req restricted pick=Up;Down | pick
            """, Traits.OnlyCreated),
        Define("UserFieldAccess", "4fp", "User Field Accesses", """
            DurableId | string 255 | ro | code U
            UserId | reference | req ref=User | ref
            IsAccessible | boolean | ro | bool 80
            """, Traits.NoStamps | Traits.NoIsDeleted | Traits.ReadOnly | Traits.NotReplicateable),
    ];

    private static SObjectType History(string name, string prefix, string plural, string parentField, string parent, string fields) => Define(name, prefix, plural, $"""
        {parentField} | reference | req ref={parent} cascade rel={(parentField == "ParentId" ? "Parent" : parent)} | ref
        Field | picklist 255 | req ro pick={fields} | pick
        DataType | picklist 40 | ro pick=Text;EntityId;Picklist | pick
        OldValue | anyType 255 | ro nofilter nosort | text
        NewValue | anyType 255 | ro nofilter nosort | text
        """, Traits.OnlyCreated | Traits.ReadOnly);

    private static SObjectType Share(string name, string prefix, string plural, string parentField, string parent, string level) => Define(name, prefix, plural, $"""
        {parentField} | reference | req ref={parent} cascade rel={(parentField == "ParentId" ? "Parent" : parent)} | ref
        UserOrGroupId | reference | req ref=User,Group rel=UserOrGroup | ref
        {level}AccessLevel | picklist 40 | req restricted pick=Read;Edit;All | pick
        RowCause | picklist 40 | restricted pick=Owner;Manual;Rule;ImplicitChild;ImplicitParent | pick
        LastModifiedDate | datetime | req ro | modified
        LastModifiedById | reference | req ref=User ro | ref
        """, Traits.NoStamps);

    private static SObjectType Feed(string name, string prefix, string plural, string parent, Traits traits) => Define(name, prefix, plural, $"""
        ParentId | reference | req ref={parent} rel=Parent | ref
        Type | picklist 40 | restricted pick=TrackedChange;TextPost;LinkPost;ContentPost;CallLogPost;CreateRecordEvent | pick
        Title | string 255 | | text 70
        Body | textarea 10000 | nofilter nosort | html 20
        LinkUrl | url 1000 | nofilter | url 80
        CommentCount | int 8 | ro | integer 3
        LikeCount | int 8 | ro | integer 9
        IsRichText | boolean | ro | bool 100
        InsertedById | reference | ref=User | ref
        RelatedRecordId | reference | ref=CaseComment nofilter rel=RelatedRecord | empty
        """, traits | Traits.ReadOnly);
}

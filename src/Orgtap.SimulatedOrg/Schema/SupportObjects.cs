using static Orgtap.SimulatedOrg.Schema.StandardObjects;

namespace Orgtap.SimulatedOrg.Schema;

/// <summary>Cases with their comments and messages.</summary>
internal static class SupportObjects
{
    public static IEnumerable<SObjectType> All() =>
    [
        Define("Case", "500", "Cases", """
            MasterRecordId | reference | ref=Case ro | empty
            CaseNumber | string 30 | name auto | auto {00000000}
            ContactId | reference | ref=Contact | ref 85
            AccountId | reference | ref=Account | ref 85
            ParentId | reference | ref=Case | ref 5
            SuppliedName | string 80 | | firstname 70
            SuppliedEmail | email 80 | | email 70
            SuppliedPhone | string 40 | | phone 80
            SuppliedCompany | string 80 | | city 80
            Type | picklist 255 | pick=Mechanical;Electrical;Electronic;Structural;Other | pick
            RecordTypeId | reference | ref=RecordType | ref 40
            Status | picklist 255 | pick=New;Working;Escalated;On_Hold;Closed | pick
            Reason | picklist 255 | pick=Installation;Equipment_Complexity;Performance;Breakdown;Feedback;Other | pick
            Origin | picklist 255 | pick=Phone;Email;Web;Chat | pick
            Subject | string 255 | | text
            Priority | picklist 255 | pick=High;Medium;Low | pick
            Description | textarea 32000 | | nultext
            IsClosed | boolean | ro | bool 60
            ClosedDate | datetime | ro | datetime 40
            IsEscalated | boolean | | bool 5
            OwnerId | reference | req ref=User,Group | ref
            SourceId | reference | ref=EmailMessage,MessagingSession rel=Source | empty
            ContactPhone | phone 40 | ro | phone
            ContactMobile | phone 40 | ro | phone
            ContactFax | phone 40 | ro | phone 80
            ContactEmail | email 80 | ro | email
            Comments | textarea 4000 | | empty
            LastViewedDate | datetime | ro | empty
            LastReferencedDate | datetime | ro | empty
            """),
        Define("CaseComment", "00a", "Case Comments", """
            ParentId | reference | req ref=Case cascade rel=Parent | ref
            IsPublished | boolean | | bool 50
            CommentBody | textarea 4000 | | longtext
            """),
        Define("EmailMessage", "02s", "Email Messages", """
            ParentId | reference | ref=Case rel=Parent | mail ParentId
            ActivityId | reference | ref=Task rel= | ref 40
            TextBody | textarea 131072 | | mail TextBody
            HtmlBody | textarea 131072 | | mail HtmlBody
            Headers | textarea 131072 | | mail Headers
            Subject | string 3000 | | mail Subject
            Name | string 120 | name ro | const Email
            FromName | string 1000 | | mail FromName
            FromAddress | email 1000 | | mail FromAddress
            ValidatedFromAddress | picklist 1000 | pick=support@simulated.example.com | empty
            ToAddress | string 4000 | | mail ToAddress
            CcAddress | string 4000 | | email 80
            BccAddress | string 4000 | | empty
            Incoming | boolean | | mail Incoming
            HasAttachment | boolean | ro | bool 20
            Status | picklist 40 | req restricted pick=0;1;2;3;4;5 | mail Status
            MessageDate | datetime | | mail MessageDate
            ReplyToEmailMessageId | reference | ref=EmailMessage | mail ReplyToEmailMessageId
            IsExternallyVisible | boolean | | bool 50
            MessageIdentifier | string 765 | | mail MessageIdentifier
            ThreadIdentifier | string 765 | | mail ThreadIdentifier
            ClientThreadIdentifier | string 765 | | empty
            FromId | reference | ref=Contact,Lead,User rel= | empty
            IsClientManaged | boolean | | bool 0
            AttachmentIds | string 1300 | ro nofilter nosort | empty
            RelatedToId | reference | ref=Account,Opportunity,Case rel=RelatedTo | ref 60
            IsTracked | boolean | ro | bool 20
            IsOpened | boolean | ro | bool 20
            FirstOpenedDate | datetime | ro | datetime 80
            LastOpenedDate | datetime | ro | datetime 80
            IsBounced | boolean | ro | bool 2
            EmailTemplateId | reference | rel=EmailTemplate | empty
            AutomationType | picklist 40 | ro restricted pick=AutoReply;BulkSend | empty
            """),
        Define("CaseStatus", "0hE", "Case Status Values", """
            MasterLabel | picklist 255 | name ro pick=New;Working;Escalated;On_Hold;Closed | list
            ApiName | string 765 | ro pick=New;Working;Escalated;On_Hold;Closed | list
            IsDefault | boolean | ro | bool 20
            SortOrder | int 8 | ro | integer 9
            IsClosed | boolean | ro | bool 20
            """, Traits.NoIsDeleted | Traits.ReadOnly | Traits.NotInBulk | Traits.NotReplicateable),
    ];
}

using static Orgtap.SimulatedOrg.Schema.StandardObjects;

namespace Orgtap.SimulatedOrg.Schema;

/// <summary>
/// Legacy chat, whose product ended on 14 February 2026 and whose records stay
/// (https://developer.salesforce.com/docs/atlas.en-us.object_reference.meta/object_reference/sforce_api_objects_livechattranscript.htm).
/// </summary>
internal static class ChatObjects
{
    public static IEnumerable<SObjectType> All() =>
    [
        Define("LiveChatTranscript", "570", "Live Chat Transcripts", """
            Name | string 255 | name auto | auto {00000000}
            OwnerId | reference | req ref=User,Group | firstref
            LiveChatVisitorId | reference | req ref=LiveChatVisitor | group 1
            LiveChatDeploymentId | reference | ref=LiveChatDeployment | ref 95
            LiveChatButtonId | reference | ref=LiveChatButton | ref 95
            AccountId | reference | ref=Account | ref 40
            ContactId | reference | ref=Contact | ref 50
            LeadId | reference | ref=Lead | ref 10
            CaseId | reference | ref=Case | ref 70
            Body | textarea 131072 | html | chat Body
            SupervisorTranscriptBody | textarea 131072 | html | chat SupervisorTranscriptBody
            ChatKey | string 255 | idl | uuid
            Status | picklist 255 | pick=Missed;Blocked;Completed;Dropped;InProgress;Waiting | chat Status
            EndedBy | picklist 255 | pick=Agent;Visitor;System | chat EndedBy
            RequestTime | datetime | | chat RequestTime
            StartTime | datetime | | chat StartTime
            EndTime | datetime | | chat EndTime
            WaitTime | int 8 | | chat WaitTime
            ChatDuration | int 8 | ro | chat ChatDuration
            Abandoned | int 8 | ro | chat Abandoned
            AverageResponseTimeOperator | int 8 | | chat AverageResponseTimeOperator
            AverageResponseTimeVisitor | int 8 | | chat AverageResponseTimeVisitor
            MaxResponseTimeOperator | int 8 | | chat MaxResponseTimeOperator
            MaxResponseTimeVisitor | int 8 | | chat MaxResponseTimeVisitor
            OperatorMessageCount | int 8 | | chat OperatorMessageCount
            VisitorMessageCount | int 8 | | chat VisitorMessageCount
            IsChatbotSession | boolean | | chat IsChatbotSession
            IpAddress | string 45 | | const 203.0.113.7
            Location | string 200 | | city
            Browser | string 200 | | const Chrome 120
            BrowserLanguage | string 200 | | const en-US
            Platform | string 200 | | const Windows
            ReferrerUri | textarea 32768 | | url
            UserAgent | string 200 | | const Mozilla/5.0
            VisitorNetwork | string 200 | | text 60
            ScreenResolution | string 50 | | const 1920x1080
            Chat_Topic__c | picklist 255 | pick=Order;Return;Payment;Technical;Other | pick
            LastViewedDate | datetime | ro | empty
            LastReferencedDate | datetime | ro | empty
            """),
        Define("LiveChatTranscriptEvent", "574", "Live Chat Transcript Events", """
            Name | string 255 | name auto | auto {00000000}
            LiveChatTranscriptId | reference | req ref=LiveChatTranscript cascade | chatevent LiveChatTranscriptId
            AgentId | reference | ref=User rel=Agent | chatevent AgentId
            Type | picklist 255 | pick=ChatRequest;Enqueue;Accept;AgentNotAvailable;CancelNoAgent;ChatbotEstablished;TransferRequest;Transfer;TransferredToButton;EndAgent;EndVisitor;LeaveAgent;LeaveVisitor;CriticalWaitAlertReceived;Other | chatevent Type
            Time | datetime | | chatevent Time
            Detail | textarea 255 | | chatevent Detail
            """),
        Define("LiveChatVisitor", "571", "Live Chat Visitors", """
            Name | string 255 | name auto | auto {00000000}
            SessionKey | string 40 | | code V
            """),
        Define("LiveChatDeployment", "572", "Chat Deployments", """
            DeveloperName | string 80 | req | code Deployment
            MasterLabel | string 80 | name | product
            Language | picklist 40 | restricted pick=en__US;de;fr;ja | pick 0
            """, Traits.NoIsDeleted | Traits.NotReplicateable),
        Define("LiveChatButton", "573", "Chat Buttons & Invitations", """
            DeveloperName | string 80 | req | code Button
            MasterLabel | string 80 | name | product
            Language | picklist 40 | restricted pick=en__US;de;fr;ja | pick 0
            IsActive | boolean | | bool 90
            Type | picklist 40 | restricted pick=Standard;Invite | pick 0
            """, Traits.NoIsDeleted | Traits.NotReplicateable),
    ];
}

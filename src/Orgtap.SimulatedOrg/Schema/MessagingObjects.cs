using static Orgtap.SimulatedOrg.Schema.StandardObjects;

namespace Orgtap.SimulatedOrg.Schema;

/// <summary>
/// Messaging and calls. What was said in enhanced channels is not in these rows: <c>MessagingSession.ConversationId</c> leads to
/// <c>Conversation.ConversationIdentifier</c>, and that to the Connect API's conversation entries.
/// </summary>
internal static class MessagingObjects
{
    private const string Channels = "Text;Facebook;WhatsApp;Line;AppleBusinessChat;EmbeddedMessaging;Custom";

    public static IEnumerable<SObjectType> All() =>
    [
        Define("MessagingChannel", "0Mj", "Messaging Channels", $"""
            DeveloperName | string 80 | req | code Channel
            MasterLabel | string 80 | name | product
            MessageType | picklist 40 | restricted pick={Channels} | list
            MessagingPlatformKey | string 255 | | code K
            IsActive | boolean | | bool 95
            """, Traits.NoIsDeleted),
        Define("MessagingEndUser", "0PA", "Messaging Users", $"""
            OwnerId | reference | req ref=User,Group | firstref
            Name | string 255 | name | firstname
            MessagingChannelId | reference | req ref=MessagingChannel | ref
            MessagingPlatformKey | string 255 | req | phone 0
            MessageType | picklist 40 | restricted pick={Channels} | parent MessagingChannelId MessageType
            AccountId | reference | ref=Account | ref 40
            ContactId | reference | ref=Contact | ref 60
            LeadId | reference | ref=Lead | ref 10
            MessagingConsentStatus | picklist 40 | restricted pick=ImplicitlyOptedIn;ExplicitlyOptedIn;DoubleOptedIn;OptedOut | pick
            HasInitialResponseSent | boolean | | bool 80
            IsOptedOut | boolean | ro | bool 5
            ProfilePictureUrl | url 1024 | | empty
            Locale | string 40 | | const en_US
            """),
        Define("MessagingSession", "0Mw", "Messaging Sessions", $"""
            OwnerId | reference | req ref=User,Group | firstref
            Name | string 255 | name auto | auto {"{00000000}"}
            MessagingChannelId | reference | req ref=MessagingChannel | ref
            MessagingEndUserId | reference | req ref=MessagingEndUser | ref
            EndUserAccountId | reference | ref=Account | ref 40
            EndUserContactId | reference | ref=Contact | ref 60
            CaseId | reference | ref=Case | ref 60
            LeadId | reference | ref=Lead | ref 5
            OpportunityId | reference | ref=Opportunity | ref 5
            ConversationId | reference | ref=Conversation | session ConversationId
            Status | picklist 40 | restricted pick=New;Waiting;Active;Inactive;Paused;Ended;Error | session Status
            AgentType | picklist 40 | restricted pick=Agent;Bot;BotToAgent;System | session AgentType
            Origin | picklist 40 | restricted pick=InboundInitiated;TriggeredOutbound;AgentInitiated | pick
            StartTime | datetime | | session StartTime
            AcceptTime | datetime | | session AcceptTime
            EndTime | datetime | | session EndTime
            AgentMessageCount | int 8 | ro nofilter nosort | session AgentMessageCount
            EndUserMessageCount | int 8 | ro nofilter nosort | session EndUserMessageCount
            ChannelType | picklist 40 | ro restricted pick={Channels} | parent MessagingChannelId MessageType
            ChannelName | string 255 | ro | parent MessagingChannelId MasterLabel
            ChannelKey | string 255 | ro | parent MessagingChannelId MessagingPlatformKey
            EndUserMessageLanguage | string 40 | | const en_US
            SessionKey | string 255 | idl | uuid
            LastViewedDate | datetime | ro | empty
            LastReferencedDate | datetime | ro | empty
            """),
        Define("Conversation", "0dw", "Conversations", """
            Name | string 255 | name auto | auto CONV-{000000}
            ConversationIdentifier | string 255 | ro idl unique | conversation ConversationIdentifier
            StartTime | datetime | | conversation StartTime
            EndTime | datetime | | conversation EndTime
            """, Traits.NoIsDeleted),
        Define("ConversationParticipant", "0dx", "Conversation Participants", """
            ConversationId | reference | req ref=Conversation cascade | participant ConversationId
            ParticipantEntityId | reference | ref=MessagingEndUser,User rel=ParticipantEntity | ref 80
            ParticipantRole | picklist 40 | restricted pick=EndUser;Agent;Chatbot;Supervisor;System | participant ParticipantRole
            ParticipantDisplayName | string 255 | | participant ParticipantDisplayName
            AppType | picklist 40 | restricted pick=agent;conversation;bot;telephony | pick
            JoinedTime | datetime | | participant JoinedTime
            LeftTime | datetime | | participant LeftTime
            """),
        Define("ConversationEntry", "0dy", "Conversation Entries", """
            ConversationId | reference | req ref=MessagingSession,VoiceCall rel=Conversation | entry ConversationId
            ActorId | reference | ref=User,MessagingEndUser,LiveChatVisitor rel=Actor | entry ActorId
            ActorName | string 255 | | entry ActorName
            ActorType | picklist 40 | req restricted pick=Agent;Bot;EndUser;Supervisor;System | entry ActorType
            EntryType | picklist 40 | req restricted pick=Text;ParticipantChanged;BotEscalated;ChatbotEstablished | entry EntryType
            EntryTime | datetime | | entry EntryTime
            EntryEndTime | datetime | | entry EntryEndTime
            EntryTimeMilliSecs | int 8 | | entry EntryTimeMilliSecs
            ClientTimestamp | datetime | | entry ClientTimestamp
            ClientDuration | int 8 | | const 0
            HasAttachments | boolean | | bool 3
            Message | textarea 32000 | | entry Message
            """),
        Define("VoiceCall", "0LQ", "Voice Calls", """
            OwnerId | reference | req ref=User,Group | firstref
            UserId | reference | ref=User | ref 95
            CallType | picklist 40 | restricted pick=Inbound;Outbound;Transfer;Callback | pick
            CallStartDateTime | datetime | | call CallStartDateTime
            CallEndDateTime | datetime | | call CallEndDateTime
            CallDurationInSeconds | int 8 | | call CallDurationInSeconds
            CallDisposition | picklist 40 | pick=new;in-progress;completed;abandoned | pick
            FromPhoneNumber | phone 40 | | phone
            ToPhoneNumber | phone 40 | | phone
            RelatedRecordId | reference | ref=Case,Contact,Account rel=RelatedRecord | ref 70
            ConversationId | reference | ref=Conversation | call ConversationId
            VendorType | picklist 40 | restricted pick=AmazonConnect;ServiceCloudVoicePartner | pick
            VendorCallKey | string 255 | idl | uuid
            """),
    ];
}

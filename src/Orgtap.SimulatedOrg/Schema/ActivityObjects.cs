using static Orgtap.SimulatedOrg.Schema.StandardObjects;

namespace Orgtap.SimulatedOrg.Schema;

/// <summary>Tasks, events, history, and the objects that cannot be read as roots.</summary>
internal static class ActivityObjects
{
    public static IEnumerable<SObjectType> All() =>
    [
        Define("Task", "00T", "Tasks", """
            WhoId | reference | ref=Contact,Lead rel=Who | ref 70
            WhatId | reference | ref=Account,Opportunity,Campaign,Case rel=What | ref 70
            Subject | combobox 255 | pick=Call;Send_Letter;Send_Quote;Other | text
            ActivityDate | date | | date
            Status | picklist 255 | req pick=Not_Started;In_Progress;Completed;Waiting_on_someone_else;Deferred | pick
            Priority | picklist 255 | req pick=High;Normal;Low | pick
            IsHighPriority | boolean | ro | bool 20
            OwnerId | reference | req ref=User | ref
            Description | textarea 32000 | | longtext
            AccountId | reference | ref=Account ro | ref 60
            IsClosed | boolean | ro | bool 60
            IsArchived | boolean | ro | bool 0
            CallDurationInSeconds | int 8 | | integer 3600
            CallType | picklist 40 | restricted pick=Internal;Inbound;Outbound | pick 60
            CallDisposition | string 255 | | text 80
            TaskSubtype | picklist 40 | restricted pick=Task;Email;ListEmail;Call | pick
            ReminderDateTime | datetime | | datetime 80
            IsReminderSet | boolean | | bool 20
            RecurrenceInterval | int 8 | | empty
            CompletedDateTime | datetime | ro | datetime 40
            """),
        Define("Event", "00U", "Events", """
            WhoId | reference | ref=Contact,Lead rel=Who | ref 70
            WhatId | reference | ref=Account,Opportunity,Campaign,Case rel=What | ref 70
            Subject | combobox 255 | pick=Call;Email;Meeting;Other | text
            Location | string 255 | | city
            IsAllDayEvent | boolean | | bool 10
            ActivityDateTime | datetime | | datetime
            ActivityDate | date | | date
            DurationInMinutes | int 8 | | integer 240
            StartDateTime | datetime | | datetime
            EndDateTime | datetime | | datetime
            EndDate | date | ro | date
            Description | textarea 32000 | | longtext
            AccountId | reference | ref=Account ro | ref 60
            OwnerId | reference | req ref=User | ref
            IsPrivate | boolean | | bool 5
            ShowAs | picklist 40 | pick=Busy;OutOfOffice;Free | pick
            IsChild | boolean | ro | bool 5
            IsGroupEvent | boolean | ro | bool 5
            IsArchived | boolean | ro | bool 0
            EventSubtype | picklist 40 | restricted pick=Event | pick
            """),
        Define("AccountHistory", "017", "Account History", """
            AccountId | reference | req ref=Account cascade | ref
            Field | picklist 255 | req ro pick=created;Name;Industry;Owner;Phone;Type;Rating | pick
            DataType | picklist 40 | ro pick=Text;EntityId;Picklist | pick
            OldValue | anyType 255 | ro nofilter nosort | text
            NewValue | anyType 255 | ro nofilter nosort | text
            """, Traits.OnlyCreated | Traits.ReadOnly),
        Define("ActivityHistory", "0Ha", "Activity Histories", """
            AccountId | reference | ref=Account ro | empty
            Subject | string 255 | ro | empty
            """, Traits.NotQueryable | Traits.NotReplicateable | Traits.ReadOnly | Traits.NotInBulk),
        Define("Attachment", "00P", "Attachments", """
            ParentId | reference | req ref=Account,Opportunity,Case,EmailMessage rel=Parent | ref
            Name | string 255 | name | product
            IsPrivate | boolean | | bool 5
            ContentType | string 120 | | const text/plain
            BodyLength | int 8 | ro | integer 90000
            Body | base64 | req | blob
            OwnerId | reference | req ref=User | ref
            Description | textarea 500 | | text
            """, Traits.NotInBulk),
    ];
}

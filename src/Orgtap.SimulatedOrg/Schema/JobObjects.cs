using static Orgtap.SimulatedOrg.Schema.StandardObjects;

namespace Orgtap.SimulatedOrg.Schema;

/// <summary>Scheduled and asynchronous jobs inside the org. None of them takes DML: Apex starts and stops them.</summary>
internal static class JobObjects
{
    private const Traits Setup = Traits.NoIsDeleted | Traits.ReadOnly | Traits.NotReplicateable;

    public static IEnumerable<SObjectType> All() =>
    [
        Define("CronTrigger", "08e", "Scheduled Jobs", """
            CronJobDetailId | reference | req ref=CronJobDetail ro | group 1
            NextFireTime | datetime | ro | cron trigger NextFireTime
            PreviousFireTime | datetime | ro | cron trigger PreviousFireTime
            State | picklist 16 | ro restricted pick=WAITING;ACQUIRED;EXECUTING;COMPLETE;ERROR;DELETED;PAUSED;BLOCKED;PAUSED__BLOCKED | cron trigger State
            StartTime | datetime | ro | cron trigger StartTime
            EndTime | datetime | ro | empty
            CronExpression | string 255 | ro | cron trigger CronExpression
            TimeZoneSidKey | picklist 40 | req ro restricted pick=America/Los__Angeles;Europe/Berlin;Asia/Tokyo;UTC | pick
            OwnerId | reference | req ref=User ro | ref
            LastModifiedById | reference | req ref=User ro | ref
            TimesTriggered | int 8 | ro | cron trigger TimesTriggered
            """, Setup | Traits.OnlyCreated),
        Define("CronJobDetail", "08a", "Cron Jobs", """
            Name | string 255 | name ro | cron detail Name
            JobType | picklist 40 | req ro restricted pick=0;1;2;3;4;5;6;7;8;9 | cron detail JobType
            """, Setup | Traits.NoStamps),
        Define("ApexClass", "01p", "Apex Classes", """
            NamespacePrefix | string 15 | ro | empty
            Name | string 255 | name ro | cron class Name
            ApiVersion | double 18,1 | ro | const 66
            Status | picklist 40 | req ro restricted pick=Active;Inactive;Deleted | pick 0
            IsValid | boolean | ro | bool 98
            Body | textarea 1000000 | ro | cron class Body
            LengthWithoutComments | int 8 | ro | integer 9000
            """, Setup),
        Define("AsyncApexJob", "707", "Apex Jobs", """
            JobType | picklist 40 | req ro restricted pick=Future;SharingRecalculation;ScheduledApex;BatchApex;BatchApexWorker;TestRequest;TestWorker;ApexToken;Queueable | cron job JobType
            ApexClassId | reference | ref=ApexClass ro | cron job ApexClassId
            Status | picklist 40 | ro restricted pick=Queued;Processing;Aborted;Completed;Failed;Preparing;Holding | cron job Status
            JobItemsProcessed | int 8 | ro | cron job JobItemsProcessed
            TotalJobItems | int 8 | ro | cron job TotalJobItems
            NumberOfErrors | int 8 | ro | cron job NumberOfErrors
            CompletedDate | datetime | ro | cron job CompletedDate
            MethodName | string 255 | ro | cron job MethodName
            ExtendedStatus | string 255 | ro | cron job ExtendedStatus
            ParentJobId | reference | ref=AsyncApexJob ro rel=ParentJob | empty
            LastProcessed | string 15 | ro | empty
            LastProcessedOffset | int 8 | ro | empty
            CronTriggerId | reference | ref=CronTrigger ro | cron job CronTriggerId
            """, Setup | Traits.OnlyCreated),
    ];
}

using static Orgtap.SimulatedOrg.Schema.StandardObjects;

namespace Orgtap.SimulatedOrg.Schema;

/// <summary>Opportunities with what hangs on them, products and price books, campaigns.</summary>
internal static class SalesObjects
{
    public const string Stages = "Prospecting;Qualification;Needs_Analysis;Value_Proposition;Id._Decision_Makers;Perception_Analysis;Proposal/Price_Quote;Negotiation/Review;Closed_Won;Closed_Lost";

    public static IEnumerable<SObjectType> All() =>
    [
        Define("Opportunity", "006", "Opportunities", $"""
            AccountId | reference | ref=Account | ref 95
            RecordTypeId | reference | ref=RecordType | ref 60
            IsPrivate | boolean | | bool 2
            Name | string 120 | name | deal
            Description | textarea 32000 | | longtext
            StageName | picklist 255 | req pick={Stages} | pick
            Amount | currency 18,2 | | number
            Probability | percent 3,0 | | number
            ExpectedRevenue | currency 18,2 | ro | times Amount 0.4
            TotalOpportunityQuantity | double 18,2 | | number
            CloseDate | date | req | date
            Type | picklist 255 | pick=Existing_Customer_-_Upgrade;Existing_Customer_-_Replacement;New_Customer | pick
            NextStep | string 255 | | text
            LeadSource | picklist 255 | pick={CustomerObjects.Sources} | pick
            IsClosed | boolean | ro | bool 40
            IsWon | boolean | ro | bool 20
            ForecastCategory | picklist 40 | ro restricted pick=Omitted;Pipeline;BestCase;MostLikely;Forecast;Closed | pick 0
            ForecastCategoryName | picklist 40 | pick=Omitted;Pipeline;Best_Case;Most_Likely;Commit;Closed | pick
            CampaignId | reference | ref=Campaign | ref 30
            HasOpportunityLineItem | boolean | ro | bool 50
            Pricebook2Id | reference | ref=Pricebook2 | ref 60
            OwnerId | reference | req ref=User | ref
            ContactId | reference | ref=Contact | ref 40
            LastActivityDate | date | ro | date
            PushCount | int 8 | ro | integer 12
            LastStageChangeDate | datetime | ro | datetime
            FiscalQuarter | int 8 | ro | integer 4
            FiscalYear | int 8 | ro | integer 2030
            Fiscal | string 6 | ro | code
            LastViewedDate | datetime | ro | empty
            LastReferencedDate | datetime | ro | empty
            HasOpenActivity | boolean | ro | bool 30
            HasOverdueTask | boolean | ro | bool 5
            Weighted__c | currency 18,2 | calc=Amount * 0.25 | times Amount 0.25
            """),
        Define("OpportunityContactRole", "00K", "Opportunity Contact Roles", """
            OpportunityId | reference | req ref=Opportunity cascade | ref
            ContactId | reference | req ref=Contact | ref
            Role | picklist 40 | pick=Business_User;Decision_Maker;Economic_Buyer;Evaluator;Executive_Sponsor;Influencer;Other | pick
            IsPrimary | boolean | | bool 30
            """),
        Define("OpportunityLineItem", "00k", "Opportunity Line Items", """
            OpportunityId | reference | req ref=Opportunity cascade | ref
            SortOrder | int 8 | | integer 20
            PricebookEntryId | reference | ref=PricebookEntry | ref 98
            Product2Id | reference | ref=Product2 ro | ref 98
            ProductCode | string 255 | ro | code GC
            Name | string 376 | name ro | product
            Quantity | double 12,2 | req | number
            TotalPrice | currency 18,2 | | number
            UnitPrice | currency 18,2 | | number
            ListPrice | currency 18,2 | ro | number
            ServiceDate | date | | date
            Description | string 255 | | text
            LastViewedDate | datetime | ro | empty
            LastReferencedDate | datetime | ro | empty
            """),
        Define("OpportunityStage", "01J", "Opportunity Stages", $"""
            MasterLabel | picklist 255 | name ro pick={Stages} | list
            ApiName | string 765 | ro pick={Stages} | list
            IsActive | boolean | ro | bool 95
            SortOrder | int 8 | ro | integer 20
            IsClosed | boolean | ro | bool 20
            IsWon | boolean | ro | bool 10
            ForecastCategory | picklist 40 | ro pick=Omitted;Pipeline;BestCase;Forecast;Closed | pick
            DefaultProbability | percent 3,0 | ro | number
            Description | textarea 255 | ro | text
            """, Traits.NoIsDeleted | Traits.ReadOnly | Traits.NotReplicateable),
        Define("Product2", "01t", "Products", """
            Name | string 255 | name | product
            ProductCode | string 255 | | code GC
            Description | textarea 4000 | | longtext
            IsActive | boolean | | bool 80
            Family | picklist 255 | pick=None;Hardware;Software;Services | pick
            ExternalId | string 255 | | code E
            DisplayUrl | url 1000 | | url
            QuantityUnitOfMeasure | picklist 255 | pick=Each;Box;Kilogram | pick
            StockKeepingUnit | string 180 | | code SKU-
            IsArchived | boolean | ro | bool 3
            LastViewedDate | datetime | ro | empty
            LastReferencedDate | datetime | ro | empty
            """),
        Define("Pricebook2", "01s", "Price Books", """
            Name | string 255 | name | product
            IsActive | boolean | | bool 90
            IsArchived | boolean | ro | bool 3
            Description | string 255 | | text
            IsStandard | boolean | ro | bool 5
            LastViewedDate | datetime | ro | empty
            LastReferencedDate | datetime | ro | empty
            """),
        Define("PricebookEntry", "01u", "Pricebook Entries", """
            Name | string 255 | name ro | product
            Pricebook2Id | reference | req ref=Pricebook2 | ref
            Product2Id | reference | req ref=Product2 | ref
            UnitPrice | currency 18,2 | req | number
            IsActive | boolean | | bool 90
            UseStandardPrice | boolean | | bool 40
            ProductCode | string 255 | ro | code GC
            IsArchived | boolean | ro | bool 3
            """),
        Define("Campaign", "701", "Campaigns", """
            Name | string 80 | name | deal
            ParentId | reference | ref=Campaign | ref 20
            Type | picklist 255 | pick=Conference;Webinar;Trade_Show;Public_Relations;Partners;Email;Telemarketing;Other | pick
            Status | picklist 255 | pick=Planned;In_Progress;Completed;Aborted | pick
            StartDate | date | | date
            EndDate | date | | date
            ExpectedRevenue | currency 18,0 | | number
            BudgetedCost | currency 18,0 | | number
            ActualCost | currency 18,0 | | number
            ExpectedResponse | percent 10,2 | | number
            NumberSent | double 18,0 | | number
            IsActive | boolean | | bool 50
            Description | textarea 32000 | | longtext
            NumberOfLeads | int 8 | ro | integer 5000
            NumberOfContacts | int 8 | ro | integer 5000
            NumberOfResponses | int 8 | ro | integer 900
            AmountAllOpportunities | currency 18,2 | ro | number
            OwnerId | reference | req ref=User | ref
            LastActivityDate | date | ro | date
            """),
        Define("CampaignMember", "00v", "Campaign Members", """
            CampaignId | reference | req ref=Campaign cascade | ref
            LeadId | reference | ref=Lead | ref 50
            ContactId | reference | ref=Contact | ref 50
            Status | picklist 40 | pick=Sent;Responded;Registered;Attended | pick
            HasResponded | boolean | ro | bool 20
            FirstRespondedDate | date | ro | date 80
            FirstName | string 40 | ro | firstname
            LastName | string 80 | ro | lastname
            Name | string 121 | ro | concat FirstName LastName
            Email | email 80 | ro | email
            CompanyOrAccount | string 255 | ro | company
            """),
    ];
}

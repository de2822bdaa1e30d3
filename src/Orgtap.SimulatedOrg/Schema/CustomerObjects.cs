using static Orgtap.SimulatedOrg.Schema.StandardObjects;

namespace Orgtap.SimulatedOrg.Schema;

/// <summary>Accounts, contacts, leads.</summary>
internal static class CustomerObjects
{
    public const string Industries = "Agriculture;Apparel;Banking;Biotechnology;Chemicals;Communications;Construction;Consulting;Education;Electronics;Energy;Engineering;Entertainment;Finance;Government;Healthcare;Insurance;Machinery;Manufacturing;Media;Retail;Technology;Transportation;Utilities";
    public const string Sources = "Web;Phone_Inquiry;Partner_Referral;Purchased_List;Trade_Show;Word_of_mouth;Other";

    public static IEnumerable<SObjectType> All() =>
    [
        Define("Account", "001", "Accounts", $"""
            MasterRecordId | reference | ref=Account ro | empty
            Name | string 255 | name in=Name info=switchablepersonname | company
            Type | picklist 255 | pick=Prospect;Customer_-_Direct;Customer_-_Channel;Channel_Partner_/_Reseller;Installation_Partner;Technology_Partner;Other | pick
            RecordTypeId | reference | ref=RecordType | ref 60
            ParentId | reference | ref=Account | ref 15
            {Address("Billing")}
            {Address("Shipping")}
            Phone | phone 40 | | phone
            Fax | phone 40 | | phone 70
            AccountNumber | string 40 | | code AC-
            Website | url 255 | | url
            PhotoUrl | url 255 | ro | path /services/images/photo/
            Sic | string 20 | | digits 4
            Industry | picklist 255 | pick={Industries} | pick
            AnnualRevenue | currency 18,0 | | number
            NumberOfEmployees | int 8 | | integer 90000
            Ownership | picklist 255 | pick=Public;Private;Subsidiary;Other | pick
            TickerSymbol | string 20 | | code
            Description | textarea 32000 | | longtext
            Rating | picklist 255 | pick=Hot;Warm;Cold | pick
            Site | string 80 | | text
            OwnerId | reference | req ref=User | ref
            LastActivityDate | date | ro | date
            LastViewedDate | datetime | ro | empty
            LastReferencedDate | datetime | ro | empty
            Jigsaw | string 20 | | empty
            JigsawCompanyId | string 20 | ro rel=JigsawCompany | empty
            CleanStatus | picklist 40 | restricted pick=Matched;Different;Acknowledged;NotFound;Inactive;Pending;SelectMatch;Skipped | pick 60
            AccountSource | picklist 255 | pick={Sources} | pick
            DunsNumber | string 9 | | digits 9
            Tradestyle | string 255 | | text 80
            NaicsCode | string 8 | | digits 6
            NaicsDesc | string 120 | | text 50
            YearStarted | string 4 | | year
            SicDesc | string 80 | | text 50
            Customer_Priority__c | picklist 255 | pick=High;Low;Medium | pick
            Active__c | picklist 255 | restricted pick=Yes;No | pick
            Segments__c | multipicklist 4099 | pick=Enterprise;Mid-Market;SMB;Public_Sector;Partner,_Inc.;Non-Profit | multipick
            External_Key__c | string 64 | ext unique | code X
            Health_Score__c | percent 5,2 | | number
            Lifetime_Value__c | currency 18,2 | | number
            Big_Number__c | double 18,0 | | bignumber
            Growth__c | double 18,6 | | number
            Is_Strategic__c | boolean | | bool 20
            Office__Latitude__s | double 18,15 | in=Office__c | latitude
            Office__Longitude__s | double 18,15 | in=Office__c | longitude
            Office__c | location | in=Office__c | compound
            Revenue_Per_Employee__c | currency 18,2 | calc=AnnualRevenue / NumberOfEmployees | divide AnnualRevenue NumberOfEmployees
            """),
        Define("Contact", "003", "Contacts", $"""
            MasterRecordId | reference | ref=Contact ro | empty
            AccountId | reference | ref=Account cascade | ref 90
            LastName | string 80 | req in=Name info=personname | lastname
            FirstName | string 40 | in=Name info=personname | firstname
            Salutation | picklist 40 | in=Name info=personname pick=Mr.;Ms.;Mrs.;Dr.;Prof. | pick
            Name | string 121 | name ro info=personname | concat FirstName LastName
            {Address("Other")}
            {Address("Mailing")}
            Phone | phone 40 | | phone
            Fax | phone 40 | | phone 70
            MobilePhone | phone 40 | | phone
            HomePhone | phone 40 | | phone 70
            OtherPhone | phone 40 | | phone 80
            AssistantPhone | phone 40 | | phone 80
            ReportsToId | reference | ref=Contact | ref 20
            Email | email 80 | idl | email
            Title | string 128 | | jobtitle
            Department | string 80 | | text
            AssistantName | string 40 | | firstname 80
            LeadSource | picklist 255 | pick={Sources} | pick
            Birthdate | date | | birthdate
            Description | textarea 32000 | | longtext
            OwnerId | reference | req ref=User | ref
            LastActivityDate | date | ro | date
            LastCURequestDate | datetime | ro | empty
            LastCUUpdateDate | datetime | ro | empty
            LastViewedDate | datetime | ro | empty
            LastReferencedDate | datetime | ro | empty
            EmailBouncedReason | string 255 | | text 95
            EmailBouncedDate | datetime | | datetime 95
            IsEmailBounced | boolean | ro | bool 5
            PhotoUrl | url 255 | ro | path /services/images/photo/
            Jigsaw | string 20 | | empty
            JigsawContactId | string 20 | ro rel=JigsawContact | empty
            CleanStatus | picklist 40 | restricted pick=Matched;Different;Pending | pick 60
            HasOptedOutOfEmail | boolean | | bool 10
            DoNotCall | boolean | | bool 10
            Languages__c | multipicklist 4099 | pick=English;German;French;Japanese;Arabic;Hebrew | multipick
            Loyalty_Level__c | picklist 255 | pick=Gold;Silver;Bronze | pick
            """),
        Define("Lead", "00Q", "Leads", $"""
            MasterRecordId | reference | ref=Lead ro | empty
            LastName | string 80 | req in=Name info=personname | lastname
            FirstName | string 40 | in=Name info=personname | firstname
            Salutation | picklist 40 | in=Name info=personname pick=Mr.;Ms.;Mrs.;Dr.;Prof. | pick
            Name | string 121 | name ro info=personname | concat FirstName LastName
            Title | string 128 | | jobtitle
            Company | string 255 | req | company
            {Address("")}
            Phone | phone 40 | | phone
            MobilePhone | phone 40 | | phone
            Fax | phone 40 | | phone 80
            Email | email 80 | idl | email
            Website | url 255 | | url
            PhotoUrl | url 255 | ro | path /services/images/photo/
            Description | textarea 32000 | | longtext
            LeadSource | picklist 255 | pick={Sources} | pick
            Status | picklist 255 | req pick=Open_-_Not_Contacted;Working_-_Contacted;Closed_-_Converted;Closed_-_Not_Converted | pick
            Industry | picklist 255 | pick={Industries} | pick
            Rating | picklist 255 | pick=Hot;Warm;Cold | pick
            AnnualRevenue | currency 18,0 | | number
            NumberOfEmployees | int 8 | | integer 90000
            OwnerId | reference | req ref=User | ref
            HasOptedOutOfEmail | boolean | | bool 10
            IsConverted | boolean | req | bool 15
            ConvertedDate | date | ro | date 85
            ConvertedAccountId | reference | ref=Account ro | ref 15
            ConvertedContactId | reference | ref=Contact ro | ref 15
            ConvertedOpportunityId | reference | ref=Opportunity ro | ref 10
            IsUnreadByOwner | boolean | req | bool 30
            LastActivityDate | date | ro | date
            LastViewedDate | datetime | ro | empty
            LastReferencedDate | datetime | ro | empty
            Jigsaw | string 20 | | empty
            CleanStatus | picklist 40 | restricted pick=Matched;Different;Pending | pick 60
            CompanyDunsNumber | string 9 | | digits 9
            EmailBouncedReason | string 255 | | empty
            EmailBouncedDate | datetime | | empty
            Score__c | double 5,1 | | number
            Product_Interest__c | multipicklist 4099 | pick=GC1000_series;GC5000_series;GC3000_series | multipick
            """),
    ];

    /// <summary>The eight components and the compound field of one address.</summary>
    internal static string Address(string kind)
    {
        var compound = kind.Length == 0 ? "Address" : kind + "Address";
        return $"""
            {kind}Street | textarea 255 | in={compound} | street
            {kind}City | string 40 | in={compound} | city
            {kind}State | string 80 | in={compound} | state
            {kind}PostalCode | string 20 | in={compound} | postalcode
            {kind}Country | string 80 | in={compound} | country
            {kind}Latitude | double 18,15 | in={compound} | latitude
            {kind}Longitude | double 18,15 | in={compound} | longitude
            {kind}GeocodeAccuracy | picklist 40 | in={compound} restricted pick=Address;NearAddress;Block;Street;Zip;City | pick 70
            {compound} | address | in={compound} | compound
            """;
    }
}

using static Orgtap.SimulatedOrg.Schema.StandardObjects;

namespace Orgtap.SimulatedOrg.Schema;

/// <summary>Custom objects with every kind of custom field, and a managed package's object.</summary>
internal static class CustomObjects
{
    public static IEnumerable<SObjectType> All() =>
    [
        Define("Invoice__c", "a00", "Invoices", """
            OwnerId | reference | req ref=User | ref
            Name | string 80 | name auto | auto INV-{000000}
            Account__c | reference | ref=Account | ref 95
            Opportunity__c | reference | ref=Opportunity | ref 40
            Status__c | picklist 255 | restricted pick=Draft;Sent;Paid;Void | pick
            Amount__c | currency 18,2 | | bignumber
            Tax_Rate__c | percent 5,3 | | number
            Exchange_Rate__c | double 18,10 | | scientific
            Due_Date__c | date | | date
            Paid_At__c | datetime | | datetime 50
            Cutoff_Time__c | time | | time
            Tags__c | multipicklist 4099 | pick=Urgent;Disputed;"Quoted";Comma,_here;Übergröße;日本 | multipick
            Is_Final__c | boolean | | bool 50
            Bank_Account__c | encryptedstring 175 | | code DE
            Terms__c | textarea 131072 | | longtext
            Letter__c | textarea 32768 | html | html
            Contact_Email__c | email 80 | | email
            Pay_Link__c | url 255 | | url
            Service_Phone__c | phone 40 | | phone
            External_Id__c | string 255 | ext unique | code INVX
            Pieces__c | double 18,0 | | zeroes
            Place__Latitude__s | double 18,15 | in=Place__c | latitude
            Place__Longitude__s | double 18,15 | in=Place__c | longitude
            Place__c | location | in=Place__c | compound
            Gross__c | currency 18,2 | calc=Amount__c * 1.19 | times Amount__c 1.19
            Account_Name__c | string 1300 | calc=Account__r.Name | parent Account__c Name
            Is_Overdue__c | boolean | calc=ISBLANK(Paid_At__c) | isnull Paid_At__c
            """),
        Define("Invoice_Line__c", "a01", "Invoice Lines", """
            Name | string 80 | name auto | auto LINE-{0000000}
            Invoice__c | reference | req ref=Invoice__c cascade | ref
            Product__c | reference | ref=Product2 | ref 90
            Quantity__c | double 16,2 | | number
            Unit_Price__c | currency 18,2 | | number
            Discount__c | percent 5,2 | | number
            Text__c | string 255 | | text
            Invoice_Status__c | string 1300 | calc=TEXT(Invoice__r.Status__c) | parent Invoice__c Status__c
            """),
        Define("acme__Shipment__c", "a02", "Shipments", """
            OwnerId | reference | req ref=User | ref
            Name | string 80 | name auto | auto SHP-{00000}
            acme__Account__c | reference | ref=Account | ref 90
            acme__Carrier__c | picklist 255 | pick=DHL;UPS;FedEx;Own_Fleet | pick
            acme__Net_Weight__c | double 12,4 | | number
            acme__Shipped_At__c | datetime | | datetime
            acme__Slot_Start__c | time | | time
            acme__Notes__c | textarea 131072 | | longtext
            acme__Tracking__c | string 64 | ext | code TRK
            acme__Insured__c | boolean | | bool 30
            """),
    ];
}

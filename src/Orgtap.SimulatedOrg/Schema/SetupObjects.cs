using static Orgtap.SimulatedOrg.Schema.StandardObjects;

namespace Orgtap.SimulatedOrg.Schema;

/// <summary>Users and what describes the org itself.</summary>
internal static class SetupObjects
{
    public static IEnumerable<SObjectType> All() =>
    [
        Define("User", "005", "Users", $"""
            Username | string 80 | req unique idl | username
            LastName | string 80 | req in=Name info=personname | lastname
            FirstName | string 40 | in=Name info=personname | firstname
            Name | string 121 | name ro info=personname | concat FirstName LastName
            CompanyName | string 80 | | city
            Division | string 80 | | text
            Department | string 80 | | text
            Title | string 80 | | jobtitle
            {CustomerObjects.Address("")}
            Email | email 128 | req idl | email 0
            Phone | phone 40 | | phone
            Fax | phone 40 | | phone 80
            MobilePhone | phone 40 | | phone
            Alias | string 8 | req | digits 6
            CommunityNickname | string 40 | req unique | username
            IsActive | boolean | default=true | bool 90 first
            TimeZoneSidKey | picklist 40 | req restricted pick=America/Los__Angeles;Europe/Berlin;Asia/Tokyo;UTC | pick
            UserRoleId | reference | ref=UserRole | ref 90
            LocaleSidKey | picklist 40 | req restricted pick=en__US;de__DE;ja__JP | pick
            ReceivesInfoEmails | boolean | | bool 20
            EmailEncodingKey | picklist 40 | req restricted pick=UTF-8;ISO-8859-1 | pick
            ProfileId | reference | req ref=Profile | ref
            UserType | picklist 40 | ro restricted pick=Standard;PowerPartner;Guest;AutomatedProcess | const Standard
            LanguageLocaleKey | picklist 40 | req restricted pick=en__US;de;ja | pick
            EmployeeNumber | string 20 | | digits 6
            ManagerId | reference | ref=User | ref 60
            LastLoginDate | datetime | ro | datetime
            AboutMe | textarea 1000 | | longtext
            FederationIdentifier | string 512 | unique | code F
            ForecastEnabled | boolean | ro | bool 30
            """, Traits.NoIsDeleted),
        Define("UserRole", "00E", "Roles", """
            Name | string 80 | name | jobtitle 0
            ParentRoleId | reference | ref=UserRole | ref 60
            DeveloperName | string 80 | | code Role
            RollupDescription | string 80 | | text
            PortalType | picklist 40 | ro restricted pick=None;CustomerPortal;Partner | pick
            """, Traits.NoIsDeleted),
        Define("Group", "00G", "Groups", """
            Name | string 40 | name | jobtitle 0
            DeveloperName | string 80 | req | code Queue
            Type | picklist 40 | req restricted pick=Queue;Regular | pick
            Email | email 255 | | email
            RelatedId | reference | ref=UserRole rel=Related ro | empty
            """, Traits.NoIsDeleted),
        Define("Profile", "00e", "Profiles", """
            Name | string 255 | name pick=System_Administrator;Standard_User;Read_Only;Minimum_Access_-_API_Only_Integrations;Marketing_User | list
            UserType | picklist 40 | ro restricted pick=Standard;PowerPartner;Guest | pick 0
            Description | string 255 | | text
            PermissionsApiEnabled | boolean | | bool 90
            PermissionsViewAllData | boolean | | bool 20
            PermissionsModifyAllData | boolean | | bool 20
            """, Traits.NoIsDeleted),
        Define("Organization", "00D", "Organizations", $"""
            Name | string 80 | name | const Simulated Org
            Division | string 80 | | empty
            {CustomerObjects.Address("")}
            Phone | phone 40 | | phone
            PrimaryContact | string 80 | | firstname
            DefaultLocaleSidKey | picklist 40 | req pick=en__US | pick
            TimeZoneSidKey | picklist 40 | req pick=America/Los__Angeles | pick
            LanguageLocaleKey | picklist 40 | req pick=en__US | pick
            FiscalYearStartMonth | int 8 | ro | integer 12
            InstanceName | string 5 | ro | const SIM1
            NamespacePrefix | string 15 | ro | empty
            IsSandbox | boolean | ro | bool 0
            OrganizationType | picklist 40 | ro pick=Enterprise_Edition | pick 0
            TrialExpirationDate | datetime | ro | empty
            IsReadOnly | boolean | ro | bool 0
            """, Traits.NoIsDeleted | Traits.NotReplicateable),
        Define("RecordType", "012", "Record Types", """
            Name | string 80 | name | product
            DeveloperName | string 80 | req | code RT
            NamespacePrefix | string 15 | ro | empty
            Description | string 255 | | text
            SobjectType | picklist 40 | req pick=Account;Opportunity;Case | pick
            IsActive | boolean | | bool 95
            """, Traits.NoIsDeleted),
    ];
}

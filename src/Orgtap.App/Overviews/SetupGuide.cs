using Orgtap.Reauthorization;

namespace Orgtap.App.Overviews;

/// <summary>A value that is typed in Salesforce.</summary>
public sealed record GuideValue(string Name, string Value);

/// <summary>A step of the guide.</summary>
/// <param name="Check">What can be checked once it is done; null: nothing.</param>
/// <param name="Needs">What the check needs, for people.</param>
/// <param name="Texts">What is done, in order; what stands in <c>**</c> is the words of Salesforce's pages.</param>
public sealed record GuideStep(string Id, string Title, SetupStep? Check, string? Needs, IReadOnlyList<string> Texts, IReadOnlyList<GuideValue> Values);

/// <summary>What has to be done in Salesforce before Orgtap can read an org, as page, verb and endpoint tell it alike. Labels of 2025/26.</summary>
public static class SetupGuide
{
    /// <param name="connectedApp">For an app of the older kind.</param>
    /// <param name="callback">Of this installation's pages.</param>
    /// <param name="verbCallback">Of <c>orgtap connect</c>.</param>
    /// <param name="contact">E-mail address of whoever sets it up.</param>
    public static IReadOnlyList<GuideStep> Of(bool connectedApp, Uri callback, string verbCallback, string contact) =>
    [
        new("app", "The app in Salesforce", SetupStep.App, "Needs the address and the consumer key; with the consumer secret, that is checked too.",
        [
            connectedApp
                ? "Salesforce makes no new Connected Apps since Spring ’26; one that exists goes on working. Open **Setup › App Manager**, the app’s menu, **Edit**, and compare with these values."
                : "Open **Setup › External Client App Manager › New External Client App** and type these values. Distribution: **Local**.",
            connectedApp ? "**View › Manage Consumer Details** shows the consumer key and the consumer secret." : "Create it. **Settings › OAuth Settings › Consumer Key and Secret** shows the two values that Orgtap asks for.",
            "Salesforce needs **2 to 10 minutes** before a new app, or a change of one, works. Until then it answers “invalid client id” or “redirect_uri_mismatch”.",
            "An app of another org is “uninstalled” at first: **Setup › Connected Apps OAuth Usage**, press **Install**.",
        ],
        [new("Name", "Orgtap"), new("Contact e-mail", contact), new("Description", "Reads data; never changes any"), new("Callback URL", callback.AbsoluteUri)]),
        new("callback", "The callback address, for every flow", SetupStep.Callback, "Needs the address and the consumer key.",
        [
            "Signing in at Salesforce, in these pages and behind requests to admins, needs the first address exactly; `orgtap connect` needs the second.",
            "Client credentials, certificate, device code and password do not use it. The form in Salesforce wants one all the same: give the first.",
        ],
        [new("Sign in at Salesforce, in these pages, and requests to admins", callback.AbsoluteUri), new("Sign in at Salesforce, `orgtap connect`", verbCallback)]),
        new("scopes", "Scopes and flows", SetupStep.Scopes, "Needs a connection, or the consumer secret with the org’s own My Domain address.",
        [
            "**Enable OAuth**, with the two scopes **Manage user data via APIs (api)** and **Perform requests at any time (refresh_token, offline_access)**.",
            "**Require Secret for Web Server Flow** and **for Refresh Token Flow**; **Require Proof Key for Code Exchange (PKCE)**.",
            "Client credentials, the way that outlives people: **Enable Client Credentials Flow**, then under **Policies › Run As** the integration user’s user name.",
            "A certificate: **Enable JWT Bearer Flow** and upload it; **Policies › Permitted Users**: admin approved users are pre-authorized.",
            "A code on another device: **Enable Device Flow**.",
        ], []),
        new("user", "The integration user", SetupStep.User, "Needs a connection, or the consumer secret with the org’s own My Domain address.",
        [
            "**Setup › Users › New User**: licence **Salesforce Integration**, profile **Minimum Access - API Only Integrations**. Not an administrator, and not whoever made the app: what that user can see is all that Orgtap can copy.",
            "**Setup › Permission Sets › New**: licence **Salesforce API Integration**; System Permissions **API Enabled**; Object Settings: **Read** and **View All** for each table, **Read Access** for its fields. Assign it to the user.",
            "A user with this licence cannot sign in with a browser: use client credentials or a certificate. For signing in at Salesforce, give the user a licence that may.",
        ], []),
        new("token", "Only for user name and password", SetupStep.SecurityToken, "Needs the app’s key and secret, user name, password and security token.",
        [
            "**Setup › OAuth and OpenID Connect Settings › Allow OAuth Username-Password Flows**. Off in orgs made since Summer ’23; Salesforce is withdrawing it.",
            "Signed in as the user: **avatar › Settings › My Personal Information › Reset My Security Token**. It comes by e-mail, and changes with the password.",
            "The entry is missing? The user’s profile has **Login IP Ranges**: remove them, or add this machine’s address there; then no security token is needed.",
        ], []),
        new("network", "Network", SetupStep.Network, "Needs a connection, or the consumer secret with the org’s own My Domain address.",
        [
            "If the org lets people in from certain addresses only: **Setup › Network Access**, add the address this Orgtap goes out with; or in the app’s **Policies** set **IP Relaxation** to “Relax IP restrictions”.",
            "**Setup › Session Settings**: “Lock sessions to the IP address from which they originated” has to be off if this machine goes out with more than one address.",
        ], []),
    ];
}

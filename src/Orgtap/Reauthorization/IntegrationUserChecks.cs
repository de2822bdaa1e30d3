using System.Text.Json;
using Orgtap.Primitives;
using Orgtap.Salesforce;
using Orgtap.Salesforce.Describe;
using Orgtap.Salesforce.Query;
using Orgtap.Salesforce.Soql;

namespace Orgtap.Reauthorization;

/// <summary>
/// Whether the user that Orgtap speaks as is made for that: no administrator, and not whoever made the app, who is mostly an administrator too and takes the link along when leaving. Warnings, since both work.
/// </summary>
internal static class IntegrationUserChecks
{
    public const string User = "Integration user", Maker = "Who made the app";

    private const string ProfileHidden = "Not checked: the user may not read its own profile, as an integration user mostly may not.";
    private const string AppsHidden = "Not checked: the user may not see who made the org's apps, as an integration user mostly may not.";

    /// <param name="username">For the words; null: not known.</param>
    /// <param name="client">Speaks as the user. One counted call.</param>
    public static async Task<IReadOnlyList<ConnectionCheck>> LookAsync(string? username, SalesforceClient client, CancellationToken cancellationToken)
    {
        try
        {
            if (await client.UserIdAsync(cancellationToken) is not { } user) return Not("Not checked, because the org does not say who the user is.");
            var answers = await AskAsync(client, user, cancellationToken);
            return [Administrator(username, answers["profile"]), Made(username, answers)];
        }
        catch (OrgtapException failure)
        {
            return Not($"Not checked: {failure.Message}");
        }
    }

    private static ConnectionCheck[] Not(string why) => [ConnectionCheck.Not(User, why), ConnectionCheck.Not(Maker, why)];

    private static ConnectionCheck Administrator(string? username, IReadOnlyList<JsonElement>? rows) =>
        rows is [var row, ..] && row.TryGetProperty("Profile", out var profile) && profile.ValueKind == JsonValueKind.Object && profile.Flag("PermissionsModifyAllData") is { } all
            ? all
                ? new ConnectionCheck(User, CheckOutcome.Warning, $"{username ?? "The user"} is an administrator: whoever got hold of the access could change everything.", Turn.Admin,
                    "Setup > Users > New User: make an integration user with the licence Salesforce Integration and a permission set that only reads; then authorize as that user.")
                : new ConnectionCheck(User, CheckOutcome.Passed, "Is no administrator")
            : ConnectionCheck.Not(User, ProfileHidden);

    private static ConnectionCheck Made(string? username, IReadOnlyDictionary<string, IReadOnlyList<JsonElement>?> answers)
    {
        if (answers["connected"] is null && answers["external"] is null) return ConnectionCheck.Not(Maker, AppsHidden);
        var made = Names(answers["connected"], "Name").Concat(Names(answers["external"], "MasterLabel")).Distinct(StringComparer.Ordinal).ToList();
        // The app's key is not told by the org's records; which apps the user has let in is.
        var used = Names(answers["tokens"], "AppName").ToList();
        var which = used.Count > 0 ? [.. made.Intersect(used, StringComparer.Ordinal)] : made;
        return which.Count == 0
            ? new ConnectionCheck(Maker, CheckOutcome.Passed, "Somebody else made the app")
            : new ConnectionCheck(Maker, CheckOutcome.Warning, $"{username ?? "The user"} made the app {string.Join(", ", which)}{(used.Count > 0 ? "" : ", perhaps the one that Orgtap uses")}: a user who sets up apps may do too much to be one that only reads, and the link hangs on one person.",
                Turn.Admin, "Setup > Users > New User: make an integration user that did not make the app, with a permission set that only reads; then authorize as that user.");
    }

    private static IEnumerable<string> Names(IReadOnlyList<JsonElement>? rows, string field) => (rows ?? []).Select(row => row.Text(field)).OfType<string>();

    /// <summary>Answers by question; null where the org has no such object, or the user may not see it.</summary>
    private static async Task<Dictionary<string, IReadOnlyList<JsonElement>?>> AskAsync(SalesforceClient client, string user, CancellationToken cancellationToken)
    {
        // https://developer.salesforce.com/docs/atlas.en-us.object_reference.meta/object_reference/sforce_api_objects_oauthtoken.htm and …_connectedapplication.htm
        (string Name, SoqlQuery Query)[] questions =
        [
            ("profile", SoqlQuery.Select("Profile.PermissionsModifyAllData").From("User").Where(SoqlCondition.Is("Id", user))),
            ("tokens", SoqlQuery.Select("AppName").From("OauthToken").Where(SoqlCondition.Is("UserId", user)).Limit(200)),
            ("connected", SoqlQuery.Select("Name").From("ConnectedApplication").Where(SoqlCondition.Is("CreatedById", user)).Limit(200)),
            ("external", SoqlQuery.Select("MasterLabel").From("ExternalClientApplication").Where(SoqlCondition.Is("CreatedById", user)).Limit(200)),
        ];
        try
        {
            return (await client.CompositeAsync([.. questions.Select(question => CompositeCall.Query(question.Name, question.Query, false))], cancellationToken))
                .ToDictionary(answer => answer.ReferenceId, answer => answer.Failure is null ? (IReadOnlyList<JsonElement>)[.. answer.Body.Items("records")] : null);
        }
        catch (OrgtapException refusal) when (refusal.Kind == FailureKind.Unsupported)
        {
            // The org has no composite resource: one at a time then.
            var answers = new Dictionary<string, IReadOnlyList<JsonElement>?>();
            foreach (var (name, query) in questions) answers[name] = await OneAsync(client, query, cancellationToken);
            return answers;
        }
    }

    private static async Task<IReadOnlyList<JsonElement>?> OneAsync(SalesforceClient client, SoqlQuery query, CancellationToken cancellationToken)
    {
        try
        {
            var rows = new List<JsonElement>();
            await foreach (var page in client.QueryAsync(query.ToString(), false, cancellationToken))
                using (page) rows.AddRange(page.Records.EnumerateArray().Select(row => row.Clone()));
            return rows;
        }
        catch (OrgtapException hidden) when (hidden.Kind is FailureKind.SchemaChanged or FailureKind.Permission or FailureKind.Unsupported)
        {
            // Salesforce calls what may not be read something that does not exist.
            return null;
        }
    }
}

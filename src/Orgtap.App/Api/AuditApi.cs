using System.ComponentModel;
using System.Globalization;
using Orgtap.App.Overviews;
using Orgtap.App.Web.SignIn;
using Orgtap.Storage;

namespace Orgtap.App.Api;

/// <summary>A page of the audit log.</summary>
/// <param name="Before">Give it as <c>before</c> to read on; absent: there is nothing older.</param>
public sealed record AuditDocument(IReadOnlyList<AuditEntryDocument> Entries, long? Before);

/// <summary><c>/api/v1/audit</c>.</summary>
internal static class AuditApi
{
    /// <summary>Entries in one answer, at most.</summary>
    private const int Most = 1000;

    public static void Map(IEndpointRouteBuilder api) =>
        api.MapGet("/audit", ListAsync).RequireAuthorization(Roles.Administrator).WithTags("Audit").WithSummary("Who did what, to what, when, from where; newest first");

    private static async Task<AuditDocument> ListAsync(
        HttpContext context, AuditLog audit, [Description("Who did it, exactly")] string? actor = null, [Description("E.g. connection.created")] string? action = null,
        [Description("What it was done to, exactly")] string? target = null, [Description("Words that occur anywhere in an entry")] string? q = null,
        [Description("Not before this moment, ISO 8601")] DateTimeOffset? from = null, [Description("Before this moment, ISO 8601")] DateTimeOffset? until = null,
        [Description("Only entries older than the one with this id")] long? before = null, [Description("1 to 1000")] int limit = 100, CancellationToken cancellationToken = default)
    {
        limit = Math.Clamp(limit, 1, Most);
        var found = await audit.ListAsync(
            new AuditFilter { Actor = actor, Action = action, Target = target, Text = q, From = from, Until = until, Before = before }, limit + 1, cancellationToken);
        var page = NextPage.Of(context, found, limit, "before", entry => entry.Id.ToString(CultureInfo.InvariantCulture));
        return new AuditDocument([.. page.Select(AuditEntryDocument.Of)], found.Count > limit ? page[^1].Id : null);
    }
}

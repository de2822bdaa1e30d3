using System.Globalization;
using Orgtap.App.Web.SignIn;
using Orgtap.Storage;

namespace Orgtap.App.Web.Audit;

/// <summary>What the filter's fields hold, as typed.</summary>
/// <param name="From">First day, in the server's zone.</param>
/// <param name="To">Last day, included.</param>
public sealed record AuditQuestion(string? Q, string? Who, string? What, string? On, string? From, string? To)
{
    public bool IsOpen => new[] { Q, Who, What, On, From, To }.All(string.IsNullOrWhiteSpace);

    /// <summary>The page's address with this filter.</summary>
    public string Address(long? before = null)
    {
        var parts = new[] { ("q", Q), ("who", Who), ("what", What), ("on", On), ("from", From), ("to", To), ("before", before?.ToString(CultureInfo.InvariantCulture)) }
            .Where(part => !string.IsNullOrWhiteSpace(part.Item2)).Select(part => $"{part.Item1}={Uri.EscapeDataString(part.Item2!)}");
        return string.Join('&', parts) is { Length: > 0 } query ? $"/audit?{query}" : "/audit";
    }

    internal AuditFilter Filter(TimeZoneInfo zone, long? before) => new()
    {
        Actor = Who, Action = What, Target = On, Text = Q, From = Midnight(From, 0, zone), Until = Midnight(To, 1, zone), Before = before,
    };

    // What is no date narrows nothing; browsers send only dates.
    private static DateTimeOffset? Midnight(string? day, int later, TimeZoneInfo zone)
    {
        if (!DateTime.TryParseExact(day, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var date) || date.Year > 9998) return null;
        var midnight = date.AddDays(later);
        return new DateTimeOffset(midnight, zone.GetUtcOffset(midnight));
    }
}

/// <param name="Actions">Every action there is, to choose from.</param>
/// <param name="Older">Address of the next page; null: this is the last.</param>
/// <param name="IsLater">Not the first page.</param>
public sealed record AuditModel(AuditQuestion Question, IReadOnlyList<AuditEntry> Entries, IReadOnlyList<string> Actions, string? Older, bool IsLater, TimeProvider Time);

/// <summary>The audit log, for administrators.</summary>
internal static class AuditPages
{
    private const int PerPage = 100;

    public static void Map(IEndpointRouteBuilder app) => app.MapGet("/audit", async (
        string? q, string? who, string? what, string? on, string? from, string? to, string? before, AuditLog audit, TimeProvider time, CancellationToken cancellationToken) =>
    {
        var question = new AuditQuestion(q, who, what, on, from, to);
        long? older = long.TryParse(before, NumberStyles.None, CultureInfo.InvariantCulture, out var id) ? id : null;
        var found = await audit.ListAsync(question.Filter(time.LocalTimeZone, older), PerPage + 1, cancellationToken);
        return Page.Of<AuditPage>(new AuditModel(
            question, [.. found.Take(PerPage)], await audit.ActionsAsync(cancellationToken), found.Count > PerPage ? question.Address(found[PerPage - 1].Id) : null, older is not null, time));
    }).RequireAuthorization(Roles.Administrator);
}

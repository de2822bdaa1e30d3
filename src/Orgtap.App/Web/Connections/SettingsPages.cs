using System.Globalization;
using Orgtap.App.Overviews;
using Orgtap.App.Web.SignIn;
using Orgtap.Connections;
using Orgtap.Conversations;
using Orgtap.Primitives;
using Orgtap.Syncs;

namespace Orgtap.App.Web.Connections;

/// <summary>What stands in the dialog's fields.</summary>
/// <param name="Frequency">A frequency's text, or <c>cron</c>.</param>
public sealed record SettingsForm(bool Sync, string Frequency, string Cron, string Zone, string Threshold)
{
    public static SettingsForm Of(Connection connection) => connection.Frequency.Text.StartsWith("cron:", StringComparison.Ordinal)
        ? connection.Frequency.Text["cron:".Length..].Split('@') is [var expression, var zone] ? new(connection.SyncEnabled, "cron", expression, zone, Percent(connection)) : throw new InvalidOperationException("A cron frequency without a zone.")
        : new SettingsForm(connection.SyncEnabled, connection.Frequency.Text, "0 0 6 ? * MON-FRI", "UTC", Percent(connection));

    public static SettingsForm Read(IFormCollection form) =>
        new(form["sync"] == "on", form["frequency"].ToString(), form["cron"].ToString().Trim(), form["zone"].ToString().Trim(), form["threshold"].ToString().Trim());

    /// <exception cref="InvalidInputException">The threshold is no number.</exception>
    public SettingsDocument Wanted() => new(
        Sync, Frequency == "cron" ? $"cron:{Cron}{(Zone.Length > 0 ? "@" + Zone : "")}" : Frequency,
        int.TryParse(Threshold, NumberStyles.None, CultureInfo.InvariantCulture, out var percent) ? percent
            : throw new InvalidInputException($"\"{Threshold}\" is no API quota threshold.", "Give a whole number from 1 to 100."));

    private static string Percent(Connection connection) => connection.QuotaThresholdPercent.ToString(CultureInfo.InvariantCulture);
}

/// <param name="Costs">What each frequency costs, judged by the latest syncs; empty while there was none.</param>
/// <param name="Channels">Of which conversations are imported; empty: none are.</param>
/// <param name="Problem">Why the changes were not accepted; what was typed is still in the fields.</param>
public sealed record SettingsModel(ConnectionOverview Overview, SettingsForm Form, IReadOnlyList<FrequencyDocument> Costs, TimeProvider Time, IReadOnlyList<Channel> Channels, InvalidInputException? Problem = null)
{
    /// <summary>The costs are judged by syncs that were made; else by the least a sync can take.</summary>
    public bool IsMeasured { get; init; }
}

/// <summary>Settings of a connection, as a dialog (product B3).</summary>
internal static class SettingsPages
{
    public static void Map(IEndpointRouteBuilder app)
    {
        var settings = app.MapGroup("/connections/{name}/settings").RequireAuthorization(Roles.Operator);
        settings.MapGet("", async (string name, ConnectionStore connections, OverviewReader overviews, SettingsChange change, ConversationStore conversations, TimeProvider time, CancellationToken cancellationToken) =>
            await connections.FindAsync(name, cancellationToken) is { } connection
                ? Page.Of<SettingsPage>(await ModelAsync(connection, SettingsForm.Of(connection), null, overviews, change, conversations, time, cancellationToken))
                : (IResult)Results.NotFound());
        settings.MapPost("", SaveAsync);
    }

    private static async Task<IResult> SaveAsync(
        string name, HttpContext context, ConnectionStore connections, OverviewReader overviews, SettingsChange change, ConversationStore conversations, TimeProvider time, CancellationToken cancellationToken)
    {
        if (await connections.FindAsync(name, cancellationToken) is not { } connection) return Results.NotFound();
        var form = SettingsForm.Read(await context.Request.ReadFormAsync(cancellationToken));
        try
        {
            await change.ApplyAsync(connection, form.Wanted(), context.User.ActorOf(), cancellationToken);
            return Page.SeeOther($"/connections/{name}");
        }
        catch (InvalidInputException problem)
        {
            return Page.Of<SettingsPage>(await ModelAsync(connection, form, problem, overviews, change, conversations, time, cancellationToken), StatusCodes.Status400BadRequest);
        }
    }

    private static async Task<SettingsModel> ModelAsync(
        Connection connection, SettingsForm form, InvalidInputException? problem, OverviewReader overviews, SettingsChange change, ConversationStore conversations, TimeProvider time, CancellationToken cancellationToken)
    {
        var overview = await overviews.OfAsync(connection, cancellationToken);
        var (calls, measured) = await change.CallsPerSyncAsync(overview, cancellationToken);
        return new SettingsModel(overview, form, FrequencyDocument.ListOf(calls, overview), time, (await conversations.SettingsAsync(connection.Id, cancellationToken)).Channels, problem) { IsMeasured = measured };
    }
}

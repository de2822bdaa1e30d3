using System.Net.ServerSentEvents;
using System.Runtime.CompilerServices;
using Orgtap.App.Overviews;
using Orgtap.App.Web.SignIn;
using Orgtap.Connections;

namespace Orgtap.App.Web.DataSources;

/// <param name="Shown">Those that match the filter, errors first.</param>
/// <param name="Search">What was typed; empty: nothing.</param>
/// <param name="Status">Null: every one.</param>
public sealed record DataSourcesModel(
    IReadOnlyList<ConnectionOverview> All, IReadOnlyList<ConnectionOverview> Shown, string Search, ConnectionStatus? Status, bool MayOperate, TimeProvider Time);

/// <param name="Time">For the words of times.</param>
public sealed record SourceModel(ConnectionOverview Overview, TimeProvider Time);

/// <summary>The list of connections, which keeps itself up to date.</summary>
internal static class DataSourcesPages
{
    private static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(1);

    public static void Map(IEndpointRouteBuilder app)
    {
        app.MapGet("/", () => Page.SeeOther("/data-sources"));
        app.MapGet("/not-allowed", () => Results.StatusCode(StatusCodes.Status403Forbidden));
        app.MapGet("/data-sources", async (HttpContext context, string? q, string? status, OverviewReader overviews, TimeProvider time, CancellationToken cancellationToken) =>
        {
            var all = await overviews.ListAsync(cancellationToken);
            ConnectionStatus? only = Enum.TryParse<ConnectionStatus>(status, ignoreCase: true, out var parsed) ? parsed : null;
            return Page.Of<DataSourcesPage>(new DataSourcesModel(all, Filter(all, q?.Trim() ?? "", only), q?.Trim() ?? "", only, context.User.MayOperate(), time));
        }).RequireAuthorization(Roles.Viewer);
        app.MapGet("/data-sources/live", (HttpContext context, LiveFragments fragments, OverviewReader overviews, TimeProvider time, IHostApplicationLifetime host) =>
            LiveEvents.Of(context, host, cancellationToken => WatchAsync(fragments, overviews, time, cancellationToken))).RequireAuthorization(Roles.Viewer);
    }

    /// <summary>Errors first, then by name: what needs somebody must not be looked for. Pure.</summary>
    internal static IReadOnlyList<ConnectionOverview> Filter(IReadOnlyList<ConnectionOverview> all, string search, ConnectionStatus? status) =>
    [
        .. all.Where(overview => (status is null || overview.Status == status)
                && (search.Length == 0 || new[] { overview.Connection.Name, overview.Connection.OrgName, overview.Connection.InstanceUrl?.Host, overview.Connection.Username }
                    .Any(text => text?.Contains(search, StringComparison.OrdinalIgnoreCase) == true)))
            .OrderBy(overview => overview.Status == ConnectionStatus.Error ? 0 : 1).ThenBy(overview => overview.Connection.Name, StringComparer.OrdinalIgnoreCase),
    ];

    private static async IAsyncEnumerable<SseItem<string>> WatchAsync(
        LiveFragments fragments, OverviewReader overviews, TimeProvider time, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var sent = new Dictionary<string, string>();
        using var timer = new PeriodicTimer(LookEvery, time);
        do
        {
            foreach (var overview in await overviews.ListAsync(cancellationToken))
            {
                var html = await fragments.RenderAsync<SourceCells>(new SourceModel(overview, time));
                if (sent.GetValueOrDefault(overview.Connection.Id.Value) == html) continue;
                sent[overview.Connection.Id.Value] = html;
                yield return new SseItem<string>(html, LiveEvents.Patch);
            }
        }
        while (await timer.WaitForNextTickAsync(cancellationToken));
    }
}

using System.Net.ServerSentEvents;
using System.Runtime.CompilerServices;
using Orgtap.App.Overviews;
using Orgtap.App.Web.SignIn;
using Orgtap.Primitives;

namespace Orgtap.App.Web.DataSources;

/// <param name="Matching">Of all pages, in order.</param>
public sealed record DataSourcesModel(IReadOnlyList<ConnectionOverview> All, IReadOnlyList<ConnectionOverview> Matching, SourcesQuestion Question, bool MayOperate, TimeProvider Time)
{
    public IReadOnlyList<ConnectionOverview> Shown { get; } = [.. Matching.Skip((Question.Number - 1) * SourcesQuestion.PerPage).Take(SourcesQuestion.PerPage)];

    /// <summary>First authorizations that admins were asked for and that are still open.</summary>
    public IReadOnlyList<RequestDocument> Invited { get; init; } = [];

    public static DataSourcesModel Of(IReadOnlyList<ConnectionOverview> all, SourcesQuestion question, bool mayOperate, TimeProvider time) => new(all, question.Matching(all), question, mayOperate, time);
}

/// <param name="Time">For the words of times.</param>
public sealed record SourceModel(ConnectionOverview Overview, TimeProvider Time);

/// <summary>The list of connections, which keeps itself up to date.</summary>
internal static class DataSourcesPages
{
    public static void Map(IEndpointRouteBuilder app)
    {
        app.MapGet("/", () => Page.SeeOther("/data-sources"));
        app.MapGet("/not-allowed", () => Results.StatusCode(StatusCodes.Status403Forbidden));
        app.MapGet("/data-sources", async (HttpContext context, string? q, string? status, string? sort, string? desc, string? page, OverviewReader overviews, RequestDesk requests, TimeProvider time, CancellationToken cancellationToken) =>
            Page.Of<DataSourcesPage>(DataSourcesModel.Of(
                await overviews.ListAsync(cancellationToken), SourcesQuestion.Of(q, status, sort, desc, page), context.User.MayOperate(), time) with { Invited = await requests.InvitedAsync(cancellationToken) })).RequireAuthorization(Roles.Viewer);
        app.MapGet("/data-sources/live", (HttpContext context, string? q, string? status, string? sort, string? desc, string? page, LiveFragments fragments, SourcesBoard board, TimeProvider time, IHostApplicationLifetime host) =>
            LiveEvents.Of(context, host, cancellationToken => WatchAsync(SourcesQuestion.Of(q, status, sort, desc, page), context.User.MayOperate(), fragments, board, time, cancellationToken))).RequireAuthorization(Roles.Viewer);
    }

    /// <summary>Rows stay where they are while somebody looks; what they say, the sums and the counts above them follow.</summary>
    private static async IAsyncEnumerable<SseItem<string>> WatchAsync(
        SourcesQuestion question, bool mayOperate, LiveFragments fragments, SourcesBoard board, TimeProvider time, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var sent = new Dictionary<ConnectionId, string>();
        IReadOnlyList<ConnectionId>? watched = null;
        string? head = null;
        using var timer = new PeriodicTimer(SourcesBoard.Shortest, time);
        do
        {
            var look = await board.LookAsync(cancellationToken);
            var model = DataSourcesModel.Of(look.All, question, mayOperate, time);
            watched ??= [.. model.Shown.Select(overview => overview.Connection.Id)];
            var above = await fragments.RenderAsync<SourcesHead>(model);
            if (above != head) yield return new SseItem<string>(head = above, LiveEvents.Patch);
            foreach (var id in watched)
            {
                if (look.CellsAsync(id) is not { } rendering) continue;
                var html = await rendering;
                if (ReferenceEquals(sent.GetValueOrDefault(id), html)) continue;
                sent[id] = html;
                yield return new SseItem<string>(html, LiveEvents.Patch);
            }
        }
        while (await timer.WaitForNextTickAsync(cancellationToken));
    }
}

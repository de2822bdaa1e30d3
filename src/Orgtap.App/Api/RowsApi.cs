using System.ComponentModel;
using Orgtap.App.Overviews;
using Orgtap.App.Web.SignIn;
using Orgtap.Connections;
using Orgtap.Replicas;
using Orgtap.Syncs;

namespace Orgtap.App.Api;

/// <summary>Rows of a replica, by the page and by Id.</summary>
internal static class RowsApi
{
    public static void Map(IEndpointRouteBuilder api)
    {
        var rows = api.MapGroup("/connections/{name}/rows").AddEndpointFilter<KnownConnectionFilter>().RequireAuthorization(Roles.Rows).WithTags("Rows");
        rows.MapGet("", async (string name, [Description("15 or 18 characters")] string id, ConnectionStore connections, RowExplorer explorer, CancellationToken cancellationToken) =>
            Found(await explorer.FindAsync(await connections.GetAsync(name, cancellationToken), null, id, cancellationToken), id)).Produces<RowDocument>().WithSummary("A row by its Id, wherever it is, and the runs that touched it");
        rows.MapGet("/{table}", PageAsync).WithSummary("Rows of a table, a page at a time");
        rows.MapGet("/{table}/{id}", async (string name, string table, string id, ConnectionStore connections, RowExplorer explorer, CancellationToken cancellationToken) =>
            Found(await explorer.FindAsync(await connections.GetAsync(name, cancellationToken), table, id, cancellationToken), id)).Produces<RowDocument>().WithSummary("One row and the runs that touched it");
    }

    private static async Task<RowsDocument> PageAsync(
        string name, string table, ConnectionStore connections, ReplicaRows rows, [Description("COLUMN:COMPARISON:VALUE, e.g. Industry:Is:Energy; may be repeated")] string[]? filter = null,
        [Description("Names of columns, separated by commas; all if absent")] string? columns = null, [Description("A column; Id if absent")] string? sort = null,
        [Description("From the greatest to the least")] bool descending = false, [Description("Rows that are marked deleted too")] bool deleted = false,
        [Description("The next of the page before")] string? after = null, [Description("1 to 1000")] int limit = 100, CancellationToken cancellationToken = default)
    {
        var question = new RowQuestion(
            columns is { Length: > 0 } ? columns.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries) : null, [.. (filter ?? []).Select(RowFilter.Parse)],
            sort, descending, deleted, after, limit);
        return RowsDocument.Of(table, await rows.PageAsync(await connections.GetAsync(name, cancellationToken), table, question, cancellationToken));
    }

    private static IResult Found((FoundRow Row, IReadOnlyList<RowTouch> Touches)? found, string id) => found is { } known
        ? Results.Ok(RowDocument.Of(known.Row, known.Touches))
        : Results.Problem(title: $"The replica has no row {id}.", detail: "It may not be selected, not synced yet, or deleted and removed.", statusCode: StatusCodes.Status404NotFound);
}

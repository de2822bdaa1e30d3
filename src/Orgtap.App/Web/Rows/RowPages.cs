using System.Globalization;
using System.Text;
using Orgtap.App.Overviews;
using Orgtap.App.Web.SignIn;
using Orgtap.Connections;
using Orgtap.Primitives;
using Orgtap.Replicas;
using Orgtap.Syncs;

namespace Orgtap.App.Web.Rows;

/// <param name="Sought">An Id that was asked for and is not there.</param>
public sealed record TablesModel(Connection Connection, IReadOnlyList<ReplicaTable> Tables, TimeProvider Time, string? Sought = null, OrgtapException? Problem = null);

/// <param name="Page">Null where the question could not be answered.</param>
public sealed record RowsModel(
    Connection Connection, string Table, IReadOnlyList<RowColumn> Columns, RowView View, RowPage? Page, long LiveRows, DateTimeOffset? LastComplete, TimeProvider Time, OrgtapException? Problem = null);

public sealed record RowModel(Connection Connection, FoundRow Row, IReadOnlyList<RowTouch> Touches, TimeProvider Time);

/// <summary>The copied rows: which tables there are, a table by the page, a row with its history.</summary>
internal static class RowPages
{
    public static void Map(IEndpointRouteBuilder app)
    {
        var rows = app.MapGroup("/connections/{name}/rows").RequireAuthorization(Roles.Viewer);
        rows.MapGet("", TablesAsync);
        rows.MapGet("/{table}", RowsAsync);
        rows.MapGet("/{table}/csv", CsvAsync);
        rows.MapGet("/{table}/{id}", RowAsync);
    }

    private static async Task<IResult> TablesAsync(string name, string? id, ConnectionStore connections, ReplicaFiles replicas, ReplicaRows rows, TimeProvider time, CancellationToken cancellationToken)
    {
        if (await connections.FindAsync(name, cancellationToken) is not { } connection) return Results.NotFound();
        var tables = await replicas.TablesAsync(connection, cancellationToken);
        var sought = id?.Trim() ?? "";
        if (sought.Length == 0) return Page.Of<TablesPage>(new TablesModel(connection, tables, time));
        try
        {
            return tables.Count > 0 && await rows.FindAsync(connection, sought, cancellationToken) is { } table
                ? Page.SeeOther($"/connections/{name}/rows/{table}/{sought}")
                : Page.Of<TablesPage>(new TablesModel(connection, tables, time, sought), StatusCodes.Status404NotFound);
        }
        catch (InvalidInputException problem)
        {
            return Page.Of<TablesPage>(new TablesModel(connection, tables, time, sought, problem), StatusCodes.Status400BadRequest);
        }
    }

    private static async Task<IResult> RowsAsync(
        string name, string table, HttpContext context, ConnectionStore connections, ReplicaFiles replicas, ReplicaRows rows, TimeProvider time, CancellationToken cancellationToken)
    {
        if (await connections.FindAsync(name, cancellationToken) is not { } connection) return Results.NotFound();
        if ((await replicas.TablesAsync(connection, cancellationToken)).FirstOrDefault(each => string.Equals(each.SObject, table, StringComparison.OrdinalIgnoreCase)) is not { } held) return Results.NotFound();
        var (sobject, columns) = await rows.ColumnsAsync(connection, table, cancellationToken);
        var view = RowView.Of(context.Request.Query, columns);
        // A filter that was typed in the form becomes part of the address.
        if (view.IsTyped) return Page.SeeOther(view.Address(name, sobject));
        try
        {
            return Page.Of<RowsPage>(new RowsModel(connection, sobject, columns, view, await rows.PageAsync(connection, sobject, view.Question(), cancellationToken), held.Rows, held.LastComplete, time));
        }
        catch (InvalidInputException problem)
        {
            return Page.Of<RowsPage>(new RowsModel(connection, sobject, columns, view, null, held.Rows, held.LastComplete, time, problem), StatusCodes.Status400BadRequest);
        }
    }

    private static async Task<IResult> RowAsync(
        string name, string table, string id, ConnectionStore connections, RowExplorer explorer, ReplicaFiles replicas, TimeProvider time, CancellationToken cancellationToken)
    {
        if (await connections.FindAsync(name, cancellationToken) is not { } connection || !replicas.Exists(connection)) return Results.NotFound();
        return await explorer.FindAsync(connection, table, id, cancellationToken) is { } found ? Page.Of<OneRowPage>(new RowModel(connection, found.Row, found.Touches, time)) : Results.NotFound();
    }

    /// <summary>All rows of the view, streamed: memory does not grow with the table.</summary>
    private static async Task<IResult> CsvAsync(string name, string table, HttpContext context, ConnectionStore connections, ReplicaRows rows, CancellationToken cancellationToken)
    {
        if (await connections.FindAsync(name, cancellationToken) is not { } connection) return Results.NotFound();
        var (sobject, columns) = await rows.ColumnsAsync(connection, table, cancellationToken);
        var question = RowView.Of(context.Request.Query, columns).Question();
        // Asked once before, so that what is wrong with the question is said while it can be.
        var first = await rows.PageAsync(connection, sobject, question with { Limit = 1 }, cancellationToken);
        context.Response.Headers.ContentDisposition = $"attachment; filename=\"{name}-{sobject}.csv\"";
        return Results.Stream(async stream =>
        {
            await using var writer = new StreamWriter(stream, new UTF8Encoding(false), 32 * 1024, leaveOpen: true) { NewLine = "\r\n" };
            await writer.WriteLineAsync(RowCsv.Line(first.Columns.Select(column => column.Name)));
            await foreach (var row in rows.AllAsync(connection, sobject, question with { After = null }, cancellationToken))
                await writer.WriteLineAsync(RowCsv.Line(row.Select((value, at) => ReplicaRows.TextOf(value, first.Columns[at].Type))));
        }, "text/csv; charset=utf-8");
    }
}

/// <summary>Rows as CSV (RFC 4180): NULL is an empty cell, empty text a quoted one.</summary>
internal static class RowCsv
{
    public static string Line(IEnumerable<string?> cells) => string.Join(',', cells.Select(Cli.QueryVerb.CsvCell));

    public static string Of(RowPage page) => string.Join("\r\n", page.Rows.Select(row => Line(row.Select((value, at) => ReplicaRows.TextOf(value, page.Columns[at].Type)))).Prepend(Line(page.Columns.Select(column => column.Name))));
}

using Orgtap.Extraction;
using Orgtap.Records;
using Orgtap.Replicas;
using Orgtap.Syncs;

namespace Orgtap.App.Overviews;

/// <summary>A column of a replica's table.</summary>
/// <param name="Current">Complete and kept up to date.</param>
public sealed record RowColumnDocument(string Name, ColumnType Type, bool Current)
{
    public static RowColumnDocument Of(RowColumn column) => new(column.Name, column.Type, column.IsCurrent);
}

/// <summary>A page of a table's rows.</summary>
/// <param name="Rows">Values as text in the order of the columns, null where empty (docs/types.md).</param>
/// <param name="Next">Give it as <c>after</c> to read on; absent: this is the last page.</param>
public sealed record RowsDocument(string Table, IReadOnlyList<RowColumnDocument> Columns, IReadOnlyList<string?[]> Rows, string? Next)
{
    public static RowsDocument Of(string table, RowPage page) => new(
        table, [.. page.Columns.Select(RowColumnDocument.Of)], [.. page.Rows.Select(row => row.Select((value, at) => ReplicaRows.TextOf(value, page.Columns[at].Type)).ToArray())], page.Next);
}

/// <summary>A run that touched a row.</summary>
/// <param name="Certain">False: it may have.</param>
public sealed record RowTouchDocument(long Run, DateTimeOffset At, string StartedBy, LoadMode Mode, bool Certain, string What)
{
    public static RowTouchDocument Of(RowTouch touch) => new(touch.Run.Id.Value, touch.Run.StartedAt, touch.Run.StartedBy, touch.Mode, touch.IsCertain, touch.Sentence);
}

/// <summary>One row and the runs that touched it.</summary>
public sealed record RowDocument(string Table, string Id, IReadOnlyDictionary<string, string?> Values, IReadOnlyList<RowTouchDocument> Runs)
{
    public static RowDocument Of(FoundRow row, IEnumerable<RowTouch> touches) => new(
        row.SObject, row.Id, row.Columns.Select((column, at) => (column.Name, Value: ReplicaRows.TextOf(row.Values[at], column.Type))).ToDictionary(pair => pair.Name, pair => pair.Value),
        [.. touches.Select(RowTouchDocument.Of)]);
}

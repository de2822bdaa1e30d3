using System.Text;
using Orgtap.Masking;
using Orgtap.Records;
using SQLitePCL;
using static Orgtap.Replicas.SqlName;

namespace Orgtap.Replicas.Sqlite;

/// <summary>Masks texts that lie in a file already, and sees to it that nothing of the originals stays in it.</summary>
internal static class StoredTexts
{
    private const int RowsAtOnce = 10_000;

    /// <summary>From now on what is replaced or deleted is overwritten with zeros (SQLite: secure_delete). Holds until the file is closed.</summary>
    public static void WipeWhatIsReplaced(SqliteFile file) => file.ScalarLong("PRAGMA secure_delete=ON");

    /// <summary>Writes the file anew, so that its free pages hold nothing of what was there before, and empties the log. Not within a transaction.</summary>
    public static void Wipe(SqliteFile file)
    {
        file.Execute("VACUUM");
        // A reader may hold the log; it is emptied with the next copy then.
        file.ScalarLong("PRAGMA wal_checkpoint(TRUNCATE)");
    }

    /// <summary>Masks some rows of a table, within the caller's transaction.</summary>
    /// <param name="after">The rowid that the last piece ended with; 0: from the beginning.</param>
    /// <returns>Where the next piece begins; null: the table is done.</returns>
    public static (long? After, MaskCounts Masked) Mask(SqliteFile file, long tableId, string table, TextMasker masker, long after)
    {
        var columns = TableShape.StoredColumns(file, tableId).Values.Where(column => column.Type == ColumnType.Text).Select(column => Quote(column.Name)).ToList();
        if (columns.Count == 0) return (null, MaskCounts.None);
        var until = file.ScalarLong($"SELECT max(rowid) FROM (SELECT rowid FROM {Quote(table)} WHERE rowid > ?1 ORDER BY rowid LIMIT {RowsAtOnce})", after);
        if (until == 0) return (null, MaskCounts.None);

        WipeWhatIsReplaced(file);
        var counts = new long[masker.RuleCount];
        raw.sqlite3_create_function(file.Handle, "orgtap_masked", 1, null, (context, _, arguments) =>
        {
            if (Masked(masker, arguments[0], counts) is { } masked) raw.sqlite3_result_text(context, masked);
            else raw.sqlite3_result_null(context);
        });
        raw.sqlite3_create_function(file.Handle, "orgtap_must_mask", 1, null,
            (context, _, arguments) => raw.sqlite3_result_int(context, Masked(masker, arguments[0], new long[masker.RuleCount]) is null ? 0 : 1));
        file.Run($"""
            UPDATE {Quote(table)} SET {string.Join(", ", columns.Select(column => $"{column} = ifnull(orgtap_masked({column}), {column})"))}
            WHERE rowid > ?1 AND rowid <= ?2 AND ({string.Join(" OR ", columns.Select(column => $"orgtap_must_mask({column})"))})
            """, after, until);
        return (until, masker.CountsOf(counts));
    }

    private static string? Masked(TextMasker masker, sqlite3_value value, long[] counts) => raw.sqlite3_value_type(value) is raw.SQLITE_TEXT or raw.SQLITE_BLOB
        ? masker.Mask(raw.sqlite3_value_blob(value), counts) is { } masked ? Encoding.UTF8.GetString(masked) : null
        : null;
}

using SQLitePCL;

namespace Orgtap.Replicas.Sqlite;

/// <summary>
/// Counts rows whose deletion mark an update turns. SQLite calls it from the upsert itself, only for the rows where the mark turns, so that counting
/// costs nothing where it does not.
/// </summary>
internal sealed class DeletionTurns
{
    public const string Function = "orgtap_deletion_turned";

    /// <summary>Updated rows that became deleted.</summary>
    public long Deleted { get; private set; }

    /// <summary>Updated rows that were deleted and came back.</summary>
    public long Restored { get; private set; }

    public void Register(SqliteFile file) => raw.sqlite3_create_function(file.Handle, Function, 2, null, Count);

    public void Clear() => (Deleted, Restored) = (0, 0);

    /// <summary>Arguments: the new mark and the old one. Gives the new one back.</summary>
    private void Count(sqlite3_context context, object user, sqlite3_value[] arguments)
    {
        var (now, before) = (raw.sqlite3_value_int(arguments[0]) != 0, raw.sqlite3_value_int(arguments[1]) != 0);
        if (now && !before) Deleted++;
        if (before && !now) Restored++;
        if (raw.sqlite3_value_type(arguments[0]) == raw.SQLITE_NULL) raw.sqlite3_result_null(context);
        else raw.sqlite3_result_int(context, now ? 1 : 0);
    }
}

using Orgtap.Primitives;
using SQLitePCL;

namespace Orgtap.Replicas.Sqlite;

/// <summary>Makes an empty file a replica and recognises one. Layouts only ever add.</summary>
internal static class ReplicaLayout
{
    /// <summary>Marks the file as ours in its header: <c>OTap</c>.</summary>
    private const long ApplicationId = 0x4F546170;

    private const long Version = 2;

    /// <summary>What layout 2 added; made in files of layout 1 too.</summary>
    private const string Missing = """
        CREATE TABLE IF NOT EXISTS _orgtap_missing (
          table_id INTEGER NOT NULL,
          id TEXT NOT NULL,
          PRIMARY KEY (table_id, id)) WITHOUT ROWID;
        """;

    private const string Tables = """
        CREATE TABLE _orgtap_tables (
          id INTEGER PRIMARY KEY,
          sobject TEXT NOT NULL UNIQUE COLLATE NOCASE,
          table_name TEXT NOT NULL,
          fence INTEGER NOT NULL DEFAULT 0,
          checkpoint TEXT,
          last_complete INTEGER, -- UTC, milliseconds since 1970
          live_rows INTEGER NOT NULL DEFAULT 0,
          deleted_rows INTEGER NOT NULL DEFAULT 0);
        CREATE TABLE _orgtap_columns (
          table_id INTEGER NOT NULL REFERENCES _orgtap_tables (id),
          name TEXT NOT NULL COLLATE NOCASE,
          type TEXT NOT NULL,
          digits INTEGER NOT NULL,
          scale INTEGER NOT NULL,
          updated INTEGER NOT NULL, -- 1: complete and kept up to date; 2: being filled; 0: no longer selected, the values are old
          PRIMARY KEY (table_id, name)) WITHOUT ROWID;
        CREATE TABLE _orgtap_seen (
          table_id INTEGER NOT NULL,
          id TEXT NOT NULL,
          PRIMARY KEY (table_id, id)) WITHOUT ROWID;
        """;

    /// <exception cref="OrgtapException">The file is something else, is damaged, or may not be written.</exception>
    public static void Ensure(SqliteFile file)
    {
        if (raw.sqlite3_db_readonly(file.Handle, "main") == 1) throw SqliteFailure.Of(raw.SQLITE_READONLY, file.Path, "opened read-only");
        file.Execute("PRAGMA foreign_keys=on; PRAGMA secure_delete=off; PRAGMA synchronous=NORMAL; PRAGMA temp_store=MEMORY; PRAGMA cache_size=-16384;");
        if (!IsEmpty(file)) Recognise(file);
        // The log is copied beside the writer (WalCheckpoints), not within its commits.
        file.Execute("PRAGMA journal_mode=WAL; PRAGMA journal_size_limit=67108864; PRAGMA wal_autocheckpoint=0;");
        if (!IsEmpty(file) && file.ScalarLong("PRAGMA user_version") == Version) return;
        file.Execute("BEGIN IMMEDIATE");
        try
        {
            // Another process may have been first.
            if (IsEmpty(file)) file.Execute($"{Tables} PRAGMA application_id={ApplicationId};");
            file.Execute($"{Missing} PRAGMA user_version={Version};");
            file.Execute("COMMIT");
        }
        catch
        {
            file.Rollback();
            throw;
        }
    }

    /// <exception cref="OrgtapException">It is no replica, or a newer one than this program knows.</exception>
    public static void Recognise(SqliteFile file)
    {
        var application = file.ScalarLong("PRAGMA application_id");
        if (application != ApplicationId) throw SqliteFailure.NotAReplica(file.Path, $"application_id {application:x}");
        var version = file.ScalarLong("PRAGMA user_version");
        if (version > Version) throw SqliteFailure.TooNew(file.Path, $"user_version {version}");
    }

    private static bool IsEmpty(SqliteFile file) => file.ScalarLong("SELECT count(*) FROM sqlite_master") == 0;
}

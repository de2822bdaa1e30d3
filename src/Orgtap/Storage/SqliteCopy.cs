using Dapper;
using Microsoft.Data.Sqlite;
using Orgtap.Primitives;
using SQLitePCL;

namespace Orgtap.Storage;

/// <summary>Copies an SQLite database that others go on writing, as it stood at one moment between two transactions.</summary>
public static class SqliteCopy
{
    /// <summary>Pages between two looks at the cancellation token: 16 MB.</summary>
    private const int PagesAtOnce = 4096;

    /// <summary>Copies and checks the copy. It is one file, without a log beside it, so that it can be read from a medium that cannot be written, and is on the disk when this returns.</summary>
    /// <param name="source">Is only read. Its writers go on meanwhile; its log grows until the copy is made.</param>
    /// <param name="target">Must not exist. What is there after a failure is of no use.</param>
    /// <exception cref="OrgtapException">The source is missing, damaged or locked, or the target cannot be written.</exception>
    public static void Make(string source, string target, CancellationToken cancellationToken)
    {
        try
        {
            using var from = Open(source, SqliteOpenMode.ReadOnly);
            using var to = Open(target, SqliteOpenMode.ReadWriteCreate);
            if (!OperatingSystem.IsWindows()) File.SetUnixFileMode(target, UnixFileMode.UserRead | UnixFileMode.UserWrite);
            // A copy that breaks off is thrown away, so nothing has to be able to mend it.
            to.Execute("PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF");
            // One read transaction around all steps: without it, each commit of a writer would begin the copy anew.
            from.Execute("BEGIN TRANSACTION");
            from.ExecuteScalar<long>("SELECT COUNT(*) FROM sqlite_master");
            CopyPages(from, to, cancellationToken);
            from.Execute("ROLLBACK TRANSACTION");
            to.Execute("PRAGMA journal_mode=DELETE");
            if (to.QueryFirst<string>("PRAGMA quick_check(1)") is not "ok" and var damage) throw Damaged(source, damage, null);
        }
        catch (SqliteException failure)
        {
            throw Explain(failure, source, target);
        }
        using var written = new FileStream(target, FileMode.Open, FileAccess.ReadWrite);
        written.Flush(flushToDisk: true);
    }

    private static void CopyPages(SqliteConnection from, SqliteConnection to, CancellationToken cancellationToken)
    {
        using var copying = raw.sqlite3_backup_init(to.Handle, "main", from.Handle, "main");
        if (copying.IsInvalid) SqliteException.ThrowExceptionForRC(raw.sqlite3_errcode(to.Handle), to.Handle);
        int step;
        do
        {
            cancellationToken.ThrowIfCancellationRequested();
            step = raw.sqlite3_backup_step(copying, PagesAtOnce);
        }
        while (step == raw.SQLITE_OK);
        if (step != raw.SQLITE_DONE) SqliteException.ThrowExceptionForRC(step, to.Handle);
    }

    private static SqliteConnection Open(string path, SqliteOpenMode mode)
    {
        var db = SqliteLibrary.Connection(new SqliteConnectionStringBuilder { DataSource = path, Mode = mode, Pooling = false, DefaultTimeout = 30 });
        try
        {
            db.Open();
            db.Execute("PRAGMA busy_timeout=30000");
            return db;
        }
        catch
        {
            db.Dispose();
            throw;
        }
    }

    private static OrgtapException Explain(SqliteException failure, string source, string target) => failure.SqliteErrorCode switch
    {
        raw.SQLITE_FULL => new OrgtapException(FailureKind.InvalidInput, $"There is no room left to write {target}.", "Make room on the disk, or name a directory on another.", failure.Message, failure),
        raw.SQLITE_CORRUPT or raw.SQLITE_NOTADB => Damaged(source, failure.Message, failure),
        raw.SQLITE_BUSY or raw.SQLITE_LOCKED => new OrgtapException(FailureKind.Transient, $"Another program keeps {source} locked.", "Try again; if it goes on, close the program that writes to the file.", failure.Message, failure),
        _ => new OrgtapException(FailureKind.InvalidInput, $"{source} cannot be copied to {target}.", "Check that this user may read the one and write the other, and that the disk has room left.", failure.Message, failure),
    };

    private static OrgtapException Damaged(string source, string detail, Exception? inner) => new(FailureKind.InvalidInput, $"The database {source} is damaged, so no copy of it is of use.",
        "Put an earlier backup in its place. A replica may also be moved away: the next sync loads a new one from the org.", detail, inner);
}

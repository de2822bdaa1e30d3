using Orgtap.Storage;
using SQLitePCL;

namespace Orgtap.Tests.Replicas;

/// <summary>Another program that has the file open.</summary>
internal sealed class RawSqlite : IDisposable
{
    private readonly sqlite3 _handle;

    private RawSqlite(sqlite3 handle) => _handle = handle;

    public static RawSqlite Open(string path)
    {
        SqliteLibrary.EnsureLoaded();
        Assert.Equal(raw.SQLITE_OK, raw.sqlite3_open(path, out var handle));
        return new RawSqlite(handle);
    }

    /// <summary>Runs statements on a connection of their own.</summary>
    public static void Execute(string path, string sql)
    {
        using var file = Open(path);
        file.Execute(sql);
    }

    /// <summary>The first column of the first row as text; null if there is none.</summary>
    public static string? Scalar(string path, string sql)
    {
        using var file = Open(path);
        Assert.Equal(raw.SQLITE_OK, raw.sqlite3_prepare_v2(file._handle, sql, out var statement));
        using (statement) return raw.sqlite3_step(statement) == raw.SQLITE_ROW ? raw.sqlite3_column_text(statement, 0).utf8_to_string() : null;
    }

    public void Execute(string sql)
    {
        var rc = raw.sqlite3_exec(_handle, sql, out var error);
        Assert.True(rc == raw.SQLITE_OK, error);
    }

    public void Dispose() => _handle.Dispose();
}

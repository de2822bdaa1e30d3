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

    public void Execute(string sql)
    {
        var rc = raw.sqlite3_exec(_handle, sql, out var error);
        Assert.True(rc == raw.SQLITE_OK, error);
    }

    public void Dispose() => _handle.Dispose();
}

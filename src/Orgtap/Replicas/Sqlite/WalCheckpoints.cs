using SQLitePCL;

namespace Orgtap.Replicas.Sqlite;

/// <summary>
/// Copies committed pages from the write-ahead log into the file, on a connection and a thread of its own, while the next rows are being written: SQLite would
/// do it inside the commit. A log that has grown large is copied to its end before the next transaction begins, which then starts the log anew: only so is its size bounded.
/// </summary>
internal sealed class WalCheckpoints(string path) : IDisposable
{
    /// <summary>Frames of 4 KB: 64 MB, as much as a log keeps on disk when it is started anew.</summary>
    private const long LargeLog = 16_384;

    private readonly Lock _gate = new();
    private SqliteFile? _file;
    private Task _pass = Task.CompletedTask;
    private long _frames;
    private bool _disposed;

    /// <summary>Called behind each commit, by the writer, with no transaction open.</summary>
    public void AfterCommit()
    {
        if (Volatile.Read(ref _frames) > LargeLog) Pass();
        else if (_pass.IsCompleted) _pass = Task.Run(Pass);
    }

    public void Dispose()
    {
        lock (_gate)
        {
            _disposed = true;
            _file?.Dispose();
            _file = null;
        }
    }

    private SqliteFile Open()
    {
        var file = SqliteFile.Open(path, readOnly: false);
        // A connection learns of the log with its first look at the file; before that there is nothing to copy for it.
        file.ScalarLong("SELECT count(*) FROM sqlite_master");
        return file;
    }

    private void Pass()
    {
        lock (_gate)
        {
            if (_disposed) return;
            try
            {
                _file ??= Open();
                if (raw.sqlite3_wal_checkpoint_v2(_file.Handle, "main", raw.SQLITE_CHECKPOINT_PASSIVE, out var frames, out var copied) != raw.SQLITE_OK) return;
                Volatile.Write(ref _frames, copied == frames ? 0 : frames);
            }
            catch (Primitives.OrgtapException)
            {
                // What is committed is safe in the log; whatever keeps it from being copied now is met again by the next pass.
            }
        }
    }
}

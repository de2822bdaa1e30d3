using Orgtap.Primitives;
using SQLitePCL;

namespace Orgtap.Replicas.Sqlite;

/// <summary>Puts SQLite's result codes (https://www.sqlite.org/rescode.html) into words and says who acts. The only place that reads them.</summary>
internal static class SqliteFailure
{
    public static OrgtapException Of(int resultCode, string path, string sqliteText)
    {
        var detail = $"SQLite {resultCode}: {sqliteText}";
        return (resultCode & 0xff) switch
        {
            raw.SQLITE_FULL => new OrgtapException(FailureKind.InvalidInput, $"There is no room left to write the replica {path}.",
                "Make room on the disk, or raise the limit set for the file, and sync again. The replica holds all pages up to the last one that fitted.", detail),
            raw.SQLITE_READONLY or raw.SQLITE_PERM or raw.SQLITE_AUTH => new OrgtapException(FailureKind.InvalidInput,
                $"The replica {path} may be read but not written.", "Give the account that runs Orgtap the right to write the file and its folder.", detail),
            raw.SQLITE_CANTOPEN => new OrgtapException(FailureKind.InvalidInput, $"The replica {path} cannot be opened.",
                "Check that the folder exists and that the account that runs Orgtap may use it.", detail),
            raw.SQLITE_NOTADB => NotAReplica(path, detail),
            raw.SQLITE_CORRUPT => new OrgtapException(FailureKind.InvalidInput, $"The replica {path} is damaged.",
                "Put a backup in its place, or move the file away and sync again: a new replica is loaded from the org.", detail),
            raw.SQLITE_BUSY or raw.SQLITE_LOCKED => new OrgtapException(FailureKind.Transient,
                $"Another program keeps the replica {path} locked.", "Orgtap tries again; if it goes on, close the program that writes to the file.", detail),
            raw.SQLITE_IOERR or raw.SQLITE_NOMEM => new OrgtapException(FailureKind.Transient,
                $"The system failed to read or write the replica {path}.", "Orgtap tries again; if it goes on, check the disk and the memory.", detail),
            raw.SQLITE_INTERRUPT => new OrgtapException(FailureKind.Transient, "The query was stopped.", "Run it again.", detail),
            _ => new OrgtapException(FailureKind.Defect, $"SQLite refused an operation on the replica {path}.",
                "Report this with the details; nothing was written.", detail),
        };
    }

    public static OrgtapException NotAReplica(string path, string detail) => new(FailureKind.InvalidInput,
        $"The file {path} is not a replica that Orgtap made.", "Name another file, or move this one away. It was not changed.", detail);

    public static OrgtapException TooNew(string path, string detail) => new(FailureKind.InvalidInput,
        $"The replica {path} was made by a newer version of Orgtap.", "Install that version or a later one. The file was not changed.", detail);
}

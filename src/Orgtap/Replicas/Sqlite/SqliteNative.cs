using Orgtap.Storage;

namespace Orgtap.Replicas.Sqlite;

/// <summary>
/// SQLite's functions as the row loop calls them. The wrapper always lets SQLite copy a value; these hand over the batch's own pinned memory, and
/// the calls that end in nanoseconds skip the switch to the runtime's preemptive mode.
/// </summary>
internal sealed unsafe class SqliteNative
{
    /// <summary>The bytes stay where they are until the binding is replaced or cleared.</summary>
    public const nint Static = 0;

    public readonly delegate* unmanaged[Cdecl, SuppressGCTransition]<nint, int, byte*, int, nint, int> BindText;
    public readonly delegate* unmanaged[Cdecl, SuppressGCTransition]<nint, int, byte*, int, nint, int> BindBlob;
    public readonly delegate* unmanaged[Cdecl, SuppressGCTransition]<nint, int, long, int> BindLong;
    public readonly delegate* unmanaged[Cdecl, SuppressGCTransition]<nint, int, double, int> BindDouble;
    public readonly delegate* unmanaged[Cdecl, SuppressGCTransition]<nint, int, int> BindNull;
    public readonly delegate* unmanaged[Cdecl, SuppressGCTransition]<nint, int> Changes;
    public readonly delegate* unmanaged[Cdecl, SuppressGCTransition]<nint, long> LastInsertRowId;
    public readonly delegate* unmanaged[Cdecl, SuppressGCTransition]<nint, long, void> SetLastInsertRowId;
    public readonly delegate* unmanaged[Cdecl]<nint, int> Step;
    public readonly delegate* unmanaged[Cdecl]<nint, int> Reset;

    public SqliteNative()
    {
        BindText = (delegate* unmanaged[Cdecl, SuppressGCTransition]<nint, int, byte*, int, nint, int>)SqliteLibrary.Export("sqlite3_bind_text");
        BindBlob = (delegate* unmanaged[Cdecl, SuppressGCTransition]<nint, int, byte*, int, nint, int>)SqliteLibrary.Export("sqlite3_bind_blob");
        BindLong = (delegate* unmanaged[Cdecl, SuppressGCTransition]<nint, int, long, int>)SqliteLibrary.Export("sqlite3_bind_int64");
        BindDouble = (delegate* unmanaged[Cdecl, SuppressGCTransition]<nint, int, double, int>)SqliteLibrary.Export("sqlite3_bind_double");
        BindNull = (delegate* unmanaged[Cdecl, SuppressGCTransition]<nint, int, int>)SqliteLibrary.Export("sqlite3_bind_null");
        Changes = (delegate* unmanaged[Cdecl, SuppressGCTransition]<nint, int>)SqliteLibrary.Export("sqlite3_changes");
        LastInsertRowId = (delegate* unmanaged[Cdecl, SuppressGCTransition]<nint, long>)SqliteLibrary.Export("sqlite3_last_insert_rowid");
        SetLastInsertRowId = (delegate* unmanaged[Cdecl, SuppressGCTransition]<nint, long, void>)SqliteLibrary.Export("sqlite3_set_last_insert_rowid");
        Step = (delegate* unmanaged[Cdecl]<nint, int>)SqliteLibrary.Export("sqlite3_step");
        Reset = (delegate* unmanaged[Cdecl]<nint, int>)SqliteLibrary.Export("sqlite3_reset");
    }
}

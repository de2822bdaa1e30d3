using System.Runtime.InteropServices;
using Microsoft.Data.Sqlite;

namespace Orgtap.Storage;

/// <summary>
/// Loads SQLite once per process: the operating system's library where there is one (newer, patched by the distribution), else the one in
/// the package (3.35.5).
/// </summary>
public static class SqliteLibrary
{
    private static readonly Lazy<(string Version, nint Handle)> Loaded = new(Load);

    /// <summary>Must run before the first use of SQLite.</summary>
    /// <returns>The version in use, e.g. <c>3.40.1</c>.</returns>
    public static string EnsureLoaded() => Loaded.Value.Version;

    /// <summary>
    /// A connection, not yet open. The one way to make one: a driver that were used before the library is chosen would take some of its functions from the
    /// package's library and others from the system's, and write through the one what the other reads at another place.
    /// </summary>
    public static SqliteConnection Connection(SqliteConnectionStringBuilder to)
    {
        EnsureLoaded();
#pragma warning disable RS0030 // The place that the ban points to.
        return new SqliteConnection(to.ToString());
#pragma warning restore RS0030
    }

    /// <summary>The address of a function of the loaded library, for calls so frequent that a wrapper's cost shows.</summary>
    public static nint Export(string function) => NativeLibrary.GetExport(Loaded.Value.Handle, function);

    private static (string Version, nint Handle) Load()
    {
        var provider = typeof(SQLitePCL.SQLite3Provider_e_sqlite3).Assembly;
        nint library = 0;
        // Whoever came first has taken functions of the package's library already; all others must come from there too.
        if (IsInUse()) return (SQLitePCL.raw.sqlite3_libversion().utf8_to_string(), NativeLibrary.Load("e_sqlite3", provider, null));
        foreach (var candidate in (ReadOnlySpan<string>)["libsqlite3.so.0", "libsqlite3.dylib", "winsqlite3.dll"])
            if (NativeLibrary.TryLoad(candidate, out library)) break;
        if (library == 0) library = NativeLibrary.Load("e_sqlite3", provider, null); // the library in the package
        NativeLibrary.SetDllImportResolver(provider, (name, _, _) => name == "e_sqlite3" ? library : 0);
        SQLitePCL.Batteries_V2.Init();
        // Counting every allocation under a lock serves nobody here. Refused if another library has begun to use SQLite; then it only costs time.
        _ = SQLitePCL.raw.sqlite3_shutdown();
        _ = SQLitePCL.raw.sqlite3_config(SQLitePCL.raw.SQLITE_CONFIG_MEMSTATUS, 0);
        _ = SQLitePCL.raw.sqlite3_initialize();
        return (SQLitePCL.raw.sqlite3_libversion().utf8_to_string(), library);
    }

    private static bool IsInUse()
    {
        try
        {
            return SQLitePCL.raw.GetNativeLibraryName().Length > 0;
        }
        catch (Exception)
        {
            // It has no better way to say that no library is chosen.
            return false;
        }
    }
}

using System.Runtime.InteropServices;

namespace Orgtap.Storage;

/// <summary>
/// Loads SQLite once per process: the operating system's library where there is one (newer, patched by the distribution), else the one in
/// the package (3.35.5).
/// </summary>
public static class SqliteLibrary
{
    private static readonly Lazy<string> Loaded = new(Load);

    /// <summary>Must run before the first use of SQLite.</summary>
    /// <returns>The version in use, e.g. <c>3.40.1</c>.</returns>
    public static string EnsureLoaded() => Loaded.Value;

    private static string Load()
    {
        NativeLibrary.SetDllImportResolver(typeof(SQLitePCL.SQLite3Provider_e_sqlite3).Assembly, (name, _, _) =>
        {
            if (name != "e_sqlite3") return 0;
            foreach (var candidate in (ReadOnlySpan<string>)["libsqlite3.so.0", "libsqlite3.dylib", "winsqlite3.dll"])
                if (NativeLibrary.TryLoad(candidate, out var handle)) return handle;
            return 0; // default probing finds the library in the package
        });
        SQLitePCL.Batteries_V2.Init();
        return SQLitePCL.raw.sqlite3_libversion().utf8_to_string();
    }
}

namespace Orgtap.App.Composition;

/// <summary>Directories and files that only their owner may read.</summary>
internal static class PrivateDirectory
{
    public static void Ensure(string path)
    {
        if (Directory.Exists(path)) return;
        if (OperatingSystem.IsWindows()) Directory.CreateDirectory(path);
        else Directory.CreateDirectory(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }
}

using Orgtap.Primitives;

namespace Orgtap.Backups;

/// <summary>
/// A directory that is filled beside its place, as <c>NAME.part</c>, and gets its name when it is whole. One process at a time fills it; what a killed one left is thrown away by the next.
/// </summary>
internal sealed class UnfinishedDirectory : IDisposable
{
    private const string LockName = ".part-lock";

    private readonly string _final;
    private readonly FileStream _lock;
    private bool _finished;

    private UnfinishedDirectory(string final, FileStream held) => (_final, _lock) = (final, held);

    /// <summary>Where the files go until then.</summary>
    public string Path => PartOf(_final);

    /// <param name="final">Must not exist, or be an empty directory.</param>
    /// <exception cref="InvalidInputException">Another process fills it.</exception>
    /// <exception cref="IOException">It cannot be made.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be made.</exception>
    public static UnfinishedDirectory Begin(string final)
    {
        var part = PartOf(final);
        MakePrivate(part);
        var lockPath = System.IO.Path.Combine(part, LockName);
        FileStream held;
        try
        {
            held = new FileStream(lockPath, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException failure) when (File.Exists(lockPath))
        {
            throw new InvalidInputException($"Another process is writing {final} at this moment.", "Wait until it has ended, or name another directory.", failure);
        }
        var directory = new UnfinishedDirectory(final, held);
        try
        {
            directory.Clear();
            return directory;
        }
        catch
        {
            held.Dispose();
            throw;
        }
    }

    /// <summary>The path of a file below, whose directories are made.</summary>
    public string Place(string path)
    {
        var place = System.IO.Path.Combine(Path, System.IO.Path.Combine(path.Split('/')));
        MakePrivate(System.IO.Path.GetDirectoryName(place)!);
        return place;
    }

    /// <summary>Gives it its name.</summary>
    /// <exception cref="IOException">Something else has the name by now, or the empty directory that has it cannot be replaced.</exception>
    public void Finish()
    {
        if (Directory.Exists(_final)) Directory.Delete(_final);
        // Where the system lets an open file be renamed, the lock is held until there is nothing left to lock.
        if (OperatingSystem.IsWindows()) Unlock(Path);
        Directory.Move(Path, _final);
        _finished = true;
        Unlock(_final);
    }

    public void Dispose()
    {
        if (!_finished)
        {
            try
            {
                Clear();
                Unlock(Path);
                Directory.Delete(Path);
            }
            catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
            {
                // It has no name that anybody takes for a whole one; the next that fills it removes it.
            }
        }
        _lock.Dispose();
    }

    private static string PartOf(string final) => final + ".part";

    private static void MakePrivate(string path)
    {
        if (OperatingSystem.IsWindows()) Directory.CreateDirectory(path);
        else Directory.CreateDirectory(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }

    private void Unlock(string directory)
    {
        _lock.Dispose();
        File.Delete(System.IO.Path.Combine(directory, LockName));
    }

    private void Clear()
    {
        foreach (var directory in Directory.EnumerateDirectories(Path)) Directory.Delete(directory, recursive: true);
        foreach (var file in Directory.EnumerateFiles(Path))
            if (System.IO.Path.GetFileName(file) != LockName) File.Delete(file);
    }
}

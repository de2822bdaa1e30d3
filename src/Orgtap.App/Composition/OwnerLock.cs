using System.Text.Json;
using Orgtap.Primitives;

namespace Orgtap.App.Composition;

/// <summary>Another process has the data directory open for syncing.</summary>
public sealed class DirectoryInUseException(string message, string nextStep, Exception? inner = null)
    : OrgtapException(FailureKind.InvalidInput, message, nextStep, null, inner)
{
    /// <summary>The owner of this data directory, for people; null where it is not known or owns something else.</summary>
    public string? Owner { get; init; }
}

/// <summary>
/// Makes one process the owner of a data directory: <c>orgtap.lock</c> is held by the operating system for as long as the process lives,
/// so a killed owner leaves nothing behind that has to be cleaned up. <c>orgtap.owner</c> beside it says who the owner is (a locked file cannot be
/// read everywhere).
/// </summary>
public sealed class OwnerLock : IDisposable
{
    private readonly FileStream _file;
    private readonly Owner _owner;
    private readonly string _ownerPath;

    private OwnerLock(FileStream file, string ownerPath, Owner owner)
    {
        _file = file;
        _ownerPath = ownerPath;
        _owner = owner;
    }

    /// <param name="verb">What the owner does, e.g. <c>serve</c>; shown to whoever comes second.</param>
    /// <exception cref="DirectoryInUseException">Another process owns the directory; names it.</exception>
    public static OwnerLock Take(string dataDirectory, string verb)
    {
        var path = Path.Combine(dataDirectory, "orgtap.lock");
        var ownerPath = Path.Combine(dataDirectory, "orgtap.owner");
        FileStream file;
        try
        {
            PrivateDirectory.Ensure(dataDirectory);
            file = new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (UnauthorizedAccessException failure)
        {
            throw new InvalidInputException($"The data directory {dataDirectory} cannot be written to.",
                "Run orgtap as the user who owns it, or name another with --data.", failure);
        }
        catch (IOException failure)
        {
            throw Refusal(dataDirectory, ReadOwner(ownerPath), failure);
        }
        var taken = new OwnerLock(file, ownerPath, new Owner(Environment.ProcessId, verb, null));
        taken.Write();
        return taken;
    }

    /// <summary>Tells latecomers where the owner's web page is.</summary>
    public void Announce(Uri address) => Write(address.AbsoluteUri);

    /// <summary>Where the web page of the directory's owner is, as it announced; null where none has. An owner that was killed is still named: its next start listens there too.</summary>
    public static Uri? AnnouncedFor(string dataDirectory) =>
        ReadOwner(Path.Combine(dataDirectory, "orgtap.owner")) is { Address: { } address } ? new Uri(address) : null;

    public void Dispose()
    {
        // The locked file stays: deleting it would let a third process lock a file that a second one still waits for.
        File.Delete(_ownerPath);
        _file.Dispose();
    }

    private void Write(string? address = null) => File.WriteAllText(_ownerPath, JsonSerializer.Serialize(_owner with { Address = address }));

    private static Owner? ReadOwner(string path)
    {
        try
        {
            return JsonSerializer.Deserialize<Owner>(File.ReadAllText(path));
        }
        catch (Exception unreadable) when (unreadable is IOException or JsonException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private static DirectoryInUseException Refusal(string directory, Owner? owner, Exception inner) => owner switch
    {
        { Address: { } address } => new DirectoryInUseException(
            $"The data directory {directory} is in use by `orgtap {owner.Verb}` (process {owner.Pid}).",
            $"Do it there: {address} (page or HTTP API), or stop that process first, or name another directory with --data.", inner) { Owner = $"`orgtap {owner.Verb}` (process {owner.Pid})" },
        { } => new DirectoryInUseException(
            $"The data directory {directory} is in use by `orgtap {owner.Verb}` (process {owner.Pid}).",
            "Wait until it ends, stop it, or name another directory with --data.", inner),
        null => new DirectoryInUseException($"The data directory {directory} is in use by another process.",
            "Stop the other orgtap, or name another directory with --data.", inner),
    };

    private sealed record Owner(int Pid, string Verb, string? Address);
}

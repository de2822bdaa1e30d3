using System.Globalization;
using System.IO.Compression;
using System.Text;
using Orgtap.Conversations.Importing;
using Orgtap.Primitives;

namespace Orgtap.Conversations.Outputs;

/// <summary>
/// Writes changes as JSON Lines: a conversation a line, and for one that is gone <c>{"id":…,"removed":true}</c>. A file appears whole, by a rename, and is called after its first change, so that one that is
/// written again after a crash takes the place of itself.
/// </summary>
internal sealed class FileWriter(ConversationTables tables, FileOutput output, string directory)
{
    /// <summary>The position up to which changes are in files.</summary>
    public const string PositionName = "files";

    private const string NameStart = "conversations-";
    private const int Read = 500;

    /// <exception cref="InvalidInputException">The directory or the number cannot be used.</exception>
    public static void Check(FileOutput output)
    {
        if (output.Directory is { } directory && !Path.IsPathFullyQualified(directory)) throw new InvalidInputException($"\"{directory}\" is no absolute path.", "Give the whole path, e.g. /srv/conversations.");
        if (output.ConversationsPerFile is < 1 or > 1_000_000) throw new InvalidInputException($"{output.ConversationsPerFile} conversations in a file are not possible.", "Give 1 to 1000000.");
    }

    /// <summary>The number of the first change in a file of this name; null: no whole file of ours.</summary>
    public static long? FirstChangeOf(string path)
    {
        var name = Path.GetFileName(path);
        return name.StartsWith(NameStart, StringComparison.Ordinal) && (name.EndsWith(".jsonl", StringComparison.Ordinal) || name.EndsWith(".jsonl.gz", StringComparison.Ordinal))
            && long.TryParse(name.AsSpan(NameStart.Length, name.IndexOf('.', StringComparison.Ordinal) - NameStart.Length), NumberStyles.None, CultureInfo.InvariantCulture, out var first) ? first : null;
    }

    /// <returns>How many lines were written.</returns>
    /// <exception cref="InvalidInputException">The directory cannot be written.</exception>
    public async Task<long> WriteAsync(CancellationToken cancellationToken)
    {
        var (position, written) = (await tables.PositionAsync(PositionName, cancellationToken), 0L);
        try
        {
            Directory.CreateDirectory(directory);
            while (await WriteOneAsync(position, cancellationToken) is var (last, lines) && lines > 0)
            {
                await tables.MoveAsync(PositionName, position = last, CancellationToken.None);
                written += lines;
            }
            return written;
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new InvalidInputException($"Files of conversations cannot be written to {directory}: {failure.Message}", "Check that the directory belongs to the user who runs Orgtap and has room left, or name another.", failure);
        }
    }

    private async Task<(long Last, int Lines)> WriteOneAsync(long behind, CancellationToken cancellationToken)
    {
        var changes = await tables.ChangesAsync(behind, Math.Min(Read, output.ConversationsPerFile), cancellationToken);
        if (changes.Count == 0) return (behind, 0);
        var path = Path.Combine(directory, string.Create(CultureInfo.InvariantCulture, $"{NameStart}{behind + 1:000000000000}.jsonl{(output.Gzip ? ".gz" : "")}"));
        var (partial, last, lines) = (path + ".part", behind, 0);
        var options = new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write, Share = FileShare.None, BufferSize = 64 * 1024 };
        if (!OperatingSystem.IsWindows()) options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead;
        await using (var file = new FileStream(partial, options))
        {
            var packed = output.Gzip ? new GZipStream(file, CompressionLevel.Optimal, leaveOpen: true) : null;
            await using (packed)
            await using (var text = new StreamWriter(packed ?? (Stream)file, new UTF8Encoding(false), 64 * 1024, leaveOpen: true) { NewLine = "\n" })
            {
                while (changes.Count > 0)
                {
                    foreach (var change in changes)
                    {
                        await text.WriteLineAsync((change.Document ?? Removed(change.Id)).AsMemory(), cancellationToken);
                        (last, lines) = (change.Change, lines + 1);
                    }
                    if (lines >= output.ConversationsPerFile) break;
                    changes = await tables.ChangesAsync(last, Math.Min(Read, output.ConversationsPerFile - lines), cancellationToken);
                }
                await text.FlushAsync(cancellationToken);
            }
            // Without it, the rename may outlive what it names.
            file.Flush(flushToDisk: true);
        }
        File.Move(partial, path, overwrite: true);
        return (last, lines);
    }

    internal static string Removed(string id) => $$"""{"id":"{{id}}","removed":true}""";
}

using System.Runtime.CompilerServices;

namespace Orgtap.Tests.Conversations;

/// <summary>Inputs and what must come out of them, side by side in the folder Golden; outputs are rewritten by UPDATE_GOLDEN=1 only.</summary>
internal static class GoldenFile
{
    public static IEnumerable<string> Inputs(string kind) =>
        Directory.EnumerateFiles(Path.Combine(Folder(), kind)).Where(path => !path.EndsWith(".expected.txt", StringComparison.Ordinal)).Select(path => Path.GetFileName(path)!).Order(StringComparer.Ordinal);

    public static string Read(string kind, string name) => File.ReadAllText(Path.Combine(Folder(), kind, name)).ReplaceLineEndings("\n");

    public static void AssertSame(string kind, string name, string actual)
    {
        var path = Path.Combine(Folder(), kind, name + ".expected.txt");
        if (Environment.GetEnvironmentVariable("UPDATE_GOLDEN") == "1") File.WriteAllText(path, actual);
        Assert.True(File.Exists(path), $"{path} is missing; UPDATE_GOLDEN=1 writes it, then read it.");
        Assert.Equal(File.ReadAllText(path).ReplaceLineEndings("\n"), actual);
    }

    private static string Folder([CallerFilePath] string here = "") => Path.Combine(Path.GetDirectoryName(here)!, "Golden");
}

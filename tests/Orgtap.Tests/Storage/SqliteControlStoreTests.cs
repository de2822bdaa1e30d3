using Orgtap.Primitives;
using Orgtap.Storage;

namespace Orgtap.Tests.Storage;

public sealed class SqliteControlStoreTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("orgtap-control-").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public async Task A_file_that_is_no_database_is_named()
    {
        await File.WriteAllTextAsync(Path.Combine(_directory, "control.db"), new string('x', 4096), TestContext.Current.CancellationToken);
        var failure = await Assert.ThrowsAsync<InvalidInputException>(() => ControlStore.OpenAsync(_directory, TimeProvider.System, TestContext.Current.CancellationToken));
        Assert.Contains("control.db", failure.Message, StringComparison.Ordinal);
    }
}

using Orgtap.App.Cli;
using Orgtap.App.Composition;
using Orgtap.Primitives;
using Orgtap.Tests.App.Cli;
using Orgtap.Tests.Storage;

namespace Orgtap.Tests.App.Composition;

/// <summary>An installation whose control store is a PostgreSQL database.</summary>
public sealed class SharedInstallationTests : IAsyncDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("orgtap-shared-").FullName;

    public async ValueTask DisposeAsync() => await StoreDatabase.Postgres.DeleteAsync(_directory);

    [Theory]
    [InlineData(false, KeyRingState.InClear)]
    [InlineData(true, KeyRingState.Wrapped)]
    public async Task Its_keys_lie_in_the_database_so_that_another_machine_reads_the_same_secrets(bool wrapped, KeyRingState state)
    {
        var keyFile = wrapped ? Path.Combine(_directory, "orgtap.key") : null;
        if (keyFile is not null) await File.WriteAllBytesAsync(keyFile, [.. Enumerable.Range(1, 32).Select(i => (byte)i)], TestContext.Current.CancellationToken);
        string sealedText;
        await using (var here = await OpenedInstallation.OpenAsync(_directory, keyFile, StoreDatabase.Postgres))
        {
            sealedText = here.Service<ISecretCipher>().Protect("p", new SecretText("secret"));
            Assert.Equal(state, KeyRing.StateOf(here.Installation));
            Assert.False(Directory.Exists(Path.Combine(_directory, "keys")));
            Assert.Equal(wrapped, KeyRing.WarningOf(here.Installation) is null);
        }
        await using var there = await OpenedInstallation.OpenAsync(_directory, keyFile, StoreDatabase.Postgres);
        Assert.Equal("secret", there.Service<ISecretCipher>().Unprotect("p", sealedText).Reveal());
    }

    [Fact]
    public async Task The_first_secret_may_be_encrypted_in_the_middle_of_a_write()
    {
        await using var opened = await OpenedInstallation.OpenAsync(_directory, null, StoreDatabase.Postgres);
        var sealedText = await opened.Installation.Store.WriteAsync(_ => Task.Run(() => opened.Service<ISecretCipher>().Protect("p", new SecretText("secret"))), TestContext.Current.CancellationToken)
            .WaitAsync(TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken);
        Assert.Equal("secret", opened.Service<ISecretCipher>().Unprotect("p", sealedText).Reveal());
    }

    [Fact]
    public async Task Migrate_says_what_it_did_and_the_second_time_that_nothing_was_to_do()
    {
        var address = StoreDatabase.Postgres.AddressFor(_directory)!;
        string? Variable(string name) => name switch { "ORGTAP_DATA" => _directory, "ORGTAP_DATABASE" => address.ConnectionString, _ => null };
        var first = CliSession.With(Variable);
        Assert.Equal(ExitCode.Done, await first.RunAsync("migrate"));
        Assert.Contains("Applied 0001_control.sql", first.Output, StringComparison.Ordinal);
        Assert.Contains($"schema {address.Schema}", first.Output, StringComparison.Ordinal);
        var second = CliSession.With(Variable);
        await second.RunAsync("migrate");
        Assert.StartsWith("Nothing to do: PostgreSQL ", second.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("Password", first.Output + second.Output, StringComparison.OrdinalIgnoreCase);
        Assert.False(File.Exists(Path.Combine(_directory, "control.db")));
    }
}

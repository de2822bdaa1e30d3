using Orgtap.App.Composition;
using Orgtap.Primitives;

namespace Orgtap.Tests.App.Composition;

public sealed class CompositionTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("orgtap-composition-").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public void A_second_owner_is_told_who_the_first_is_and_what_to_do()
    {
        using var first = OwnerLock.Take(_directory, "serve");
        first.Announce(new Uri("http://localhost:5080/"));

        var refusal = Assert.Throws<DirectoryInUseException>(() => OwnerLock.Take(_directory, "sync"));
        Assert.Contains($"process {Environment.ProcessId}", refusal.Message, StringComparison.Ordinal);
        Assert.Contains("orgtap serve", refusal.Message, StringComparison.Ordinal);
        Assert.Contains("http://localhost:5080/", refusal.NextStep, StringComparison.Ordinal);
    }

    [Fact]
    public void A_directory_is_free_again_when_its_owner_has_ended()
    {
        OwnerLock.Take(_directory, "serve").Dispose();
        OwnerLock.Take(_directory, "sync").Dispose();
    }

    [Fact]
    public async Task A_secret_survives_a_restart_and_serves_its_purpose_only()
    {
        string sealedText;
        await using (var before = await OpenedInstallation.OpenAsync(_directory))
            sealedText = before.Service<ISecretCipher>().Protect("grant.refresh-token", new SecretText("5Aep861"));
        Assert.DoesNotContain("5Aep861", sealedText, StringComparison.Ordinal);

        await using var after = await OpenedInstallation.OpenAsync(_directory);
        Assert.Equal("5Aep861", after.Service<ISecretCipher>().Unprotect("grant.refresh-token", sealedText).Reveal());
        var refusal = Assert.Throws<InvalidInputException>(() => after.Service<ISecretCipher>().Unprotect("app.consumer-secret", sealedText));
        Assert.Contains("keys", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task With_a_key_file_no_key_lies_in_the_data_directory_in_clear()
    {
        var keyFile = Path.Combine(_directory, "orgtap.key");
        await File.WriteAllBytesAsync(keyFile, Enumerable.Range(1, 32).Select(i => (byte)i).ToArray(), TestContext.Current.CancellationToken);
        var data = Path.Combine(_directory, "data");
        string sealedText;
        await using (var wrapped = await OpenedInstallation.OpenAsync(data, keyFile))
        {
            sealedText = wrapped.Service<ISecretCipher>().Protect("p", new SecretText("secret"));
            Assert.Equal(KeyRingState.Wrapped, KeyRing.StateOf(wrapped.Installation));
            Assert.Null(KeyRing.WarningOf(wrapped.Installation));
        }
        await using (var again = await OpenedInstallation.OpenAsync(data, keyFile))
            Assert.Equal("secret", again.Service<ISecretCipher>().Unprotect("p", sealedText).Reveal());

        // The data directory alone decrypts nothing.
        await using var stolen = await OpenedInstallation.OpenAsync(data);
        Assert.Throws<InvalidInputException>(() => stolen.Service<ISecretCipher>().Unprotect("p", sealedText));
    }

    [Fact]
    public async Task Without_a_key_file_start_up_says_so()
    {
        await using var plain = await OpenedInstallation.OpenAsync(_directory);
        _ = plain.Service<ISecretCipher>().Protect("p", new SecretText("secret"));
        Assert.Equal(KeyRingState.InClear, KeyRing.StateOf(plain.Installation));
        Assert.Contains("ORGTAP_KEY_FILE", KeyRing.WarningOf(plain.Installation), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyA=\n")]
    [InlineData("0102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f20")]
    public void A_key_file_may_be_text(string content)
    {
        var path = Path.Combine(_directory, "key");
        File.WriteAllText(path, content);
        Assert.Equal(Enumerable.Range(1, 32).Select(i => (byte)i), Assert.IsType<WrappingKey.Aes>(WrappingKey.Read(path, null)).Key);
    }

    [Fact]
    public void A_file_that_holds_no_key_is_refused_with_the_way_to_make_one()
    {
        var path = Path.Combine(_directory, "key");
        File.WriteAllText(path, "hello");
        Assert.Contains("head -c 32", Assert.Throws<InvalidInputException>(() => WrappingKey.Read(path, null)).NextStep, StringComparison.Ordinal);
        Assert.Throws<InvalidInputException>(() => WrappingKey.Read(Path.Combine(_directory, "absent"), null));
    }

    [Theory]
    [InlineData(null, "localhost", 5080)]
    [InlineData("8080", "localhost", 8080)]
    [InlineData(":8080", "localhost", 8080)]
    [InlineData("127.0.0.1:9000", "127.0.0.1", 9000)]
    [InlineData("[::1]:9000", "::1", 9000)]
    [InlineData("0.0.0.0:80", "*", 80)]
    [InlineData("*:80", "*", 80)]
    public void An_address_to_listen_on_is_read(string? text, string host, int port) => Assert.Equal(new ListenAddress(host, port), ListenAddress.Parse(text));

    [Theory]
    [InlineData("localhost:0")]
    [InlineData("localhost:99999")]
    [InlineData("example.com:80")]
    [InlineData("localhost:")]
    public void What_is_no_address_to_listen_on_is_refused(string text) => Assert.Throws<InvalidInputException>(() => ListenAddress.Parse(text));

    [Fact]
    public void The_next_port_is_taken_when_the_first_is_in_use()
    {
        using var squatter = new System.Net.Sockets.TcpListener(System.Net.IPAddress.Loopback, 0);
        squatter.Start();
        var taken = ((System.Net.IPEndPoint)squatter.LocalEndpoint).Port;
        Assert.NotEqual(taken, new ListenAddress("localhost", taken).NextFree().Port);
    }

    [Fact]
    public void Settings_come_from_options_first_then_from_the_environment()
    {
        string? Variable(string name) => name switch { "ORGTAP_DATA" => "/srv/orgtap", "ORGTAP_ALLOW_ADDRESSES" => "127.0.0.1:9333, org.test", _ => null };
        Assert.Equal("/tmp/here", InstallationSettings.Read("/tmp/here", Variable).DataDirectory);
        var settings = InstallationSettings.Read(null, Variable);
        Assert.Equal("/srv/orgtap", settings.DataDirectory);
        Assert.Equal(["127.0.0.1:9333", "org.test"], settings.AllowedAddresses);
    }

    [Fact]
    public void A_database_is_named_without_a_password_in_arguments_and_with_one_in_the_environment_or_a_file()
    {
        var file = Path.Combine(_directory, "database");
        File.WriteAllText(file, "postgresql://me:secret@filed/orgtap\n");
        Func<string, string?> Having(string name, string value) => asked => asked == name ? value : asked == "ORGTAP_DATA" ? _directory : null;
        Assert.Null(InstallationSettings.Read(null, Having("X", "")).Database);
        Assert.Equal("given:5432/orgtap", InstallationSettings.Read(null, Having("ORGTAP_DATABASE", "Host=named;Database=orgtap"), "Host=given;Database=orgtap").Database!.ToString());
        Assert.True(InstallationSettings.Read(null, Having("ORGTAP_DATABASE", "Host=named;Database=orgtap;Password=secret")).Database!.HasPassword);
        Assert.Equal("filed:5432/orgtap", InstallationSettings.Read(null, Having("ORGTAP_DATABASE_FILE", file)).Database!.ToString());
        Assert.Contains("list of processes", Assert.Throws<InvalidInputException>(() => InstallationSettings.Read(null, Having("X", ""), "postgresql://me:secret@given/orgtap")).Message, StringComparison.Ordinal);
        Assert.Contains("absent", Assert.Throws<InvalidInputException>(() => InstallationSettings.Read(null, Having("ORGTAP_DATABASE_FILE", "absent"))).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("sync.example.com")]
    [InlineData("https://sync.example.com/orgtap")]
    [InlineData("ftp://sync.example.com")]
    public void A_public_address_must_be_a_site(string text) => Assert.Throws<InvalidInputException>(() => InstallationSettings.PublicAddressOf(text, "ORGTAP_PUBLIC_URL"));
}

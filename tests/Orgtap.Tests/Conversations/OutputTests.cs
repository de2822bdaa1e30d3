using System.Collections.Concurrent;
using System.IO.Compression;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Orgtap.Conversations;
using Orgtap.Conversations.Outputs;
using Orgtap.Primitives;

namespace Orgtap.Tests.Conversations;

/// <summary>Where conversations go besides the replica: files and an address, with receivers that fail.</summary>
public sealed class OutputTests
{
    private static readonly ConversationSettings Chats = new() { Channels = [Channel.Chat] };

    private static CancellationToken Cancel => ImportedOrg.Cancel;

    [Fact]
    public async Task Files_hold_every_change_once_and_one_written_again_takes_its_own_place()
    {
        await using var org = await ImportedOrg.StartAsync(Chats);
        await org.ImportAsync();
        var folder = Path.Combine(org.Org.Folder, "out");
        await using var tables = org.Reader.TablesOf(org.Org.Connection);
        var writer = new FileWriter(tables, new FileOutput(folder, Gzip: true) { ConversationsPerFile = 40 }, folder);
        var all = await org.AllAsync();
        Assert.Equal(all.Count, await writer.WriteAsync(Cancel));
        Assert.Equal(0, await writer.WriteAsync(Cancel));
        Assert.Equal(all.Values.Order(StringComparer.Ordinal), Lines(folder).Order(StringComparer.Ordinal));
        Assert.Equal(3, Directory.GetFiles(folder).Length);

        // Died between the rename and the note of it: the same files come again under the same names.
        await tables.MoveAsync("files", 0, Cancel);
        await File.WriteAllTextAsync(Path.Combine(folder, "conversations-000000000001.jsonl.gz.part"), "half", Cancel);
        await writer.WriteAsync(Cancel);
        Assert.Equal(all.Values.Order(StringComparer.Ordinal), Lines(folder).Order(StringComparer.Ordinal));

        // What is gone says so.
        org.Org.Host.Store.Delete("LiveChatTranscript", all.Keys.First());
        await org.SyncAsync();
        await org.ImportAsync();
        Assert.Equal(1, await writer.WriteAsync(Cancel));
        Assert.Contains($$"""{"id":"{{all.Keys.First()}}","removed":true}""", Lines(folder));
    }

    [Fact]
    public async Task Pushes_are_signed_in_order_and_go_on_where_they_failed()
    {
        await using var org = await ImportedOrg.StartAsync(Chats);
        await org.ImportAsync();
        await using var receiver = await Receiver.StartAsync();
        var key = new SecretText("a key of the test's own");
        await org.Store.SetAsync(org.Org.Connection.Id, Chats with { Push = new PushOutput(receiver.Address) }, key, Cancel);
        using var outputs = new ConversationOutputs(org.Store, org.Reader, new PushAddresses([receiver.Address.Authority]), org.Org.Folder, org.Org.Host.Clock);
        receiver.Answer = count => count switch { 5 => 503, 9 => 429, 12 => 400, _ => 204 };
        var all = await org.AllAsync();

        var first = await outputs.DeliverAsync(org.Org.Connection, Cancel);
        Assert.Equal((4, "503"), (first.Pushed!.Sent, first.Pushed.Problem![^4..^1]));
        Assert.False(first.IsComplete);
        // Nothing is asked before the pause is over, by a new process neither.
        var clock = org.Org.Host.Clock;
        Assert.InRange(first.NextTry!.Value - clock.GetUtcNow(), TimeSpan.FromSeconds(20), TimeSpan.FromSeconds(30));
        using (var restarted = new ConversationOutputs(org.Store, org.Reader, new PushAddresses([receiver.Address.Authority]), org.Org.Folder, clock))
            Assert.Equal(first.NextTry, (await restarted.DeliverAsync(org.Org.Connection, Cancel)).NextTry);
        Assert.Equal(5, receiver.Got.Count);
        clock.Advance(TimeSpan.FromSeconds(30));
        Assert.NotNull((await outputs.DeliverAsync(org.Org.Connection, Cancel)).Pushed!.Problem);
        clock.Advance(TimeSpan.FromSeconds(30));
        var last = await outputs.DeliverAsync(org.Org.Connection, Cancel);
        Assert.Equal((null, 1L, null), (last.Pushed!.Problem, last.Pushed.Refused, last.NextTry));

        // 503 and 429 were sent again, 400 was not: each conversation has arrived, in the order of changes.
        Assert.Equal(all.Count + 2, receiver.Got.Count);
        Assert.Equal(receiver.Got.Select(got => got.Change), receiver.Got.Select(got => got.Change).Order());
        Assert.Equal(all.Values.Order(StringComparer.Ordinal), receiver.Got.Select(got => got.Body).Distinct().Order(StringComparer.Ordinal));
        foreach (var got in receiver.Got)
        {
            var seconds = got.Signature[2..got.Signature.IndexOf(',', StringComparison.Ordinal)];
            var expected = Convert.ToHexStringLower(HMACSHA256.HashData(Encoding.UTF8.GetBytes(key.Reveal()), Encoding.UTF8.GetBytes($"{seconds}.{got.Body}")));
            Assert.Equal($"t={seconds},v1={expected}", got.Signature);
        }
        Assert.Equal(0, (await outputs.DeliverAsync(org.Org.Connection, Cancel)).Pushed!.Sent);

        // What was refused is known, and sent once more when somebody says so.
        var (refused, count) = await outputs.RefusedAsync(org.Org.Connection, 10, Cancel);
        Assert.Equal((1L, 400), (count, Assert.Single(refused).Status));
        receiver.Answer = _ => 204;
        Assert.Equal(1, await outputs.QueueRefusedAsync(org.Org.Connection, Cancel));
        Assert.Equal((1L, 0L), (await outputs.DeliverAsync(org.Org.Connection, Cancel)).Pushed is { } again ? (again.Sent, again.Refused) : default);
        Assert.Equal(refused[0].Id, ConversationJson.Read(receiver.Got.Last().Body).Id);
        Assert.Equal(0, (await outputs.RefusedAsync(org.Org.Connection, 10, Cancel)).Count);

        // An address that takes nothing is asked less and less.
        Assert.Equal([30, 60, 120, 1920, 3600, 3600, 3600], new long[] { 1, 2, 3, 7, 8, 11, 1_000_000 }.Select(failures => ConversationOutputs.PauseAfter(failures).TotalSeconds));
        // The key is kept encrypted.
        Assert.DoesNotContain(key.Reveal(), System.Text.Json.JsonSerializer.Serialize(await org.Store.SettingsAsync(org.Org.Connection.Id, Cancel)), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("http://example.com/x")]
    [InlineData("https://user:secret@example.com/")]
    [InlineData("https://127.0.0.1/")]
    [InlineData("https://10.1.2.3/")]
    [InlineData("https://169.254.169.254/latest")]
    [InlineData("https://[::1]/")]
    [InlineData("https://[fd00::1]/")]
    [InlineData("https://[::ffff:192.168.0.1]/")]
    [InlineData("https://[64:ff9b::a00:1]/")]
    [InlineData("https://0.0.0.0/")]
    [InlineData("ftp://example.com/")]
    public async Task Private_and_plain_addresses_are_refused(string address) =>
        await Assert.ThrowsAsync<InvalidInputException>(() => new PushAddresses([]).CheckAsync(new Uri(address), Cancel));

    [Fact]
    public async Task A_name_that_leads_into_a_private_network_is_refused_when_the_connection_is_made()
    {
        using var http = new HttpMessageInvoker(new PushAddresses([]).Transport());
        using var request = new HttpRequestMessage(HttpMethod.Post, "https://localhost:1/");
        await Assert.ThrowsAnyAsync<Exception>(() => http.SendAsync(request, Cancel));
        Assert.False(PushAddresses.IsPrivate(IPAddress.Parse("93.184.215.14")));
    }

    private static List<string> Lines(string folder)
    {
        var lines = new List<string>();
        foreach (var path in Directory.GetFiles(folder, "*.gz"))
        {
            using var text = new StreamReader(new GZipStream(File.OpenRead(path), CompressionMode.Decompress));
            while (text.ReadLine() is { } line) lines.Add(line);
        }
        return lines;
    }

    private sealed record Got(long Change, string Signature, string Body);

    /// <summary>Takes pushes on loopback and answers as it is told.</summary>
    private sealed class Receiver(WebApplication app) : IAsyncDisposable
    {
        public ConcurrentQueue<Got> Got { get; } = [];

        public Func<int, int> Answer { get; set; } = _ => 204;

        public Uri Address => new(app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First() + "/in");

        public static async Task<Receiver> StartAsync()
        {
            var builder = WebApplication.CreateSlimBuilder();
            builder.Logging.ClearProviders();
            builder.WebHost.UseUrls("http://127.0.0.1:0");
            var receiver = new Receiver(builder.Build());
            receiver.Listen();
            await receiver.StartListeningAsync();
            return receiver;
        }

        public ValueTask DisposeAsync() => app.DisposeAsync();

        private Task StartListeningAsync() => app.StartAsync(Cancel);

        private void Listen() => app.MapPost("/in", async (HttpContext context) =>
        {
            using var body = new StreamReader(context.Request.Body);
            Got.Enqueue(new Got(long.Parse(context.Request.Headers["Orgtap-Change"].ToString(), System.Globalization.CultureInfo.InvariantCulture), context.Request.Headers["Orgtap-Signature"].ToString(), await body.ReadToEndAsync()));
            return Results.StatusCode(Answer(Got.Count));
        });
    }
}

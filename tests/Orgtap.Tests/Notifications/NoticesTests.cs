using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using FsCheck;
using FsCheck.Fluent;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Orgtap.App.Overviews;
using Orgtap.App.Users;
using Orgtap.Connections;
using Orgtap.Conversations.Outputs;
using Orgtap.Notifications;
using Orgtap.Primitives;
using Orgtap.Storage;
using Orgtap.Tests.App;
using Orgtap.Tests.Storage;

namespace Orgtap.Tests.Notifications;

/// <summary>Incidents, and who is told of them when, on either control store.</summary>
public abstract class NoticesTests(StoreDatabase database)
{
    private static readonly Problem Dead = new(FailureKind.ReauthorizationRequired, Turn.Admin, "The refresh token was revoked.", "Ask an admin to authorize again.", DateTimeOffset.UnixEpoch, null, null);
    private static readonly Problem Used = new(FailureKind.QuotaExhausted, Turn.We, "API use is at 81 %, the threshold is 80 %.", "It resumes about 14:20.", DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch, null);
    private static readonly Problem Passing = new(FailureKind.Transient, Turn.We, "Salesforce does not answer.", "We try again.", DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch, null);

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task One_email_when_it_breaks_and_one_when_it_is_mended_to_all_operators()
    {
        await using var site = await OpenAsync();
        var acme = await ConnectAsync(site, "acme");
        await site.Service<UserStore>().AddAsync("watcher@example.com", "Watcher", Role.Viewer, Stop);
        var (notices, connections) = (site.Service<Notices>(), site.Service<ConnectionStore>());
        Assert.Equal((0, 0), await notices.LookAsync(Stop));
        await connections.SetProblemAsync(acme, Dead, Stop);
        Assert.Equal((1, 0), await notices.LookAsync(Stop));
        for (var look = 0; look < 5; look++) Assert.Equal((0, 0), await notices.LookAsync(Stop));
        // Another failure of the same kind is the same incident.
        await connections.SetProblemAsync(acme, Dead with { Message = "The user is inactive." }, Stop);
        Assert.Equal((0, 0), await notices.LookAsync(Stop));
        await connections.SetProblemAsync(acme, null, Stop);
        site.Time.Advance(TimeSpan.FromSeconds(15));
        Assert.Equal((0, 1), await notices.LookAsync(Stop));
        Assert.Equal((0, 0), await notices.LookAsync(Stop));

        var mails = await site.Service<Outbox>().ListAsync(null, 10, Stop);
        Assert.Equal([("marta@example.com", "acme: mended"), ("marta@example.com", "acme has to be authorized again")], mails.Select(mail => (mail.Recipient, mail.Subject)));
        var incident = Assert.Single(await notices.ListAsync(10, Stop));
        Assert.Equal((NoticeKind.Reauthorization, "The refresh token was revoked.", true), (incident.Kind, incident.Message, incident.ClosedAt is not null));
    }

    [Fact]
    public async Task However_things_break_and_mend_each_incident_is_opened_once_and_closed_once()
    {
        await using var site = await OpenAsync();
        var (acme, beta) = (await ConnectAsync(site, "acme"), await ConnectAsync(site, "beta"));
        var (notices, connections) = (site.Service<Notices>(), site.Service<ConnectionStore>());
        var steps = Gen.Elements<Problem?>(Dead, Used, null, null).Two().ListOf(30).Sample(1).Single().ToList();
        var (known, opened, closed) = (new HashSet<(ConnectionId, NoticeKind)>(), 0, 0);
        foreach (var (first, second) in steps)
        {
            await connections.SetProblemAsync(acme, first, Stop);
            await connections.SetProblemAsync(beta, second, Stop);
            var wanted = new[] { (acme, first), (beta, second) }.Where(each => each.Item2 is not null).Select(each => (each.Item1, each.Item2 == Dead ? NoticeKind.Reauthorization : NoticeKind.ApiQuota)).ToHashSet();
            Assert.Equal((wanted.Except(known).Count(), known.Except(wanted).Count()), await notices.LookAsync(Stop));
            (opened, closed) = (opened + wanted.Except(known).Count(), closed + known.Except(wanted).Count());
            known = wanted;
        }
        Assert.Equal(opened + closed, (await site.Service<Outbox>().ListAsync(null, 500, Stop)).Count);
        Assert.Equal(known.Count, (await notices.ListAsync(500, Stop)).Count(incident => incident.ClosedAt is null));
    }

    [Fact]
    public async Task Many_who_look_at_once_tell_once()
    {
        await using var site = await OpenAsync();
        await site.Service<ConnectionStore>().SetProblemAsync(await ConnectAsync(site, "acme"), Used, Stop);
        var looks = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(() => site.Service<Notices>().LookAsync(Stop))));
        Assert.Equal(1, looks.Sum(look => look.Opened));
        Assert.Equal("acme waits: API use reached the threshold", Assert.Single(await site.Service<Outbox>().ListAsync(null, 10, Stop)).Subject);
    }

    [Fact]
    public async Task What_passes_by_itself_is_told_of_only_when_the_data_is_old()
    {
        await using var site = await OpenAsync();
        var acme = await ConnectAsync(site, "acme");
        await site.Service<ConnectionStore>().SetFrequencyAsync(acme, UpdateFrequency.Parse("3h"), Stop);
        await site.Service<ConnectionStore>().SetProblemAsync(acme, Passing, Stop);
        Assert.Equal((0, 0), await site.Service<Notices>().LookAsync(Stop));
        site.Time.Advance(TimeSpan.FromHours(5));
        Assert.Equal((0, 0), await site.Service<Notices>().LookAsync(Stop));
        site.Time.Advance(TimeSpan.FromHours(1));
        Assert.Equal((1, 0), await site.Service<Notices>().LookAsync(Stop));
        // Paused by somebody: nobody waits for it any more.
        await site.Service<ConnectionStore>().SetSyncEnabledAsync(acme, false, Stop);
        Assert.Equal((0, 1), await site.Service<Notices>().LookAsync(Stop));
    }

    [Fact]
    public async Task A_digest_gathers_and_says_nothing_where_nothing_happened()
    {
        await using var site = await OpenAsync();
        var acme = await ConnectAsync(site, "acme");
        var (notices, connections, outbox) = (site.Service<Notices>(), site.Service<ConnectionStore>(), site.Service<Outbox>());
        await site.Service<NoticeDesk>().SetAsync(new NoticeSettingsDocument(["ops@example.com"], NoticeDigest.Hourly, null, null), "test", Stop);
        await notices.LookAsync(Stop);
        await connections.SetProblemAsync(acme, Dead, Stop);
        await notices.LookAsync(Stop);
        await connections.SetProblemAsync(acme, null, Stop);
        await notices.LookAsync(Stop);
        await connections.SetProblemAsync(acme, Used, Stop);
        await notices.LookAsync(Stop);
        Assert.Empty(await outbox.ListAsync(null, 10, Stop));
        site.Time.Advance(TimeSpan.FromHours(1));
        await notices.LookAsync(Stop);
        var mail = Assert.Single(await outbox.ListAsync(null, 10, Stop));
        Assert.Equal(("ops@example.com", "1 connection needs attention, 1 mended"), (mail.Recipient, mail.Subject));
        for (var hour = 0; hour < 5; hour++)
        {
            site.Time.Advance(TimeSpan.FromHours(1));
            await notices.LookAsync(Stop);
        }
        Assert.Single(await outbox.ListAsync(null, 10, Stop));
    }

    [Fact]
    public async Task Webhooks_are_signed_and_arrive_in_order_whatever_the_receiver_does()
    {
        await using var receiver = await Receiver.StartAsync();
        await using var site = await OpenAsync(receiver.Address.Authority);
        var acme = await ConnectAsync(site, "acme");
        var (notices, webhooks, connections) = (site.Service<Notices>(), site.Service<Webhooks>(), site.Service<ConnectionStore>());
        const string Key = "a key of this test's own";
        await Assert.ThrowsAsync<InvalidInputException>(() => site.Service<NoticeDesk>().SetAsync(new NoticeSettingsDocument(null, NoticeDigest.AtOnce, [], null, receiver.Address.AbsoluteUri), "test", Stop));
        await Assert.ThrowsAsync<InvalidInputException>(() => site.Service<NoticeDesk>().SetAsync(new NoticeSettingsDocument(null, NoticeDigest.AtOnce, [], null, "https://10.0.0.1/in", Key), "test", Stop));
        await site.Service<NoticeDesk>().SetAsync(new NoticeSettingsDocument(null, NoticeDigest.AtOnce, [], null, receiver.Address.AbsoluteUri, Key), "test", Stop);
        receiver.Answers.Enqueue(503);
        receiver.Answers.Enqueue(404);
        await connections.SetProblemAsync(acme, Dead, Stop);
        await notices.LookAsync(Stop);
        await connections.SetProblemAsync(acme, null, Stop);
        await notices.LookAsync(Stop);
        Assert.Equal(0, await webhooks.SendDueAsync(Stop));
        // The mending does not overtake the incident, and nobody is asked before the pause is over.
        Assert.Equal(0, await webhooks.SendDueAsync(Stop));
        Assert.Single(receiver.Got);
        site.Time.Advance(TimeSpan.FromSeconds(30));
        Assert.Equal(0, await webhooks.SendDueAsync(Stop));
        Assert.Contains("404", (await webhooks.ListAsync(10, Stop))[^1].Failure, StringComparison.Ordinal);
        await webhooks.RetryAsync(Stop);
        Assert.Equal(2, await webhooks.SendDueAsync(Stop));
        Assert.Equal(0, await webhooks.SendDueAsync(Stop));

        Assert.Equal(["incident.opened", "incident.opened", "incident.opened", "incident.closed"], receiver.Got.Select(got => JsonDocument.Parse(got.Body).RootElement.GetProperty("event").GetString()));
        Assert.Equal(2, receiver.Got.Select(got => got.Id).Distinct().Count());
        foreach (var (_, signature, body) in receiver.Got)
        {
            var seconds = signature[2..signature.IndexOf(',', StringComparison.Ordinal)];
            Assert.Equal($"t={seconds},v1={Convert.ToHexStringLower(HMACSHA256.HashData(Encoding.UTF8.GetBytes(Key), Encoding.UTF8.GetBytes($"{seconds}.{body}")))}", signature);
        }
        Assert.EndsWith("/connections/acme", JsonDocument.Parse(receiver.Got.First().Body).RootElement.GetProperty("link").GetString(), StringComparison.Ordinal);
        Assert.Empty(await site.Service<Outbox>().ListAsync(null, 10, Stop));
        Assert.DoesNotContain(Key, JsonSerializer.Serialize(await site.Service<NoticeDesk>().SettingsAsync(Stop)), StringComparison.Ordinal);
        Assert.Equal([30, 60, 1920, 3600, 3600], new long[] { 1, 2, 7, 8, 1_000 }.Select(failures => Webhooks.PauseAfter(failures).TotalSeconds));
    }

    private async Task<OpenedInstallation> OpenAsync(params string[] allowed)
    {
        var site = await OpenedInstallation.OpenAsync(database: database, allowed: allowed);
        var marta = await site.Service<UserStore>().AddAsync("marta@example.com", "Marta", Role.Operator, Stop);
        Assert.NotNull(marta);
        return site;
    }

    private static async Task<ConnectionId> ConnectAsync(OpenedInstallation site, string name)
    {
        var id = ConnectionId.New();
        await site.Service<ConnectionStore>().AddAsync(
            new Connection(id, name, new Uri("https://login.salesforce.com/"), AuthorizationFlow.WebServer, $"app-{name}", new OrgId("00D000000000001EAA"), "Acme", new Uri("https://acme.my.salesforce.com/"), "ann@acme.example", true, 80, null, null, site.Time.GetUtcNow()),
            new ConsumerApp($"app-{name}", name, "key", null, null), _ => Task.CompletedTask, Stop);
        return id;
    }

    public sealed class OnSqlite() : NoticesTests(StoreDatabase.Sqlite);

    public sealed class OnPostgres() : NoticesTests(StoreDatabase.Postgres);

    /// <summary>Takes webhooks on loopback and answers as it is told.</summary>
    private sealed class Receiver(WebApplication app) : IAsyncDisposable
    {
        public ConcurrentQueue<(string Id, string Signature, string Body)> Got { get; } = [];

        public ConcurrentQueue<int> Answers { get; } = [];

        public Uri Address => new(app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First() + "/in");

        public static async Task<Receiver> StartAsync()
        {
            var builder = WebApplication.CreateSlimBuilder();
            builder.Logging.ClearProviders();
            builder.WebHost.UseUrls("http://127.0.0.1:0");
            var (app, receiver) = (builder.Build(), (Receiver?)null);
            receiver = new Receiver(app);
            app.MapPost("/in", async (HttpContext context) =>
            {
                using var body = new StreamReader(context.Request.Body);
                receiver.Got.Enqueue((context.Request.Headers["Orgtap-Notice"].ToString(), context.Request.Headers["Orgtap-Signature"].ToString(), await body.ReadToEndAsync()));
                return Results.StatusCode(receiver.Answers.TryDequeue(out var answer) ? answer : 204);
            });
            await app.StartAsync(Stop);
            return receiver;
        }

        public ValueTask DisposeAsync() => app.DisposeAsync();
    }
}

using Dapper;
using Microsoft.Extensions.Logging.Abstractions;
using MimeKit;
using Orgtap.Notifications;
using Orgtap.Primitives;
using Orgtap.Storage;
using Orgtap.Tests.Authorization;
using Orgtap.Tests.Salesforce;
using Orgtap.Tests.Storage;

namespace Orgtap.Tests.Notifications;

/// <summary>From the outbox to a real mail server.</summary>
public abstract class MailTests(StoreDatabase database)
{
    private static readonly string Html = new MailLayout("Please <authorize>", "It takes a minute").Paragraph("Hello Dana").Button("Authorize", new Uri("https://sync.example/a/b")).Finish("Sent by Orgtap");

    [Fact]
    public async Task An_email_arrives_as_text_and_html_with_reply_address_and_a_lasting_message_id()
    {
        await using var server = new MailServer(password: "s3cret-mail");
        await using var post = await Post.OpenAsync(database);
        await post.SetUpAsync(server.Port, "s3cret-mail");
        await post.AddAsync("dana@customer.example");

        Assert.Equal(1, await post.Dispatcher.SendDueAsync(default));

        var arrived = Assert.Single(server.Messages);
        Assert.Equal(("Brightwell Analytics", "orgtap@brightwell.example"), (arrived.From.Mailboxes.Single().Name, arrived.From.Mailboxes.Single().Address));
        Assert.Equal(("Dana Ødegård", "dana@customer.example"), (arrived.To.Mailboxes.Single().Name, arrived.To.Mailboxes.Single().Address));
        Assert.Equal("marta@brightwell.example", arrived.ReplyTo.Mailboxes.Single().Address);
        Assert.Equal("Please authorize: Kestrel – now", arrived.Subject);
        Assert.Equal("Hello Dana", arrived.TextBody!.Trim());
        Assert.Contains("Please &lt;authorize&gt;", arrived.HtmlBody!, StringComparison.Ordinal);
        Assert.IsType<MultipartAlternative>(arrived.Body);
        var listed = Assert.Single(await post.Outbox.ListAsync("request:1", 10, default));
        Assert.Equal((MailState.Sent, $"{listed.Id}@brightwell.example"), (listed.State, arrived.MessageId));
        Assert.Equal(0, await post.Dispatcher.SendDueAsync(default));
    }

    [Fact]
    public async Task While_the_server_is_down_nothing_is_lost_and_it_is_tried_later_each_time()
    {
        var port = MailServer.FreePort();
        await using var post = await Post.OpenAsync(database);
        await post.SetUpAsync(port);
        await post.AddAsync("dana@customer.example");
        await post.AddAsync("erik@customer.example");
        var waited = new List<double>();
        for (var attempt = 0; attempt < 4; attempt++)
        {
            Assert.Equal(0, await post.Dispatcher.SendDueAsync(default));
            var first = (await post.Outbox.ListAsync(null, 10, default)).MaxBy(mail => mail.Attempts)!;
            Assert.Contains("cannot be reached", first.Failure, StringComparison.Ordinal);
            waited.Add((first.NextAttemptAt!.Value - post.Time.GetUtcNow()).TotalMinutes);
            post.Time.Advance(TimeSpan.FromHours(1));
        }
        Assert.True(waited[0] < waited[^1], string.Join(", ", waited));

        await using var server = new MailServer(port);
        Assert.Equal(2, await post.Dispatcher.SendDueAsync(default));
        Assert.Equal(2, server.Messages.Count);
    }

    [Fact]
    public async Task A_server_that_is_busy_gets_it_later_and_an_address_that_does_not_exist_is_given_up_with_the_reason()
    {
        await using var server = new MailServer { IsBusy = true, Unknown = "nobody@customer.example" };
        await using var post = await Post.OpenAsync(database);
        await post.SetUpAsync(server.Port);
        await post.AddAsync("nobody@customer.example");
        post.Time.Advance(TimeSpan.FromSeconds(1));
        await post.AddAsync("dana@customer.example");

        Assert.Equal(0, await post.Dispatcher.SendDueAsync(default));
        var states = (await post.Outbox.ListAsync(null, 10, default)).ToDictionary(mail => mail.Recipient);
        Assert.Equal(MailState.Failed, states["nobody@customer.example"].State);
        Assert.Contains("does not take e-mail for nobody@customer.example", states["nobody@customer.example"].Failure, StringComparison.Ordinal);
        Assert.Equal(MailState.Waiting, states["dana@customer.example"].State);

        server.IsBusy = false;
        post.Time.Advance(TimeSpan.FromMinutes(2));
        Assert.Equal(1, await post.Dispatcher.SendDueAsync(default));
    }

    [Fact]
    public async Task An_email_that_would_no_longer_be_true_is_not_sent()
    {
        await using var server = new MailServer();
        await using var post = await Post.OpenAsync(database);
        await post.AddAsync("dana@customer.example");
        post.Time.Advance(TimeSpan.FromDays(8));
        await post.SetUpAsync(server.Port);
        Assert.Equal(0, await post.Dispatcher.SendDueAsync(default));
        Assert.Empty(server.Messages);
        Assert.Equal(MailState.Failed, Assert.Single(await post.Outbox.ListAsync(null, 1, default)).State);
    }

    [Fact]
    public async Task A_wrong_password_says_so_and_the_email_waits_for_the_right_one()
    {
        await using var server = new MailServer(password: "right");
        await using var post = await Post.OpenAsync(database);
        await post.SetUpAsync(server.Port, "wrong");
        await post.AddAsync("dana@customer.example");
        Assert.Equal(0, await post.Dispatcher.SendDueAsync(default));
        Assert.Contains("does not accept the user name or the password", Assert.Single(await post.Outbox.ListAsync(null, 1, default)).Failure, StringComparison.Ordinal);

        await post.SetUpAsync(server.Port, "right");
        await post.Outbox.HurryAsync(default);
        Assert.Equal(1, await post.Dispatcher.SendDueAsync(default));
    }

    [Fact]
    public async Task Two_senders_never_send_the_same_email()
    {
        await using var server = new MailServer();
        await using var post = await Post.OpenAsync(database);
        await post.SetUpAsync(server.Port);
        for (var i = 0; i < 20; i++) await post.AddAsync($"person{i}@customer.example");
        var sent = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => post.Dispatcher.SendDueAsync(default)));
        Assert.Equal(20, sent.Sum());
        Assert.Equal(20, server.Messages.Select(message => message.To.ToString()).Distinct().Count());
        Assert.Equal(20, server.Messages.Count);
    }

    [Fact]
    public async Task Neither_the_password_nor_the_body_lies_in_clear_and_a_sent_body_is_erased()
    {
        await using var server = new MailServer(password: "s3cret-mail");
        await using var post = await Post.OpenAsync(database);
        await post.SetUpAsync(server.Port, "s3cret-mail");
        await post.AddAsync("dana@customer.example");
        await using (var db = await post.Store.Control.ConnectAsync(default))
        {
            var stored = await db.QuerySingleAsync<string>("SELECT password || (SELECT body FROM outbox) FROM mail_settings");
            Assert.DoesNotContain("s3cret-mail", stored, StringComparison.Ordinal);
            Assert.DoesNotContain("Hello Dana", stored, StringComparison.Ordinal);
        }
        await post.Dispatcher.SendDueAsync(default);
        await using var after = await post.Store.Control.ConnectAsync(default);
        Assert.Null(await after.QuerySingleAsync<string?>("SELECT body FROM outbox"));
    }

    [Theory]
    [InlineData("smtp example", 587, MailSecurity.StartTls, null, "a@b.example")]
    [InlineData("smtp.example.com", 0, MailSecurity.StartTls, null, "a@b.example")]
    [InlineData("smtp.example.com", 587, MailSecurity.StartTls, null, "nobody")]
    [InlineData("smtp.example.com", 25, MailSecurity.None, "ann", "a@b.example")]
    public void Settings_that_cannot_work_or_would_send_a_password_in_clear_are_refused(string host, int port, MailSecurity security, string? user, string from) =>
        Assert.Throws<InvalidInputException>(() => new MailSettings(host, port, security, user, user is null ? null : new SecretText("p"), from, "Brightwell").Checked());

    [Fact]
    public void Pauses_double_up_to_an_hour() =>
        Assert.Equal([1, 2, 4, 8, 16, 32, 60, 60], Enumerable.Range(1, 8).Select(attempt => MailDispatcher.PauseAfter(attempt).TotalMinutes));

    public sealed class OnSqlite() : MailTests(StoreDatabase.Sqlite);

    public sealed class OnPostgres() : MailTests(StoreDatabase.Postgres);

    private sealed class Post(TestStore store) : IAsyncDisposable
    {
        public TestStore Store => store;

        public ManualTime Time => store.Time;

        public Outbox Outbox { get; } = new(store.Control, store.Cipher, store.Time);

        public MailSettingsStore Settings { get; } = new(store.Control, store.Cipher, store.Time);

        public MailDispatcher Dispatcher => new(Outbox, Settings, Time, NullLogger<MailDispatcher>.Instance);

        public static async Task<Post> OpenAsync(StoreDatabase database) => new(await TestStore.CreateAsync(database, new ScriptedOrg(_ => throw new InvalidOperationException())));

        public Task SetUpAsync(int port, string? password = null) => Settings.SetAsync(new MailSettings("127.0.0.1", port, MailSecurity.None, password is null ? null : "orgtap", SecretText.From(password),
            "orgtap@brightwell.example", "Brightwell Analytics"), default);

        public Task AddAsync(string recipient) => store.Control.WriteAsync(transaction => Outbox.AddAsync(transaction, new OutgoingMail(
            "request:1", recipient, "Dana Ødegård", "marta@brightwell.example", "Marta", "Please authorize: Kestrel – now", "Hello Dana", Html, Time.GetUtcNow().AddDays(7))), default);

        public ValueTask DisposeAsync() => store.DisposeAsync();
    }
}

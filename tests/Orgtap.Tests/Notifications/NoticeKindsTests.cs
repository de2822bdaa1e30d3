using Orgtap.Catalog;
using Orgtap.Connections;
using Orgtap.Notifications;
using Orgtap.Primitives;
using Orgtap.Scheduling;
using Orgtap.Storage;
using Orgtap.Tests.App;
using Orgtap.Tests.Storage;

namespace Orgtap.Tests.Notifications;

/// <summary>What else than a failing sync is told, and in which order, on either control store.</summary>
public abstract class NoticeKindsTests(StoreDatabase database)
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_chosen_field_or_table_that_vanishes_is_told_until_it_is_back_or_no_longer_chosen_and_others_are_not()
    {
        await using var site = await OpenedInstallation.OpenAsync(database: database);
        var (acme, notices, selections) = (await ConnectAsync(site), site.Service<Notices>(), site.Service<SelectionStore>());
        Task Change(string table, string? field, SchemaChangeKind kind) => site.Service<SchemaChangeStore>().AddAsync(acme, [new SchemaChange(table, field, kind, null, null)], Stop);
        await selections.SetAsync(acme, [new SelectedObject("Account", ["Id", "Level__c"]), new SelectedObject("Case")], Stop);
        await Change("Account", "Other__c", SchemaChangeKind.FieldGone);
        await Change("Lead", null, SchemaChangeKind.TableGone);
        // Of a table of which everything is chosen, fields may come and go.
        await Change("Case", "Subject", SchemaChangeKind.FieldGone);
        Assert.Equal((0, 0), await notices.LookAsync(Stop));

        await Change("Account", "Level__c", SchemaChangeKind.FieldGone);
        Assert.Equal((1, 0), await notices.LookAsync(Stop));
        var incident = Assert.Single(await notices.ListAsync(10, Stop));
        Assert.Equal((NoticeKind.ChosenDataGone, Turn.Operator, "Account.Level__c was chosen, and is deleted in the org or no longer visible."), (incident.Kind, incident.Turn, incident.Message));
        await Change("Account", "Level__c", SchemaChangeKind.FieldAdded);
        Assert.Equal((0, 1), await notices.LookAsync(Stop));

        await Change("Case", null, SchemaChangeKind.TableGone);
        Assert.Equal((1, 0), await notices.LookAsync(Stop));
        await selections.SetAsync(acme, [new SelectedObject("Account", ["Id"])], Stop);
        Assert.Equal((0, 1), await notices.LookAsync(Stop));
    }

    [Fact]
    public async Task A_stopped_job_is_told_once_with_who_stopped_it_until_it_is_started()
    {
        await using var site = await OpenedInstallation.OpenAsync(database: database);
        var (acme, notices, jobs) = (await ConnectAsync(site), site.Service<Notices>(), site.Service<JobStates>());
        await jobs.StopAsync(null, JobKind.TokenCheck, "marta@example.com", Stop);
        Assert.Equal((0, 0), await notices.LookAsync(Stop));
        await jobs.StopAsync(acme, JobKind.Deletes, "marta@example.com", Stop);
        Assert.Equal((1, 0), await notices.LookAsync(Stop));
        Assert.Equal((NoticeKind.JobStopped, "Deletes (by marta@example.com) is stopped."), Assert.Single(await notices.ListAsync(10, Stop)) is var incident ? (incident.Kind, incident.Message) : default);
        await jobs.StopAsync(acme, JobKind.Sync, "marta@example.com", Stop);
        Assert.Equal((0, 0), await notices.LookAsync(Stop));
        await jobs.StartAsync(acme, JobKind.Deletes, Stop);
        Assert.Equal((0, 0), await notices.LookAsync(Stop));
        await jobs.StartAsync(acme, JobKind.Sync, Stop);
        Assert.Equal((0, 1), await notices.LookAsync(Stop));
    }

    [Fact]
    public async Task A_mail_server_that_was_away_for_hours_gets_the_opening_before_the_mending_and_each_once()
    {
        await using var site = await OpenedInstallation.OpenAsync(database: database);
        var (acme, notices, port) = (await ConnectAsync(site), site.Service<Notices>(), MailServer.FreePort());
        await site.Service<MailSettingsStore>().SetAsync(new MailSettings("127.0.0.1", port, MailSecurity.None, null, null, "orgtap@brightwell.example", "Brightwell Analytics"), Stop);
        await site.Service<NoticeSettingsStore>().SetAsync(NoticeSettings.Usual with { Recipients = ["ops@example.com"] }, null, Stop);
        await site.Service<ConnectionStore>().SetProblemAsync(acme, new Problem(FailureKind.ReauthorizationRequired, Turn.Admin, "The refresh token was revoked.", "Ask an admin.", site.Time.GetUtcNow(), null, null), Stop);
        await notices.LookAsync(Stop);
        for (var hour = 0; hour < 3; hour++)
        {
            Assert.Equal(0, await site.Service<MailDispatcher>().SendDueAsync(Stop));
            site.Time.Advance(TimeSpan.FromHours(1));
        }
        Assert.Equal(0, await site.Service<MailDispatcher>().SendDueAsync(Stop));
        await site.Service<ConnectionStore>().SetProblemAsync(acme, null, Stop);
        await notices.LookAsync(Stop);
        await using var server = new MailServer(port);
        Assert.Equal(2, await site.Service<MailDispatcher>().SendDueAsync(Stop));
        Assert.Equal(["acme has to be authorized again", "acme: mended"], server.Messages.Select(mail => mail.Subject));
    }

    [Fact]
    public async Task A_mail_server_or_a_receiver_that_takes_nothing_is_an_incident_of_its_own_which_the_other_way_tells()
    {
        var port = MailServer.FreePort();
        await using var site = await OpenedInstallation.OpenAsync(database: database, allowed: ["127.0.0.1"]);
        var (acme, notices) = (await ConnectAsync(site), site.Service<Notices>());
        await site.Service<MailSettingsStore>().SetAsync(new MailSettings("127.0.0.1", port, MailSecurity.None, null, null, "orgtap@brightwell.example", "Brightwell Analytics"), Stop);
        await site.Service<NoticeSettingsStore>().SetAsync(NoticeSettings.Usual with { Recipients = ["ops@example.com"], Webhook = new Uri($"http://127.0.0.1:{MailServer.FreePort()}/in") }, new SecretText("a key of this test's own"), Stop);
        await site.Service<ConnectionStore>().SetProblemAsync(acme, new Problem(FailureKind.ReauthorizationRequired, Turn.Admin, "The refresh token was revoked.", "Ask an admin.", site.Time.GetUtcNow(), null, null), Stop);
        await notices.LookAsync(Stop);
        for (var attempt = 0; attempt < 3; attempt++)
        {
            Assert.Equal((0, 0), await notices.LookAsync(Stop));
            await site.Service<MailDispatcher>().SendDueAsync(Stop);
            await site.Service<Webhooks>().SendDueAsync(Stop);
            site.Time.Advance(TimeSpan.FromHours(1));
        }
        Assert.Equal((2, 0), await notices.LookAsync(Stop));
        Assert.Equal((0, 0), await notices.LookAsync(Stop));
        Assert.Equal([NoticeKind.MailFailing, NoticeKind.WebhookFailing, NoticeKind.Reauthorization], (await notices.ListAsync(10, Stop)).Select(incident => incident.Kind).Order().OrderByDescending(kind => kind > NoticeKind.JobStopped));
        Assert.Equal(["Orgtap: the webhook takes no notices", "acme has to be authorized again"], (await site.Service<Outbox>().ListAsync(null, 10, Stop)).Select(mail => mail.Subject));
        Assert.Equal(2, (await site.Service<Webhooks>().ListAsync(10, Stop)).Count);

        // Too old to be sent: that mends nothing.
        site.Time.Advance(TimeSpan.FromDays(4));
        await using var server = new MailServer(port);
        Assert.Equal(0, await site.Service<MailDispatcher>().SendDueAsync(Stop));
        Assert.Equal((0, 0), await notices.LookAsync(Stop));
        await site.Service<ConnectionStore>().SetProblemAsync(acme, null, Stop);
        Assert.Equal((0, 1), await notices.LookAsync(Stop));
        Assert.Equal(1, await site.Service<MailDispatcher>().SendDueAsync(Stop));
        Assert.Equal((0, 1), await notices.LookAsync(Stop));
        // A webhook that nobody wants any more does not fail.
        await site.Service<NoticeSettingsStore>().SetAsync(NoticeSettings.Usual, null, Stop);
        Assert.Equal((0, 1), await notices.LookAsync(Stop));
        Assert.All(await notices.ListAsync(10, Stop), incident => Assert.NotNull(incident.ClosedAt));
    }

    private static async Task<ConnectionId> ConnectAsync(OpenedInstallation site)
    {
        var id = ConnectionId.New();
        await site.Service<ConnectionStore>().AddAsync(
            new Connection(id, "acme", new Uri("https://login.salesforce.com/"), AuthorizationFlow.WebServer, "app", new OrgId("00D000000000001EAA"), "Acme", new Uri("https://acme.my.salesforce.com/"), "ann@acme.example", true, 80, null, null, site.Time.GetUtcNow()),
            new ConsumerApp("app", "acme", "key", null, null), _ => Task.CompletedTask, Stop);
        return id;
    }

    public sealed class OnSqlite() : NoticeKindsTests(StoreDatabase.Sqlite);

    public sealed class OnPostgres() : NoticeKindsTests(StoreDatabase.Postgres);
}

using Orgtap.Storage;
using Orgtap.Tests.App;

namespace Orgtap.Tests.Storage;

public abstract class AuditLogTests(StoreDatabase database)
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Entries_are_found_by_who_what_target_words_and_time_and_read_page_by_page()
    {
        await using var site = await OpenedInstallation.OpenAsync(database: database);
        var audit = site.Service<AuditLog>();
        var start = site.Time.GetUtcNow();
        await audit.WriteAsync("marta@example.com", "connection.created", "acme", null, Cancellation);
        site.Time.Advance(TimeSpan.FromHours(1));
        await audit.WriteAsync("tomas@example.com", "threshold.set", "acme", "60 %", Cancellation);
        await audit.WriteAsync("marta@example.com", "threshold.set", "Élan_1", "70 %", Cancellation);

        async Task<string> FindAsync(AuditFilter filter, int limit = 10) => string.Join(',', (await audit.ListAsync(filter, limit, Cancellation)).Select(entry => entry.Id));
        Assert.Equal("3,2,1", await FindAsync(new AuditFilter()));
        Assert.Equal("3,1", await FindAsync(new AuditFilter { Actor = " Marta@Example.com" }));
        Assert.Equal("3,2", await FindAsync(new AuditFilter { Action = "threshold.set" }));
        Assert.Equal("2,1", await FindAsync(new AuditFilter { Target = "ACME" }));
        Assert.Equal("3", await FindAsync(new AuditFilter { Text = "Élan_1" }));
        Assert.Equal("2", await FindAsync(new AuditFilter { Text = "60 %" }));
        // Not a pattern: what is typed is meant.
        Assert.Equal("", await FindAsync(new AuditFilter { Text = "acm_" }));
        Assert.Equal("3,2", await FindAsync(new AuditFilter { From = start.AddMinutes(1) }));
        Assert.Equal("1", await FindAsync(new AuditFilter { Until = start.AddMinutes(1) }));
        Assert.Equal("3,2", await FindAsync(new AuditFilter(), 2));
        Assert.Equal("1", await FindAsync(new AuditFilter { Before = 2 }, 2));
        Assert.Equal(["connection.created", "threshold.set"], await audit.ActionsAsync(Cancellation));
    }

    [Fact]
    public async Task Without_a_web_server_an_entry_names_account_and_machine()
    {
        await using var site = await OpenedInstallation.OpenAsync(database: database);
        await site.Service<AuditLog>().WriteAsync("command line", "connection.paused", "acme", null, Cancellation);
        Assert.Equal($"{Environment.UserName} on {Environment.MachineName}", (await site.Service<AuditLog>().ListAsync(1, Cancellation)).Single().Origin);
    }

    public sealed class OnSqlite() : AuditLogTests(StoreDatabase.Sqlite);

    public sealed class OnPostgres() : AuditLogTests(StoreDatabase.Postgres);
}

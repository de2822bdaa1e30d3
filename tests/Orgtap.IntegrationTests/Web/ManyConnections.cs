using Dapper;
using Orgtap.Authorization;
using Orgtap.Connections;
using Orgtap.Primitives;
using Orgtap.Storage;

namespace Orgtap.IntegrationTests.Web;

/// <summary>Fills an installation with connections: one is real, the others are its copies in the control store.</summary>
internal static class ManyConnections
{
    public static async Task AddAsync(WebInstallation site, int count)
    {
        var cancellationToken = TestContext.Current.CancellationToken;
        var first = await site.Service<OrgConnector>().ConnectAsync(new ConnectRequest(
            "first", site.Org.Address.AbsoluteUri, AuthorizationFlow.Password, site.Org.ClientId, new SecretText(site.Org.ClientSecret), site.Org.User,
            new SecretText(site.Org.Password), new SecretText(site.Org.SecurityToken), null), "test", cancellationToken);
        var problem = new Problem(FailureKind.ReauthorizationRequired, Turn.Admin, "The user was deactivated.", "Ask the admin to activate it.", first.CreatedAt, null, null);
        await site.Service<ControlStore>().WriteAsync(async transaction =>
        {
            var db = transaction.Connection!;
            var row = (IDictionary<string, object?>)await db.QuerySingleAsync("SELECT * FROM connections WHERE id = @id", new { id = first.Id.Value }, transaction);
            string[] changed = ["id", "name", "org_id", "sync_enabled"];
            var others = string.Join(", ", row.Keys.Except(changed));
            for (var number = 1; number < count; number++)
            {
                var id = $"{number:x32}";
                await db.ExecuteAsync($"INSERT INTO connections (id, name, org_id, sync_enabled, {others}) SELECT @id, @name, @org, @enabled, {others} FROM connections WHERE id = @first",
                    new { id, name = $"customer-{number:0000}", org = $"00D{number:000000000000000}", enabled = number % 7 == 0 ? 0 : 1, first = first.Id.Value }, transaction);
                for (var position = 0; position < 10; position++)
                    await db.ExecuteAsync("INSERT INTO selections (connection_id, sobject, position, fields) VALUES (@id, @table, @position, '*')", new { id, table = $"Table{position}__c", position }, transaction);
                for (var run = 0; run < 3; run++)
                    await db.ExecuteAsync("INSERT INTO runs (id, connection_id, started_by, started_at, ended_at, outcome, api_calls) VALUES (@run, @id, 'scheduler', @at, @at, 'Completed', 8)",
                        new { run = (number * 3) + run, id, at = first.CreatedAt.ToUnixTimeMilliseconds() }, transaction);
            }
        }, cancellationToken);
        foreach (var connection in (await site.Service<ConnectionStore>().ListAsync(cancellationToken)).Where((_, at) => at % 50 == 3))
            await site.Service<ConnectionStore>().SetProblemAsync(connection.Id, problem, cancellationToken);
    }
}

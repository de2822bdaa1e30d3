using Orgtap.Connections;
using Orgtap.Primitives;
using Orgtap.Records;
using Orgtap.Replicas;
using Orgtap.Syncs;
using Orgtap.Tests.Replicas;
using Orgtap.Tests.Storage;

namespace Orgtap.Tests.Syncs;

/// <summary>Rows of a synced replica as people browse them; the same in a file and in PostgreSQL.</summary>
public abstract class ReplicaRowsTests : IAsyncDisposable
{
    private readonly PostgresTestSchema? _schema;

    private protected ReplicaRowsTests(PostgresTestSchema? schema) => _schema = schema;

    public ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        return _schema?.DisposeAsync() ?? ValueTask.CompletedTask;
    }

    [Theory]
    [InlineData("Id", false)]
    [InlineData("Name", true)]
    [InlineData("AnnualRevenue", false)]
    [InlineData("AnnualRevenue", true)]
    [InlineData("Industry", false)]
    [InlineData("CreatedDate", true)]
    public async Task Pages_hold_every_row_once_in_order(string sort, bool descending)
    {
        await using var org = await LoadedAsync("Account");
        var rows = new ReplicaRows(org.Files, TimeProvider.System);
        var question = new RowQuestion(["Id", sort], Sort: sort, Descending: descending, DeletedToo: true, Limit: 170);
        var all = new List<(string Id, object? Value)>();
        do
        {
            var page = await rows.PageAsync(org.Connection, "Account", question, SyncedOrg.Cancel);
            all.AddRange(page.Rows.Select(row => ((string)row[0]!, row[^1])));
            question = question with { After = page.Next };
        }
        while (question.After is not null);
        var truth = org.Host.Store.Truth("Account", ["Name"], includeDeleted: true).Select(row => row.Id).ToHashSet();
        Assert.Equal(truth.Count, all.Count);
        Assert.Equal(truth, all.Select(row => row.Id).ToHashSet());
        var numbers = all.Where(row => row.Value is not null).Select(row => row.Value).OfType<double>().ToList();
        Assert.Equal(descending ? numbers.OrderDescending() : numbers.Order(), numbers);
        // Empty ones last, whichever way.
        Assert.DoesNotContain(all.SkipWhile(row => row.Value is not null), row => row.Value is not null);
    }

    [Fact]
    public async Task Filters_by_column_find_what_the_org_has()
    {
        await using var org = await LoadedAsync("Account");
        var rows = new ReplicaRows(org.Files, TimeProvider.System);
        var truth = org.Host.Store.Truth("Account", ["Name", "Industry", "AnnualRevenue", "CreatedDate"], includeDeleted: false).ToList();
        var industry = truth.First(row => row.Values[1] is { Length: > 0 }).Values[1]!;
        var part = truth[3].Values[0]![1..4];
        foreach (var (filter, expected) in new (RowFilter, Func<IReadOnlyList<string?>, bool>)[]
        {
            (new RowFilter("Industry", RowComparison.Is, industry), values => values[1] == industry),
            (new RowFilter("Industry", RowComparison.IsNot, industry), values => values[1] != industry),
            (new RowFilter("Industry", RowComparison.Empty, ""), values => values[1] is null or ""),
            (new RowFilter("Industry", RowComparison.NotEmpty, ""), values => values[1] is not (null or "")),
            (new RowFilter("Name", RowComparison.Contains, part), values => values[0]!.Contains(part, StringComparison.OrdinalIgnoreCase)),
            (new RowFilter("AnnualRevenue", RowComparison.AtLeast, "1000000.5"), values => values[2] is { Length: > 0 } text && decimal.Parse(text, System.Globalization.CultureInfo.InvariantCulture) >= 1000000.5m),
            (new RowFilter("CreatedDate", RowComparison.AtMost, "2024-01-01T00:00:00Z"), values => string.CompareOrdinal(values[3], "2024-01-01T00:00:00.000Z") <= 0),
        })
        {
            var found = new List<string>();
            await foreach (var row in rows.AllAsync(org.Connection, "account", new RowQuestion(["Id"], [filter]), SyncedOrg.Cancel)) found.Add((string)row[0]!);
            var wanted = truth.Where(row => expected([.. row.Values])).Select(row => row.Id).ToHashSet();
            Assert.True(wanted.SetEquals(found), $"{filter}: {found.Count} found, {wanted.Count} expected.");
            Assert.Equal(found.Count, found.Distinct().Count());
        }
    }

    [Theory]
    [InlineData("Nonsense", RowComparison.Is, "1", "no column Nonsense")]
    [InlineData("AnnualRevenue", RowComparison.Is, "much", "does not fit AnnualRevenue")]
    [InlineData("CreatedDate", RowComparison.AtMost, "soon", "does not fit CreatedDate")]
    [InlineData("IsDeleted", RowComparison.Is, "perhaps", "does not fit IsDeleted")]
    public async Task What_does_not_fit_is_refused_with_an_example(string column, RowComparison comparison, string value, string message)
    {
        await using var org = await LoadedAsync("Account");
        var rows = new ReplicaRows(org.Files, TimeProvider.System);
        var refused = await Assert.ThrowsAsync<InvalidInputException>(() => rows.PageAsync(org.Connection, "Account", new RowQuestion(Filters: [new RowFilter(column, comparison, value)]), SyncedOrg.Cancel));
        Assert.Contains(message, refused.Message, StringComparison.Ordinal);
        // A quote closes nothing.
        Assert.Empty((await rows.PageAsync(org.Connection, "Account", new RowQuestion(Filters: [new RowFilter("Name", RowComparison.Is, "x' OR '1'='1")]), SyncedOrg.Cancel)).Rows);
        await Assert.ThrowsAsync<InvalidInputException>(() => rows.PageAsync(org.Connection, "Account", new RowQuestion(After: "nonsense"), SyncedOrg.Cancel));
        await Assert.ThrowsAsync<InvalidInputException>(() => rows.PageAsync(org.Connection, "Nowhere", new RowQuestion(), SyncedOrg.Cancel));
    }

    [Fact]
    public async Task A_row_is_found_by_its_Id_with_the_runs_that_touched_it()
    {
        await using var org = await LoadedAsync("Account", "Contact");
        var ids = org.Host.Store.Truth("Account", ["Name"], includeDeleted: false).Take(2).Select(row => row.Id).ToList();
        org.Host.Clock.Advance(TimeSpan.FromHours(1));
        org.Host.Store.Update("Account", ids[0], new Dictionary<string, object?> { ["Name"] = "Changed once" });
        org.Host.Clock.Advance(TimeSpan.FromHours(1));
        var second = await org.SyncAsync();
        org.Host.Store.Update("Account", ids[1], new Dictionary<string, object?> { ["Name"] = "Another" });
        org.Host.Clock.Advance(TimeSpan.FromHours(1));
        var third = await org.SyncAsync();

        var rows = new ReplicaRows(org.Files, TimeProvider.System);
        Assert.Equal("Account", await rows.FindAsync(org.Connection, ids[0][..15], SyncedOrg.Cancel));
        var row = (await rows.RowAsync(org.Connection, "account", ids[0][..15], SyncedOrg.Cancel))!;
        Assert.Equal("Changed once", row["name"]);
        var touches = RowHistory.Of(row, await org.Runs.ListAsync(org.Connection.Id, 100, SyncedOrg.Cancel));
        Assert.Contains(touches, touch => touch.Run.Id == second.Id && touch is { IsCertain: true, Mode: LoadMode.Incremental });
        Assert.Contains(touches, touch => touch is { IsCertain: true, Mode: LoadMode.Backfill });
        // The third run read what was changed later, which this row was not.
        Assert.DoesNotContain(touches, touch => touch.Run.Id == third.Id && touch.Mode == LoadMode.Incremental);
        var other = RowHistory.Of((await rows.RowAsync(org.Connection, "Account", ids[1], SyncedOrg.Cancel))!, await org.Runs.ListAsync(org.Connection.Id, 100, SyncedOrg.Cancel));
        Assert.Equal(third.Id, other[0].Run.Id);
        Assert.Contains(other, touch => touch.Run.Id == second.Id && !touch.IsCertain);

        Assert.Null(await rows.FindAsync(org.Connection, "001000000000000", SyncedOrg.Cancel));
        Assert.Null(await rows.RowAsync(org.Connection, "Account", "001000000000000", SyncedOrg.Cancel));
        await Assert.ThrowsAsync<InvalidInputException>(() => rows.FindAsync(org.Connection, "not an id", SyncedOrg.Cancel));
    }

    private async Task<SyncedOrg> LoadedAsync(params string[] sobjects)
    {
        var org = await SyncedOrg.StartAsync();
        if (_schema is not null)
        {
            org.Place = new PostgresPlace(new SecretText(TestPostgres.Address.With(parts => parts.ApplicationName = _schema.Name).ConnectionString), _schema.Name);
            _ = _schema.Source;
        }
        await org.OpenAsync();
        await org.SelectAsync(sobjects);
        Assert.Equal(RunOutcome.Completed, (await org.SyncAsync()).Outcome);
        return org;
    }

    public sealed class InAFile() : ReplicaRowsTests(null);

    public sealed class InPostgres() : ReplicaRowsTests(new PostgresTestSchema());
}

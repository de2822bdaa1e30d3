using System.Net;
using System.Text;
using System.Text.Json;
using Orgtap.Extraction;
using Orgtap.Records;
using Orgtap.SimulatedOrg.Faults;
using Orgtap.SimulatedOrg.Hosting;
using Orgtap.SimulatedOrg.Schema;
using Orgtap.Syncs;

namespace Orgtap.Tests.Syncs;

/// <summary>Tables with so many fields, or so many rows, that Salesforce does not take the question, on objects that Bulk refuses.</summary>
public sealed class WideTablesTests
{
    private const string Wide = "Extra0001__c", Early = "F001__c", Late = "A_Field_With_A_Rather_Long_Name_299__c";
    private const int Rows = 400;

    [Fact]
    public async Task A_table_of_1100_fields_is_read_in_parts_and_is_exact()
    {
        await using var org = await StartWideAsync();

        var table = Assert.Single((await org.SyncAsync()).Tables);

        Assert.True(table.Receipt?.Verdict == Verdict.Complete, $"{table.Receipt?.Sentence} {table.Problem}");
        Assert.Equal((ExtractionApi.Rest, (long?)Rows, (long)Rows), (table.Receipt!.Api, table.Receipt.Expected, table.Receipt.Tally.Parsed));
        Assert.Contains(table.Plan!.Reasons, reason => reason.EndsWith("is asked for in 2 parts, which are joined.", StringComparison.Ordinal));
        Assert.DoesNotContain(org.Host.Requests.Entries, request => request.Status is 414 or 431);
        await org.AssertExactAsync(Wide);
    }

    [Fact]
    public async Task A_load_in_parts_that_dies_on_its_way_ends_exact()
    {
        var (step, deaths) = (1, 0);
        for (; ; step += 5, deaths++)
        {
            await using var org = await StartWideAsync();
            var crash = new Crash(step);
            await org.DieAsync(crash, RunPurpose.Sync);
            if (!crash.Happened) break;
            org.Host.Clock.Advance(TimeSpan.FromMinutes(10));
            var run = await org.SyncAsync();
            Assert.True(run.Outcome == RunOutcome.Completed, $"Step {step}: {run.Problem}");
            await org.AssertExactAsync(Wide);
        }
        TestContext.Current.TestOutputHelper!.WriteLine($"{deaths} deaths in {step} steps");
        Assert.True(deaths >= 8, $"Only {deaths} deaths.");
    }

    [Fact]
    public async Task A_row_that_changes_or_vanishes_between_its_parts_is_neither_torn_nor_lost()
    {
        await using var org = await StartWideAsync();
        var ids = org.Host.Store.Truth(Wide, ["Id"], includeDeleted: false).Select(row => row.Id).ToList();
        var (changed, deleted, gone) = (ids[3], ids[5], ids[7]);
        var happened = false;
        org.Network = inner => new Between(inner, request =>
        {
            if (happened || !request.RequestUri!.Query.Contains(Late, StringComparison.Ordinal)) return;
            happened = true;
            org.Host.Store.Update(Wide, changed, new Dictionary<string, object?> { [Early] = 12.5m, [Late] = "after" });
            org.Host.Store.Delete(Wide, deleted);
            org.Host.Store.HardDelete(Wide, gone);
            org.Host.Store.Insert(Wide, new Dictionary<string, object?> { [Late] = "new" });
        });
        await org.OpenAsync();

        var receipt = Assert.Single((await org.SyncAsync()).Tables).Receipt!;

        Assert.True(happened);
        Assert.True(receipt.Verdict == Verdict.Complete, receipt.Sentence);
        Assert.Equal(Rows - 1, receipt.Tally.Parsed);
        var row = await RowAsync(org, changed);
        Assert.Equal(("after", 12.5), ((string)row[1]!, Convert.ToDouble(row[0], System.Globalization.CultureInfo.InvariantCulture)));
        org.Host.Clock.Advance(TimeSpan.FromHours(1));
        await org.OpenAsync();
        Assert.Equal(RunOutcome.Completed, (await org.SyncAsync()).Outcome);
        await org.AssertExactAsync(Wide);
    }

    [Fact]
    public async Task Changes_of_a_wide_table_are_read_in_parts_too()
    {
        await using var org = await StartWideAsync(new Oldness { NoBulk = [Wide], NoComposite = true });
        await org.SyncAsync();
        org.Host.Clock.Advance(TimeSpan.FromHours(1));
        foreach (var row in org.Host.Store.Truth(Wide, ["Id"], includeDeleted: false).Take(300).ToList())
            org.Host.Store.Update(Wide, row.Id, new Dictionary<string, object?> { [Early] = 7m, [Late] = "changed" });
        org.Host.Clock.Advance(TimeSpan.FromMinutes(1));

        var receipt = Assert.Single((await org.SyncAsync()).Tables).Receipt!;

        Assert.Equal((LoadMode.Incremental, Verdict.Complete, 300L), (receipt.Mode, receipt.Verdict, receipt.Tally.Changed));
        await org.AssertExactAsync(Wide);
    }

    [Fact]
    public async Task Rows_that_a_wide_copy_lacks_are_read_by_Id_in_parts()
    {
        await using var org = await StartWideAsync();
        var hidden = org.Host.Store.Truth(Wide, ["Id"], includeDeleted: false).Select(row => row.Id).Take(40).ToList();
        foreach (var id in hidden) org.Host.Store.Share(Wide, id, visible: false);
        await org.SyncAsync();
        foreach (var id in hidden) org.Host.Store.Share(Wide, id, visible: true);
        org.Host.Clock.Advance(TimeSpan.FromHours(1));

        var run = await org.Runner.ContinueAsync(await org.Runner.BeginAsync(org.Connection.Id, "test", new SyncWish(RunPurpose.Reconcile, []), SyncedOrg.Cancel), SyncedOrg.Cancel);

        var receipt = Assert.Single(run.Tables).Receipt!;
        Assert.True(receipt.Verdict == Verdict.Complete, receipt.Sentence);
        Assert.Contains(receipt.More!, more => more is { Mode: LoadMode.Mend, Tally.Inserted: 40 });
        Assert.DoesNotContain(org.Host.Requests.Entries, request => request.Status is 414 or 431);
        await org.AssertExactAsync(Wide);
    }

    [Fact]
    public async Task A_proxy_that_takes_only_short_addresses_gets_shorter_questions()
    {
        await using var org = await StartWideAsync();
        org.Network = inner => new Refusing(inner, request => request.RequestUri!.PathAndQuery.Length > 5_000 ? new HttpResponseMessage(HttpStatusCode.RequestUriTooLong) : null);
        await org.OpenAsync();

        var table = Assert.Single((await org.SyncAsync()).Tables);

        Assert.True(table.Receipt?.Verdict == Verdict.Complete, $"{table.Receipt?.Sentence} {table.Problem}");
        await org.AssertExactAsync(Wide);
    }

    [Fact]
    public async Task A_proxy_that_takes_no_question_at_all_is_named()
    {
        await using var org = await StartWideAsync();
        org.Network = inner => new Refusing(inner, request => request.RequestUri!.Query.Contains($"FROM%20{Wide}", StringComparison.Ordinal) ? new HttpResponseMessage(HttpStatusCode.RequestHeaderFieldsTooLarge) : null);
        await org.OpenAsync();

        var table = Assert.Single((await org.SyncAsync()).Tables);

        Assert.Equal(RunTableState.Failed, table.State);
        Assert.Contains("proxy", table.Problem!.NextStep, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("QUERY_TIMEOUT", "Your query request was running for too long.")]
    [InlineData("OPERATION_TOO_LARGE", "exceeded 100000 distinct who/what's")]
    public async Task What_Salesforce_finds_too_much_at_once_is_read_in_pieces(string code, string text)
    {
        await using var org = await StartAccountAsync();
        var refused = 0;
        org.Network = inner => new Judging(inner, (request, body) =>
        {
            if (!request.RequestUri!.Query.Contains("FROM%20Account", StringComparison.Ordinal) || body.GetProperty("totalSize").GetInt64() <= 300) return null;
            refused++;
            return Refusal(code, text);
        });
        await org.OpenAsync();

        var table = Assert.Single((await org.SyncAsync()).Tables);

        Assert.True(table.Receipt?.Verdict == Verdict.Complete, $"{table.Receipt?.Sentence} {table.Problem}");
        Assert.Equal((2_600L, 2_600L), (table.Receipt!.Expected, table.Receipt.Tally.Parsed));
        Assert.InRange(refused, 1, 6);
        await org.AssertExactAsync("Account");
    }

    [Fact]
    public async Task A_table_that_is_too_slow_in_any_piece_fails_with_words_and_few_calls()
    {
        await using var org = await StartAccountAsync();
        org.Network = inner => new Judging(inner, (request, _) =>
            request.RequestUri!.Query.Contains("FROM%20Account", StringComparison.Ordinal) && !request.RequestUri.Query.Contains("LIMIT", StringComparison.Ordinal) ? Refusal("QUERY_TIMEOUT", "too long") : null);
        await org.OpenAsync();
        var calls = org.Host.Usage.Used;

        var table = Assert.Single((await org.SyncAsync()).Tables);

        Assert.Equal(RunTableState.Failed, table.State);
        Assert.Contains("even in small pieces", table.Problem!.Message, StringComparison.Ordinal);
        Assert.InRange(org.Host.Usage.Used - calls, 1, 30);
        org.Network = inner => inner;
        await org.OpenAsync();
        Assert.Equal(RunOutcome.Completed, (await org.SyncAsync()).Outcome);
        await org.AssertExactAsync("Account");
    }

    [Fact]
    public async Task A_next_page_that_Salesforce_lost_is_asked_for_again_behind_the_last_row()
    {
        await using var org = await StartAccountAsync();
        org.Host.Faults.Add("GET */query/01g*", FaultEffect.Answer.Error(400, "INVALID_QUERY_LOCATOR", "invalid query locator"), times: 1);

        var table = Assert.Single((await org.SyncAsync()).Tables);

        Assert.True(table.Receipt?.Verdict == Verdict.Complete, $"{table.Receipt?.Sentence} {table.Problem}");
        Assert.Equal((2_600L, 2_600L), (table.Receipt!.Expected, table.Receipt.Tally.Parsed));
        // The lost page was asked for once: it would stay lost.
        Assert.Single(org.Host.Requests.Entries, request => request.Status == 400 && request.Path.Contains("/query/01g", StringComparison.Ordinal));
        await org.AssertExactAsync("Account");
    }

    private static async Task<SyncedOrg> StartWideAsync(Oldness? oldness = null)
    {
        var org = await SyncedOrg.StartAsync(options => options with
        {
            Records = new Dictionary<string, long> { ["User"] = 3, ["Account"] = 20, [Wide] = Rows }, ExtraObjects = 1, ExtraFields = 800, Oldness = oldness ?? new Oldness { NoBulk = [Wide] },
        });
        for (var i = 0; i < 300; i++)
            org.Host.Store.Schema.AddField(Wide, new FieldType { Name = $"A_Field_With_A_Rather_Long_Name_{i:000}__c", Type = "string", Length = 80, Content = "text", Nillable = true, Createable = true, Updateable = true, Custom = true });
        await org.OpenAsync();
        await org.SelectAsync(Wide);
        return org;
    }

    private static async Task<SyncedOrg> StartAccountAsync()
    {
        var org = await SyncedOrg.StartAsync(options => options with { Oldness = new Oldness { NoBulk = ["Account"] } });
        await org.OpenAsync();
        await org.SelectAsync("Account");
        return org;
    }

    private static async Task<IReadOnlyList<object?>> RowAsync(SyncedOrg org, string id)
    {
        await using var query = await org.Files.QueryAsync(org.Connection, $"SELECT \"{Early}\", \"{Late}\" FROM \"{Wide}\" WHERE Id = '{id}'", 1, trusted: true, SyncedOrg.Cancel);
        await foreach (var row in query.ReadAsync(SyncedOrg.Cancel)) return [.. row];
        throw new InvalidOperationException($"{id} is not there.");
    }

    private static HttpResponseMessage Refusal(string code, string text) => new(HttpStatusCode.BadRequest)
    {
        Content = new StringContent($$"""[{"message":{{JsonSerializer.Serialize(text)}},"errorCode":"{{code}}"}]""", Encoding.UTF8, "application/json"),
    };

    /// <summary>Does something just before a request is sent.</summary>
    private sealed class Between(HttpMessageHandler inner, Action<HttpRequestMessage> happen) : DelegatingHandler(inner)
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            happen(request);
            return base.SendAsync(request, cancellationToken);
        }
    }

    /// <summary>Refuses a request by its looks.</summary>
    private sealed class Refusing(HttpMessageHandler inner, Func<HttpRequestMessage, HttpResponseMessage?> refuse) : DelegatingHandler(inner)
    {
        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            if (refuse(request) is not { } refusal) return await base.SendAsync(request, cancellationToken);
            refusal.RequestMessage = request;
            return refusal;
        }
    }

    /// <summary>Refuses a query by what its answer would be.</summary>
    private sealed class Judging(HttpMessageHandler inner, Func<HttpRequestMessage, JsonElement, HttpResponseMessage?> judge) : DelegatingHandler(inner)
    {
        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            var response = await base.SendAsync(request, cancellationToken);
            if (!request.RequestUri!.AbsolutePath.EndsWith("/queryAll", StringComparison.Ordinal) || !response.IsSuccessStatusCode) return response;
            await response.Content.LoadIntoBufferAsync(cancellationToken);
            using var body = JsonDocument.Parse(await response.Content.ReadAsStreamAsync(cancellationToken));
            if (judge(request, body.RootElement) is not { } refusal)
            {
                (await response.Content.ReadAsStreamAsync(cancellationToken)).Position = 0;
                return response;
            }
            response.Dispose();
            refusal.RequestMessage = request;
            return refusal;
        }
    }
}

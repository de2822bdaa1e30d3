using System.Globalization;
using System.IO.Compression;
using System.Net;
using System.Text;
using CsvHelper;
using Orgtap.SimulatedOrg.Faults;
using Orgtap.SimulatedOrg.Hosting;
using static Orgtap.Tests.SimulatedOrg.RunningOrg;

namespace Orgtap.Tests.SimulatedOrg.Bulk;

public sealed class BulkResultTests
{
    [Theory]
    [InlineData(LocatorStyle.Base64)]
    [InlineData(LocatorStyle.Numeric)]
    [InlineData(LocatorStyle.Odd)]
    public async Task Pages_by_locator_repeat_the_header_and_hold_every_row_once(LocatorStyle style)
    {
        await using var org = await StartAsync(options => options with { Oldness = new Oldness { Locators = style } });
        var job = await org.RunJobAsync("SELECT Id, Name FROM Account");
        var all = await BytesAsync(await org.GetAsync(job + "/results"));
        using var pages = new MemoryStream();
        pages.Write("\"Id\",\"Name\"\n"u8);
        long rows = 0;
        var locator = "";
        while (locator != "null")
        {
            var page = await org.GetAsync($"{job}/results?maxRecords=700{(locator.Length > 0 ? "&locator=" + Uri.EscapeDataString(locator) : "")}");
            Assert.Equal("text/csv", page.Content.Headers.ContentType!.MediaType);
            var body = await BytesAsync(page);
            Assert.True(body.AsSpan().StartsWith("\"Id\",\"Name\"\n"u8));
            pages.Write(body.AsSpan("\"Id\",\"Name\"\n".Length));
            rows += long.Parse(page.Headers.GetValues("Sforce-NumberOfRecords").Single());
            locator = page.Headers.GetValues("Sforce-Locator").Single();
        }
        Assert.Equal(org.Host.Store.Count("Account", includeDeleted: false), rows);
        Assert.Equal(all, pages.ToArray());
    }

    [Fact]
    public async Task The_rows_are_the_rows_of_the_truth()
    {
        await using var org = await StartAsync();
        string[] fields = ["Id", "Name", "CreatedDate", "NumberOfEmployees", "AnnualRevenue", "IsDeleted", "Description", "OwnerId"];
        var job = await org.RunJobAsync($"SELECT {string.Join(',', fields)} FROM Account", "queryAll");
        var truth = org.Host.Store.Truth("Account", fields, includeDeleted: true).ToDictionary(row => row.Id, row => row.Values);
        var rows = Parse(await BytesAsync(await org.GetAsync(job + "/results")));
        Assert.Equal(fields, rows[0]);
        Assert.Equal(truth.Count, rows.Count - 1);
        foreach (var row in rows.Skip(1))
        {
            var expected = truth[row[0]];
            // A number may carry zeros at its end in CSV; the canonical form has none.
            for (var cell = 0; cell < fields.Length; cell++)
                Assert.Equal(expected[cell] ?? "", fields[cell] is "AnnualRevenue" or "NumberOfEmployees" && row[cell].Length > 0
                    ? decimal.Parse(row[cell], CultureInfo.InvariantCulture).ToString("0.############", CultureInfo.InvariantCulture) : row[cell]);
        }
    }

    [Fact]
    public async Task Result_pages_name_at_most_five_addresses_that_can_be_read_in_any_order()
    {
        await using var org = await StartAsync(options => options with { BulkPageRows = 400 });
        var job = await org.RunJobAsync("SELECT Id FROM Account");
        var addresses = new List<string>();
        for (var next = job + "/resultPages"; next is not null;)
        {
            var reply = await org.GetJsonAsync(next);
            Assert.InRange(reply.GetProperty("resultPages").GetArrayLength(), 1, 5);
            addresses.AddRange(reply.GetProperty("resultPages").EnumerateArray().Select(page => page.GetProperty("resultUrl").GetString()!));
            next = reply.GetProperty("nextRecordsUrl").GetString();
            Assert.Equal(next is null, reply.GetProperty("done").GetBoolean());
        }
        var ids = new HashSet<string>();
        foreach (var address in addresses.AsEnumerable().Reverse())
            foreach (var row in Parse(await BytesAsync(await org.GetAsync(address))).Skip(1)) Assert.True(ids.Add(row[0]), row[0]);
        Assert.Equal(org.Host.Store.Count("Account", includeDeleted: false), ids.Count);
    }

    [Fact]
    public async Task An_older_version_or_org_has_no_result_pages()
    {
        await using var org = await StartAsync(options => options with { Oldness = new Oldness { NoResultPages = true } });
        Assert.Equal(HttpStatusCode.NotFound, (await org.GetAsync(await org.RunJobAsync("SELECT Id FROM Contact") + "/resultPages")).StatusCode);
        await using var newer = await StartAsync();
        Assert.Equal(HttpStatusCode.NotFound, (await newer.GetAsync(await newer.RunJobAsync("SELECT Id FROM Contact", root: "/services/data/v57.0") + "/resultPages")).StatusCode);
    }

    [Fact]
    public async Task Results_are_read_with_the_version_that_created_the_job()
    {
        await using var org = await StartAsync();
        var job = await org.RunJobAsync("SELECT Id FROM Contact");
        Assert.Equal(HttpStatusCode.Conflict, (await org.GetAsync(job.Replace("v66.0", "v65.0") + "/results")).StatusCode);
    }

    [Fact]
    public async Task Gzip_carries_the_same_bytes_the_first_and_the_second_time()
    {
        await using var org = await StartAsync();
        var job = await org.RunJobAsync("SELECT Id, Name, Description FROM Account");
        var plain = await BytesAsync(await org.GetAsync(job + "/results"));
        for (var time = 0; time < 2; time++)
        {
            var response = await org.GetAsync(job + "/results", ("Accept-Encoding", "gzip"));
            Assert.Equal("gzip", response.Content.Headers.ContentEncoding.Single());
            using var unzipped = new MemoryStream();
            await new GZipStream(await response.Content.ReadAsStreamAsync(Cancel), CompressionMode.Decompress).CopyToAsync(unzipped, Cancel);
            Assert.Equal(plain, unzipped.ToArray());
        }
    }

    [Fact]
    public async Task An_empty_result_is_a_header_alone()
    {
        await using var org = await StartAsync();
        var response = await org.GetAsync(await org.RunJobAsync("SELECT Id FROM Account WHERE Name = 'nobody'") + "/results");
        Assert.Equal(("0", "null"), (response.Headers.GetValues("Sforce-NumberOfRecords").Single(), response.Headers.GetValues("Sforce-Locator").Single()));
        Assert.Equal("\"Id\"\n"u8.ToArray(), await BytesAsync(response));
    }

    [Fact]
    public async Task A_recorded_page_and_ours_carry_the_same_headers()
    {
        var recorded = Fixture("wiremock-java-bulk-query-get-results-limited.json").GetProperty("response").GetProperty("headers");
        await using var org = await StartAsync();
        var response = await org.GetAsync(await org.RunJobAsync("SELECT Name, Type, Industry FROM Account") + "/results?maxRecords=10");
        foreach (var name in (string[])["Sforce-Locator", "Sforce-NumberOfRecords"])
            Assert.Equal(recorded.GetProperty(name).GetString(), response.Headers.GetValues(name).Single());
        Assert.Equal(recorded.GetProperty("Content-Type").GetString(), response.Content.Headers.ContentType!.ToString());
    }

    [Fact]
    public async Task An_older_org_leaves_out_counts_quotes_and_check_characters()
    {
        await using var org = await StartAsync(options => options with
        {
            Oldness = new Oldness { NoRecordCountHeader = true, NoProcessedCount = true, UnquotedCsv = true, CrLf = true, ShortIds = true },
        });
        var job = await org.RunJobAsync("SELECT Id FROM Contact");
        Assert.False((await org.GetJsonAsync(job)).TryGetProperty("numberRecordsProcessed", out _));
        var response = await org.GetAsync(job + "/results");
        Assert.False(response.Headers.Contains("Sforce-NumberOfRecords"));
        var lines = Encoding.ASCII.GetString(await BytesAsync(response)).Split("\r\n");
        Assert.Equal("Id", lines[0]);
        Assert.All(lines[1..^1], line => Assert.Matches("^003[0-9A-Za-z]{12}$", line));
    }

    [Fact]
    public async Task Lost_rows_and_wrong_counts_are_told_apart()
    {
        await using var org = await StartAsync();
        var job = await org.RunJobAsync("SELECT Id FROM Contact");
        var all = (int)org.Host.Store.Count("Contact", includeDeleted: false);
        org.Host.Faults.Add("GET */results*", new FaultEffect.DropRows(2), nth: 1);
        org.Host.Faults.Add("GET */results*", new FaultEffect.DropRows(2, LowerHeader: true), nth: 2);
        org.Host.Faults.Add(new FaultRule("GET */results*", new FaultEffect.WrongRecordCount(7)) { SObject = "Contact", Nth = 3 });
        Assert.Equal((all - 2, all), await ReadAsync());
        Assert.Equal((all - 2, all - 2), await ReadAsync());
        Assert.Equal((all, all + 7), await ReadAsync());
        Assert.Equal((all, all), await ReadAsync());

        async Task<(int Rows, int Told)> ReadAsync()
        {
            var response = await org.GetAsync(job + "/results");
            return (Parse(await BytesAsync(response)).Count - 1, int.Parse(response.Headers.GetValues("Sforce-NumberOfRecords").Single()));
        }
    }

    [Fact]
    public async Task A_page_can_be_cut_after_exactly_so_many_bytes()
    {
        await using var org = await StartAsync();
        var job = await org.RunJobAsync("SELECT Id, Name, Description FROM Account");
        var whole = await BytesAsync(await org.GetAsync(job + "/results"));
        var cut = whole.Length - 7;
        org.Host.Faults.Add("GET */results", new FaultEffect.CutBody(cut));
        using var response = await org.GetAsync(job + "/results");
        Assert.Equal(whole.Length, response.Content.Headers.ContentLength);
        await using var body = await response.Content.ReadAsStreamAsync(Cancel);
        var buffer = new byte[cut];
        await body.ReadExactlyAsync(buffer, Cancel);
        Assert.True(whole.AsSpan(0, cut).SequenceEqual(buffer));
        await Assert.ThrowsAnyAsync<IOException>(async () => await body.ReadExactlyAsync(new byte[1], Cancel));
    }

    [Fact]
    public async Task A_result_of_many_rows_is_rendered_while_the_client_polls_and_the_org_can_stop_in_between()
    {
        var folder = Directory.CreateTempSubdirectory();
        await using (var org = await StartAsync(options => options with { Records = new Dictionary<string, long> { ["Account"] = 400_000 }, SpoolFolder = folder.FullName }))
            await org.CreateJobAsync("SELECT Id, Name, Description FROM Account");
        Assert.Empty(folder.GetDirectories());
        folder.Delete();
    }

    [Fact]
    public async Task A_later_job_sees_changes_and_an_earlier_one_keeps_its_result()
    {
        await using var org = await StartAsync();
        const string Soql = "SELECT Id, Name FROM Contact";
        var before = await org.RunJobAsync(Soql);
        var old = await BytesAsync(await org.GetAsync(before + "/results"));
        org.Host.Store.Insert("Contact", new Dictionary<string, object?> { ["LastName"] = "Late" });
        var after = await org.RunJobAsync(Soql);
        Assert.Equal(Parse(old).Count + 1, Parse(await BytesAsync(await org.GetAsync(after + "/results"))).Count);
        Assert.Equal(old, await BytesAsync(await org.GetAsync(before + "/results")));
    }

    [Fact]
    public async Task The_files_of_results_are_gone_when_the_org_has_stopped()
    {
        var folder = Directory.CreateTempSubdirectory();
        await using (var org = await StartAsync(options => options with { SpoolFolder = folder.FullName }))
        {
            await org.RunJobAsync("SELECT Id FROM Contact");
            Assert.Single(folder.GetDirectories());
        }
        Assert.Empty(folder.GetDirectories());
        folder.Delete();
    }

    private static Task<byte[]> BytesAsync(HttpResponseMessage response)
    {
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        return response.Content.ReadAsByteArrayAsync(Cancel);
    }

    /// <summary>By a parser that is nobody's here, so that a shared mistake shows.</summary>
    private static List<string[]> Parse(byte[] csv)
    {
        var rows = new List<string[]>();
        using var reader = CsvReader.Create(csv, new CsvReaderOptions { HasHeader = false });
        while (reader.Read()) rows.Add([.. Enumerable.Range(0, reader.FieldCount).Select(reader.GetString)]);
        return rows;
    }
}

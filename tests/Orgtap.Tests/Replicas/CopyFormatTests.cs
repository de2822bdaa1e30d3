using System.Globalization;
using System.Text;
using Dapper;
using Npgsql;
using Orgtap.Records;
using Orgtap.Replicas.Postgres;
using Orgtap.Tests.Storage;

namespace Orgtap.Tests.Replicas;

/// <summary>Our binary COPY against what the server makes of the same text.</summary>
public sealed class CopyFormatTests
{
    private static readonly ByteBudget Budget = new(64 << 20);

    [Fact]
    public async Task Twenty_thousand_random_numbers_are_those_the_server_reads_from_text()
    {
        var random = new Random(20260501);
        var texts = Enumerable.Range(0, 20_000).Select(_ => Number(random)).Concat(
            ["0", "1", "-1", "9999", "10000", "99999999", "100000000", "0.0001", "0.00001", "-0.00009999", "0.1", "10000.0001", new string('9', 400), "0." + new string('0', 390) + "1", "1" + new string('0', 400)]).ToArray();
        await using var db = await ConnectAsync("v numeric");
        await CopyAsync(db, ColumnType.Decimal, texts);
        // Same value, and the same digits behind the point.
        Assert.Equal(0, await db.ExecuteScalarAsync<long>("SELECT count(*) FROM copied c JOIN unnest(@texts) WITH ORDINALITY AS t (text, n) ON c.n = t.n WHERE c.v IS DISTINCT FROM t.text::numeric OR c.v::text <> t.text", new { texts }));
        Assert.Equal(texts.Length, await db.ExecuteScalarAsync<long>("SELECT count(*) FROM copied"));
    }

    [Fact]
    public async Task Every_day_of_four_centuries_and_its_last_millisecond_are_those_the_server_reads_from_text()
    {
        var days = Enumerable.Range(0, 146_097 / 7).Select(i => new DateTime(1700, 1, 1).AddDays(i * 7 + i % 7)).ToList();
        var dates = days.Select(day => day.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture)).ToArray();
        var moments = days.Select((day, i) => day.AddDays(1).AddMilliseconds(-1 - i * 4001 % 86_400_000).ToString("yyyy-MM-ddTHH:mm:ss.fffZ", CultureInfo.InvariantCulture)).ToArray();
        var times = moments.Select(moment => moment[11..23]).ToArray();
        foreach (var (type, declared, texts) in new[] { (ColumnType.Date, "date", dates), (ColumnType.DateTime, "timestamptz", moments), (ColumnType.Time, "time", times) })
        {
            await using var db = await ConnectAsync($"v {declared}");
            await CopyAsync(db, type, texts);
            Assert.Equal(0, await db.ExecuteScalarAsync<long>($"SELECT count(*) FROM copied c JOIN unnest(@texts) WITH ORDINALITY AS t (text, n) ON c.n = t.n WHERE c.v IS DISTINCT FROM t.text::{declared}", new { texts }));
            // And back to the canonical form.
            Assert.Equal(texts, await db.QueryAsync<string>($"SELECT {PostgresTypes.Canonical("v", type)} FROM copied ORDER BY n"));
        }
    }

    private static string Number(Random random)
    {
        var whole = random.Next(3) == 0 ? "0" : Digits(random, random.Next(1, 30)).TrimStart('0');
        var fraction = random.Next(3) == 0 ? "" : Digits(random, random.Next(1, 30)).TrimEnd('0');
        if (whole.Length == 0) whole = "0";
        var text = fraction.Length == 0 ? whole : $"{whole}.{fraction}";
        return text != "0" && random.Next(2) == 0 ? "-" + text : text;
    }

    private static string Digits(Random random, int count)
    {
        var text = new StringBuilder();
        // Runs of zeros are where groups of four digits go wrong.
        while (text.Length < count) text.Append(random.Next(3) == 0 ? new string('0', random.Next(1, 9)) : random.Next(10).ToString(CultureInfo.InvariantCulture));
        return text.ToString();
    }

    private static async Task<NpgsqlConnection> ConnectAsync(string column)
    {
        var db = new NpgsqlConnection(TestPostgres.Address.With(parts => (parts.Pooling, parts.Options) = (false, "-c timezone=UTC")).ConnectionString);
        await db.OpenAsync();
        await db.ExecuteAsync($"CREATE TEMP TABLE copied (n int, turn int, id text, {column})");
        return db;
    }

    private static async Task CopyAsync(NpgsqlConnection db, ColumnType type, string[] texts)
    {
        var schema = new ObjectSchema("T", [new("Id", ColumnType.Id), new("V", type)]);
        using var page = Pages.Of(schema, Pages.Backfill(schema), texts.Select((text, i) => new string?[] { Pages.Id(i), text }));
        await using (var copy = await db.BeginRawBinaryCopyAsync("COPY copied (n, turn, id, v) FROM STDIN (FORMAT binary)"))
            await new CopyRows([0, 1], [ColumnType.Id, type], width: 2).WriteAsync(copy, page.Batches, new int[]?[page.Batches.Count], default);
        await db.ExecuteAsync("UPDATE copied SET n = n + 1");
    }
}

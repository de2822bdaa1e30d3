using System.Globalization;
using Orgtap.Records;
using Orgtap.Replicas;

namespace Orgtap.Tests.Replicas;

/// <summary>Values are kept exactly, and old ones survive a schema that changes.</summary>
public abstract partial class ReplicaContract
{
    [Theory]
    [InlineData(ColumnType.Text, 0, new[] { "00123", "1.0", "true", " spaces ", "line\r\nbreak\n", "nul\0inside", "\u00e4\u00f6 \U0001F600\U0001F9D1\u200D\U0001F680", "'); DROP TABLE x; --\"" })]
    [InlineData(ColumnType.Id, 0, new[] { "0015g00000XyZaBAAV", "005000000000001AAA" })]
    [InlineData(ColumnType.Boolean, 0, new[] { "true", "false" })]
    [InlineData(ColumnType.Integer, 0, new[] { "0", "-1", "9007199254740993", "9223372036854775807", "-9223372036854775808" })]
    [InlineData(ColumnType.Decimal, 18, new[] { "0", "12345678901234567.89", "-0.00000000000000001", "123456789012345678", "0.1", "12345678901234567890.12" })]
    [InlineData(ColumnType.Decimal, 0, new[] { "1", "1.5", "999999999999999999999999999999.999999999999" })]
    [InlineData(ColumnType.Decimal, 15, new[] { "0", "0.1", "-123456789012345", "1234567890.12345", "0.000000000000001", "0.3", "1000000000000000000000", "99999999999999.9" })]
    [InlineData(ColumnType.Decimal, 5, new[] { "0.30000000000000004", "1234567890123456.7", "0.1234567890123456789" })]
    [InlineData(ColumnType.Date, 0, new[] { "2024-02-29", "1700-01-01", "4000-12-31" })]
    [InlineData(ColumnType.DateTime, 0, new[] { "2026-01-02T03:04:05.678Z", "1700-01-01T00:00:00.000Z" })]
    [InlineData(ColumnType.Time, 0, new[] { "00:00:00.000", "23:59:59.999" })]
    public async Task Canonical_values_come_back_exactly(ColumnType type, int precision, string[] values)
    {
        var schema = new ObjectSchema("Exact__c", [new("Id", ColumnType.Id), new("Value__c", type, precision, 2)]);
        var rows = values.Select((value, i) => new string?[] { Pages.Id(i), value }).ToArray();
        await using var replica = await OpenAsync();
        var lost = KeepsNuls ? 0 : values.Sum(value => value.Count(letter => letter == '\0'));
        Assert.Equal(lost, (await CommitAsync(replica, schema, rows)).NulsLeftOut);
        Assert.Equal(rows.Select(row => lost == 0 ? row : [row[0], row[1]!.Replace("\0", "", StringComparison.Ordinal)]), await ReadAsync(schema));
        // What was written is also recognised as the same.
        Assert.Equal(rows.Length, (await CommitAsync(replica, schema, rows)).Unchanged);
    }

    [Fact]
    public async Task Random_decimals_of_up_to_fifteen_digits_come_back_exactly()
    {
        var random = new Random(20260102);
        var values = Enumerable.Range(0, 2000).Select(_ =>
        {
            var digits = random.NextInt64(1, (long)Math.Pow(10, random.Next(1, 16))).ToString(CultureInfo.InvariantCulture);
            var scale = random.Next(0, digits.Length + 3);
            var text = scale == 0 ? digits : digits.PadLeft(scale + 1, '0').Insert(Math.Max(1, digits.Length - scale), ".");
            return (random.Next(2) == 0 ? "-" : "") + (scale == 0 ? text : text.TrimEnd('0').TrimEnd('.'));
        });
        var schema = new ObjectSchema("Exact__c", [new("Id", ColumnType.Id), new("Value__c", ColumnType.Decimal, 15, 5)]);
        var rows = values.Select((value, i) => new string?[] { Pages.Id(i), value }).ToArray();
        await using var replica = await OpenAsync();
        await CommitAsync(replica, schema, rows);
        Assert.Equal(rows, await ReadAsync(schema));
    }

    [Fact]
    public async Task The_longest_text_of_Salesforce_comes_back_exactly()
    {
        var schema = new ObjectSchema("Long__c", [new("Id", ColumnType.Id), new("Text__c", ColumnType.Text)]);
        var text = string.Concat(Enumerable.Range(0, 131_072).Select(i => i % 97 == 0 ? '\n' : (char)('\u0400' + i % 200)));
        string?[][] rows = [.. Enumerable.Range(0, 12).Select(i => new[] { Pages.Id(i), text[i..] })];
        await using var replica = await OpenAsync();
        await CommitAsync(replica, schema, rows);
        Assert.Equal(rows, await ReadAsync(schema));
    }

    [Fact]
    public async Task New_fields_become_columns_and_deselected_ones_keep_their_values()
    {
        var wider = new ObjectSchema("Account", [new("Id", ColumnType.Id), new("Rating", ColumnType.Text), new("Name", ColumnType.Text)]);
        await using var replica = await OpenAsync();
        await CommitAsync(replica, Pages.Account, [[Pages.Id(1), "One", "1", "false"]]);
        Assert.Equal(new CommitCounts(1, 1, 0, 0), await CommitAsync(replica, wider, [[Pages.Id(1), "Hot", "One"], [Pages.Id(2), "Cold", "Two"]]));
        Assert.Equal([[Pages.Id(1), "Hot", "One"], [Pages.Id(2), "Cold", "Two"]], await ReadAsync(wider));
        Assert.Equal([[Pages.Id(1), "One", "1", "false"], [Pages.Id(2), "Two", null, null]], await ReadAsync(Pages.Account));
    }

    [Theory]
    [InlineData(ColumnType.Integer, 0, ColumnType.Decimal, 18, new[] { "12", "9007199254740993" }, "1.5")]
    [InlineData(ColumnType.Integer, 0, ColumnType.Decimal, 10, new[] { "12", "9007199254740993" }, "1.5")]
    [InlineData(ColumnType.Integer, 0, ColumnType.Text, 0, new[] { "12", "-7" }, "007")]
    [InlineData(ColumnType.Decimal, 10, ColumnType.Decimal, 18, new[] { "0.1", "1234567.5", "100000000000000000000" }, "1234567890123456.78")]
    [InlineData(ColumnType.Decimal, 10, ColumnType.Text, 0, new[] { "0.1", "3" }, "about 3.0")]
    [InlineData(ColumnType.Boolean, 0, ColumnType.Text, 0, new[] { "true", "false" }, "maybe")]
    [InlineData(ColumnType.Date, 0, ColumnType.DateTime, 0, new[] { "2026-01-02" }, "2026-01-02T03:04:05.000Z")]
    [InlineData(ColumnType.Text, 0, ColumnType.Integer, 0, new[] { "007", "x" }, "8")]
    public async Task A_column_whose_type_changes_keeps_its_old_values(ColumnType before, int precisionBefore, ColumnType now, int precisionNow, string[] old, string added)
    {
        var first = new ObjectSchema("Changing__c", [new("Id", ColumnType.Id), new("Value__c", before, precisionBefore), new("Other__c", ColumnType.Text)]);
        var second = new ObjectSchema("Changing__c", [new("Id", ColumnType.Id), new("Value__c", now, precisionNow), new("Other__c", ColumnType.Text)]);
        await using var replica = await OpenAsync();
        var rows = old.Select((value, i) => new string?[] { Pages.Id(i), value, "same" }).ToList();
        await CommitAsync(replica, first, [.. rows]);
        rows.Add([Pages.Id(90), added, "same"]);
        await CommitAsync(replica, second, [rows[^1]]);
        rows.Add([Pages.Id(91), null, "same"]);
        await CommitAsync(replica, second, [rows[^1]]);
        Assert.Equal(rows, await ReadAsync(second));
    }

    [Fact]
    public virtual async Task Names_with_quotes_and_dots_and_eight_hundred_fields_are_only_names()
    {
        var schema = new ObjectSchema("Odd\"Name__c", [new("Id", ColumnType.Id), .. Enumerable.Range(0, 800).Select(i => new Column($"Order.\"By{i}", ColumnType.Text))]);
        string?[] row = [Pages.Id(1), .. Enumerable.Range(0, 800).Select(i => $"v{i}")];
        await using var replica = await OpenAsync();
        await CommitAsync(replica, schema, [row]);
        Assert.Equal([row], await ReadAsync(schema));
        Assert.Equal(1, (await CommitAsync(replica, schema, [row])).Unchanged);
    }

    [Fact]
    public async Task Names_that_the_database_has_a_use_for_or_that_differ_late_are_tables_and_columns_of_their_own()
    {
        var long1 = new string('N', 70) + "1__c";
        var long2 = new string('N', 70) + "2__c";
        string[] sobjects = ["SQLite_Backup__c", "sqlite_master__c", "pg_class__c", "Order", "Group", "Case", "User", long1, long2];
        await using var replica = await OpenAsync();
        foreach (var sobject in sobjects)
        {
            var schema = new ObjectSchema(sobject, [new("Id", ColumnType.Id), new("Select", ColumnType.Text), new("RowId", ColumnType.Text), new("CTID__c", ColumnType.Text), new(long1, ColumnType.Text), new(long2, ColumnType.Text)]);
            string?[] row = [Pages.Id(1), sobject, "r", "c", "one", "two"];
            await CommitAsync(replica, schema, [row]);
            Assert.Equal([row], await ReadAsync(schema));
            Assert.Equal(1, (await CommitAsync(replica, schema, [row])).Unchanged);
        }
        Assert.Equal(sobjects.Length, (await replica.TablesAsync(Never)).Select(table => table.TableName).Distinct(StringComparer.OrdinalIgnoreCase).Count());
    }

    private static async Task<CommitCounts> CommitAsync(IReplica replica, ObjectSchema schema, string?[][] rows)
    {
        var table = await replica.OpenAsync(schema, Never);
        using var page = Pages.Of(schema, rows);
        return (await replica.CommitAsync(table, page, Never)).Counts;
    }
}

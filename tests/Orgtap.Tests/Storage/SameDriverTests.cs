using Dapper;
using Microsoft.Data.Sqlite;
using Orgtap.Storage;
using Orgtap.Tests.Salesforce;

namespace Orgtap.Tests.Storage;

public sealed class SameDriverTests
{
    [Theory]
    [InlineData("Data Source=/a/control.db;Pooling=True", "Data Source=/b/control.db", true)]
    [InlineData("Host=a;Username=u", "Host=b", true)]
    [InlineData("Data Source=a", "Host=a", false)]
    [InlineData("", "Host=a", false)]
    [InlineData("", "", true)]
    public void Databases_of_one_driver_are_the_same(string one, string other, bool same)
    {
        var comparer = new SameDriver();
        Assert.Equal(same, comparer.Equals(one, other));
        if (same) Assert.Equal(comparer.GetHashCode(one), comparer.GetHashCode(other));
    }

    [Fact]
    public async Task A_statement_is_compiled_once_for_the_files_of_all_connections_and_reads_each_as_it_is()
    {
        var folder = Directory.CreateTempSubdirectory("orgtap-test").FullName;
        var sql = $"SELECT x /* {Guid.NewGuid():N} */ FROM t WHERE x <> @none";
        try
        {
            await using var store = await StoreDatabase.Sqlite.OpenAsync(folder, new ManualTime(), TestContext.Current.CancellationToken);
            for (var i = 0; i < 10; i++)
            {
                await using var db = SqliteLibrary.Connection(new SqliteConnectionStringBuilder { DataSource = Path.Combine(folder, $"{i}.db"), Pooling = false });
                await db.OpenAsync(TestContext.Current.CancellationToken);
                // One table's column holds numbers, another's texts.
                await db.ExecuteAsync(i % 2 == 0 ? "CREATE TABLE t (x INTEGER); INSERT INTO t VALUES (7)" : "CREATE TABLE t (x TEXT); INSERT INTO t VALUES ('seven')");
                Assert.Equal(i % 2 == 0 ? 7L : "seven", (await db.QuerySingleAsync<object>(sql, new { none = -1 }) as IDictionary<string, object>)!["x"]);
            }
            Assert.Single(SqlMapper.GetCachedSQL(), cached => cached.Item2 == sql);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}

using System.Net;
using System.Text.Json;
using static Orgtap.Tests.SimulatedOrg.RunningOrg;

namespace Orgtap.Tests.SimulatedOrg.Bulk;

internal static class BulkCalls
{
    public static async Task<JsonElement> CreateJobAsync(this RunningOrg org, string soql, string operation = "query", string root = Root) => await JsonAsync(
        await org.SendAsync(HttpMethod.Post, root + "/jobs/query", JsonSerializer.Serialize(new { operation, query = soql })), HttpStatusCode.OK);

    /// <returns>The path of a job that is complete.</returns>
    public static async Task<string> RunJobAsync(this RunningOrg org, string soql, string operation = "query", string root = Root)
    {
        var path = $"{root}/jobs/query/{(await org.CreateJobAsync(soql, operation, root)).GetProperty("id").GetString()}";
        Assert.Equal("JobComplete", (await org.GetJsonAsync(path)).GetProperty("state").GetString());
        return path;
    }
}

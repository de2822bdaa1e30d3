using System.Net.Http.Headers;
using System.Text;
using System.Xml.Linq;

namespace Orgtap.Tests.SimulatedOrg.Fidelity;

/// <summary>Bulk API 1.0 tells about jobs and batches with the recorded elements in the recorded order.</summary>
public sealed class RecordedBulkV1Tests(RecordedReplyTests.SharedOrg shared) : IClassFixture<RecordedReplyTests.SharedOrg>
{
    private const string Root = "/services/async/61.0/job";

    [Theory]
    [InlineData("cumulusci-bulk1-jobInfo_upsert.template.xml")]
    [InlineData("cumulusci-bulk1-batchInfo.template.xml")]
    [InlineData("cumulusci-bulk1-batchInfoList.template.xml")]
    public async Task Has_the_recorded_elements_in_their_order(string file)
    {
        var recorded = XDocument.Parse(await File.ReadAllTextAsync(Path.Combine(Recording.RequiredFolder(), file), RunningOrg.Cancel)).Root!;
        var job = await AskAsync(HttpMethod.Post, Root, $"<jobInfo xmlns=\"{recorded.Name.Namespace}\"><operation>query</operation><object>Account</object><contentType>CSV</contentType></jobInfo>");
        var id = job.Element(recorded.Name.Namespace + "id")!.Value;
        var batch = await AskAsync(HttpMethod.Post, $"{Root}/{id}/batch", "SELECT Id FROM Account LIMIT 3");
        var ours = file.Contains("jobInfo", StringComparison.Ordinal) ? await AskAsync(HttpMethod.Get, $"{Root}/{id}", null)
            : file.Contains("List", StringComparison.Ordinal) ? await AskAsync(HttpMethod.Get, $"{Root}/{id}/batch", null) : batch;

        // An upsert names its key; a query has none.
        var expected = recorded.DescendantsAndSelf().Select(element => element.Name).Where(name => name.LocalName != "externalIdFieldName");
        Assert.Equal(expected, ours.DescendantsAndSelf().Select(element => element.Name));
    }

    private async Task<XElement> AskAsync(HttpMethod method, string path, string? body)
    {
        using var request = new HttpRequestMessage(method, path);
        request.Headers.Add("X-SFDC-Session", shared.Org.Http.DefaultRequestHeaders.Authorization!.Parameter);
        if (body is not null) request.Content = new StringContent(body, Encoding.UTF8, new MediaTypeHeaderValue("application/xml"));
        using var reply = await shared.Org.Http.SendAsync(request, RunningOrg.Cancel);
        return XDocument.Parse(await reply.Content.ReadAsStringAsync(RunningOrg.Cancel)).Root!;
    }
}

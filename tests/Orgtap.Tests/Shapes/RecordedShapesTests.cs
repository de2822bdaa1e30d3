using System.Text.Json;
using Orgtap.Tests.Architecture;

namespace Orgtap.Tests.Shapes;

/// <summary>
/// The shapes of real recorded responses are kept here as lists of paths and types. Where the recordings lie beside the checkout, the lists are checked
/// against them; <c>UPDATE_GOLDEN=1</c> writes them anew.
/// </summary>
public sealed class RecordedShapesTests
{
    public static TheoryData<string, string> Recordings => new()
    {
        { "object-describe", "cumulusci-GET_sobjects_Account_describe.json" },
        { "global-describe", "cumulusci-GET_sobjects_Global_describe.json" },
        { "limits", "camel-limits.json" },
        { "bulk-job-created", "wiremock-java-bulk-query-create.json" },
        { "bulk-job-complete", "wiremock-java-bulk-query-get-info.json" },
        { "query-page", "wiremock-rest-query-with-next-records-url.json" },
        { "query-error", "wiremock-rest-query-malformed-soql.json" },
        { "token", "restforce-auth_success_response.json" },
        { "versions", "restforce-services_data_success_response.json" },
        { "session-expired", "restforce-expired_session_response.json" },
    };

    [Theory]
    [MemberData(nameof(Recordings))]
    public void The_list_kept_here_is_the_shape_of_the_recording(string shape, string recording)
    {
        var folder = Environment.GetEnvironmentVariable("ORGTAP_FIXTURES");
        if (folder is null) Assert.Skip("ORGTAP_FIXTURES names no folder of recorded responses.");

        using var json = JsonDocument.Parse(File.ReadAllText(Path.Combine(folder, recording)));
        var body = json.RootElement;
        // A recording of a whole exchange holds the body as text.
        if (body.ValueKind == JsonValueKind.Object && body.TryGetProperty("response", out var response)) body = JsonDocument.Parse(response.GetProperty("body").GetString()!).RootElement;
        var outline = Outline.Of(body);
        Assert.NotEmpty(outline);

        var path = PathOf(shape);
        if (Environment.GetEnvironmentVariable("UPDATE_GOLDEN") == "1") File.WriteAllLines(path, outline);
        Assert.Equal(File.ReadAllLines(path), outline);
    }

    internal static string PathOf(string shape) => Path.Combine(Repository.Root, "tests/Orgtap.Tests/Shapes/recorded", shape + ".txt");
}

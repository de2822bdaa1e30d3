using System.Globalization;
using Orgtap.SimulatedOrg.Schema;

namespace Orgtap.SimulatedOrg.Rest;

/// <summary>The root of a version, the list of objects, and one object's describe; the two describes answer 304 where nothing changed.</summary>
internal sealed class DescribeResources(OrgSchema schema, string organizationId)
{
    private static readonly string[] Roots =
    [
        "tooling", "metadata", "eclair", "folders", "jsonxform", "chatter", "tabs", "appMenu", "quickActions", "queryAll", "commerce", "wave",
        "analytics", "search", "composite", "theme", "nouns", "event", "serviceTemplates", "recent", "connect", "licensing", "limits",
        "process", "jobs", "match", "localizedvalue", "mobile", "emailConnect", "tokenizer", "async", "query", "sobjects", "actions", "support",
    ];

    public IEnumerable<RestResource> Resources =>
    [
        new("root", "GET", "", Root),
        new("sobjects", "GET", "sobjects", Global),
        new("describe", "GET", "sobjects/{sobject}/describe", Describe),
        new("sobject", "GET", "sobjects/{sobject}", Basic),
    ];

    private RestReply Root(RestCall call) => RestReply.Of(writer =>
    {
        writer.WriteStartObject();
        foreach (var root in Roots) writer.WriteString(root, $"{call.VersionPath}/{root}");
        writer.WriteString("identity", $"{call.Origin}/id/{organizationId}/{call.Session.UserId}");
        writer.WriteEndObject();
    });

    private RestReply Global(RestCall call) =>
        Unchanged(call) ?? Stamped(new RestReply { Json = writer => DescribeJson.WriteGlobal(writer, schema, call.VersionPath) });

    private RestReply Describe(RestCall call)
    {
        var sobject = Find(call);
        return Unchanged(call) ?? Stamped(new RestReply { Json = writer => DescribeJson.WriteObject(writer, schema, sobject, call.VersionPath) });
    }

    private RestReply Basic(RestCall call)
    {
        var sobject = Find(call);
        return RestReply.Of(writer =>
        {
            writer.WriteStartObject();
            writer.WriteStartObject("objectDescribe");
            writer.WriteString("name", sobject.Name);
            writer.WriteString("label", sobject.Label);
            writer.WriteString("labelPlural", sobject.LabelPlural);
            writer.WriteString("keyPrefix", sobject.KeyPrefix);
            writer.WriteBoolean("custom", sobject.Custom);
            writer.WriteBoolean("queryable", sobject.Queryable);
            writer.WriteStartObject("urls");
            writer.WriteString("sobject", $"{call.VersionPath}/sobjects/{sobject.Name}");
            writer.WriteString("describe", $"{call.VersionPath}/sobjects/{sobject.Name}/describe");
            writer.WriteString("rowTemplate", $"{call.VersionPath}/sobjects/{sobject.Name}/{{ID}}");
            writer.WriteEndObject();
            writer.WriteEndObject();
            writer.WriteStartArray("recentItems");
            writer.WriteEndArray();
            writer.WriteEndObject();
        });
    }

    private SObjectType Find(RestCall call) => schema.Find(call["sobject"]) ?? throw RestException.NotFound();

    private RestReply? Unchanged(RestCall call) =>
        call.Headers("If-Modified-Since") is { } since
        && DateTimeOffset.TryParse(since, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var known) && schema.LastModified <= known
            ? Stamped(new RestReply(304)) : null;

    private RestReply Stamped(RestReply reply) =>
        reply with { Headers = [("Last-Modified", schema.LastModified.ToString("R", CultureInfo.InvariantCulture))] };
}

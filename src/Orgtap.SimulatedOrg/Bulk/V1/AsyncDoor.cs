using System.Text;
using System.Text.Json;
using System.Xml;
using System.Xml.Linq;
using Orgtap.SimulatedOrg.Hosting;
using Orgtap.SimulatedOrg.Limits;
using Orgtap.SimulatedOrg.OAuth;
using Orgtap.SimulatedOrg.Rest;

namespace Orgtap.SimulatedOrg.Bulk.V1;

/// <summary>
/// <c>/services/async/NN.N/job…</c>: Bulk API 1.0 queries, with the session in <c>X-SFDC-Session</c>. What is told about a job has the format of the request; what is
/// told about its batches has the job's own.
/// </summary>
internal sealed class AsyncDoor(AsyncJobs jobs, ApiVersions versions, TokenStore tokens, ApiGate gate, ApiUsage usage, TimeProvider time)
{
    private const string Root = "/services/async/{version}/job";

    private delegate Task Answer(HttpContext context, Session session);

    public void Map(IEndpointRouteBuilder routes)
    {
        Add("bulk1.create", "POST", "", async (context, session) =>
        {
            var request = await ReadAsync(context.Request);
            var job = jobs.Create(request, session.UserId, Value(context, "version"));
            await SendAsync(context, job.Info(time.GetUtcNow()), IsJson(context.Request), StatusCodes.Status201Created);
        });
        Add("bulk1.get", "GET", "/{job}", (context, _) => SendAsync(context, Job(context).Info(time.GetUtcNow()), IsJson(context.Request)));
        Add("bulk1.end", "POST", "/{job}", async (context, _) =>
        {
            var job = Job(context);
            job.End(await MemberAsync(context.Request, "state") ?? "", time.GetUtcNow());
            await SendAsync(context, job.Info(time.GetUtcNow()), IsJson(context.Request));
        });
        Add("bulk1.batch.create", "POST", "/{job}/batch", async (context, _) =>
        {
            var job = Job(context);
            using var reader = new StreamReader(context.Request.Body, Encoding.UTF8);
            var batch = jobs.Add(job, await reader.ReadToEndAsync(context.RequestAborted), context.Request.Path);
            await SendAsync(context, batch.Info(time.GetUtcNow()), IsJson(job), StatusCodes.Status201Created);
        });
        Add("bulk1.batch.list", "GET", "/{job}/batch", (context, _) => ListAsync(context, Job(context)));
        Add("bulk1.batch.get", "GET", "/{job}/batch/{batch}", (context, _) => SendAsync(context, Batch(context).Info(time.GetUtcNow()), IsJson(Job(context))));
        Add("bulk1.batch.request", "GET", "/{job}/batch/{batch}/request", (context, _) =>
        {
            context.Response.ContentType = "text/csv";
            return context.Response.WriteAsync(Batch(context).Soql, context.RequestAborted);
        });
        Add("bulk1.results", "GET", "/{job}/batch/{batch}/result", (context, _) => AsyncResults.ListAsync(context.Response, Completed(context), context.RequestAborted));
        Add("bulk1.result", "GET", "/{job}/batch/{batch}/result/{result}",
            (context, _) => AsyncResults.SendAsync(context.Response, Completed(context), Value(context, "result"), context.RequestAborted));

        void Add(string kind, string method, string path, Answer answer) =>
            routes.MapMethods(Root + path, [method], context => ServeAsync(context, answer)).WithDisplayName(kind);
    }

    private async Task ServeAsync(HttpContext context, Answer answer)
    {
        try
        {
            if (!versions.Serves(Value(context, "version"))) throw new AsyncRefusal("InvalidVersion", $"Invalid API version {Value(context, "version")}");
            if (AccessTokens.Of(context.Request) is not { } token || tokens.Use(token) is not { } session) throw new AsyncRefusal("InvalidSessionId", "Invalid session id");
            try
            {
                gate.Check(session);
            }
            catch (RestException closed)
            {
                throw new AsyncRefusal(closed.Status == StatusCodes.Status401Unauthorized ? "InvalidSessionId" : "FeatureNotEnabled", closed.Message);
            }
            if (!usage.TryCount(1)) throw new AsyncRefusal("ExceededQuota", "TotalRequests Limit exceeded.");
            RequestCost.Of(context).Calls = 1;
            context.Response.Headers["Sforce-Limit-Info"] = usage.Header;
            await answer(context, session);
        }
        catch (AsyncRefusal refusal)
        {
            var error = new AsyncBody("error", [("exceptionCode", refusal.Code), ("exceptionMessage", refusal.Message)]);
            await SendAsync(context, error, IsJson(context.Request), StatusCodes.Status400BadRequest);
        }
    }

    private async Task ListAsync(HttpContext context, AsyncJob job)
    {
        var now = time.GetUtcNow();
        var infos = job.Batches.Select(batch => batch.Info(now)).ToList();
        if (IsJson(job))
        {
            context.Response.ContentType = "application/json;charset=UTF-8";
            await using var writer = new Utf8JsonWriter(context.Response.BodyWriter, RestFrontDoor.JsonOptions);
            writer.WriteStartObject();
            writer.WriteStartArray("batchInfo");
            foreach (var info in infos) info.Write(writer);
            writer.WriteEndArray();
            writer.WriteEndObject();
            return;
        }
        await XmlAsync(context, writer =>
        {
            writer.WriteStartElement("batchInfoList", AsyncBody.Namespace);
            foreach (var info in infos) info.Write(writer);
            writer.WriteEndElement();
        });
    }

    private static async Task SendAsync(HttpContext context, AsyncBody body, bool json, int status = StatusCodes.Status200OK)
    {
        context.Response.StatusCode = status;
        if (!json)
        {
            await XmlAsync(context, body.Write);
            return;
        }
        context.Response.ContentType = "application/json;charset=UTF-8";
        await using var writer = new Utf8JsonWriter(context.Response.BodyWriter, RestFrontDoor.JsonOptions);
        body.Write(writer);
    }

    private static Task XmlAsync(HttpContext context, Action<XmlWriter> write)
    {
        context.Response.ContentType = "application/xml;charset=UTF-8";
        using var text = new MemoryStream();
        using (var writer = XmlWriter.Create(text, new XmlWriterSettings { Encoding = new UTF8Encoding(false) })) write(writer);
        return context.Response.Body.WriteAsync(text.GetBuffer().AsMemory(0, (int)text.Length), context.RequestAborted).AsTask();
    }

    private AsyncJob Job(HttpContext context) => jobs.Find(Value(context, "job"));

    private AsyncBatch Batch(HttpContext context)
    {
        var id = Value(context, "batch");
        return Job(context).Batches.FirstOrDefault(batch => id.Length >= 15 && batch.Id.StartsWith(id, StringComparison.Ordinal)) ?? throw AsyncRefusal.InvalidBatch(id);
    }

    private AsyncBatch Completed(HttpContext context)
    {
        var batch = Batch(context);
        return batch.State(time.GetUtcNow()) == "Completed" ? batch : throw new AsyncRefusal("InvalidBatch", $"Batch not completed: {batch.Id}");
    }

    private static string Value(HttpContext context, string name) => (string)context.Request.RouteValues[name]!;

    private static bool IsJson(AsyncJob job) => job.Request.ContentType == "JSON";

    private static bool IsJson(HttpRequest request) => (request.ContentType ?? request.Headers.Accept.ToString()).Contains("json", StringComparison.OrdinalIgnoreCase);

    private static async Task<AsyncJobRequest> ReadAsync(HttpRequest request)
    {
        var members = await MembersAsync(request);
        var operation = members.GetValueOrDefault("operation") ?? throw new AsyncRefusal("InvalidJob", "The job needs an operation");
        if (operation is not ("query" or "queryAll")) throw new AsyncRefusal("InvalidJob", $"This org serves query and queryAll through Bulk API 1.0, not {operation}");
        var contentType = members.GetValueOrDefault("contentType") ?? (IsJson(request) ? "JSON" : "XML");
        if (contentType is not ("CSV" or "JSON" or "XML")) throw new AsyncRefusal("InvalidJob", $"contentType {contentType} is not supported for queries");
        return new AsyncJobRequest(operation, members.GetValueOrDefault("object") ?? throw new AsyncRefusal("InvalidJob", "The job needs an object"), contentType,
            members.GetValueOrDefault("concurrencyMode") ?? "Parallel", PkChunks.SizeOf(request.Headers["Sforce-Enable-PKChunking"]));
    }

    private static async Task<string?> MemberAsync(HttpRequest request, string name) => (await MembersAsync(request)).GetValueOrDefault(name);

    private static async Task<Dictionary<string, string>> MembersAsync(HttpRequest request)
    {
        try
        {
            if (IsJson(request))
            {
                using var body = await JsonDocument.ParseAsync(request.Body, cancellationToken: request.HttpContext.RequestAborted);
                return body.RootElement.EnumerateObject().Where(member => member.Value.ValueKind == JsonValueKind.String).ToDictionary(member => member.Name, member => member.Value.GetString()!);
            }
            // The default reader settings refuse document types, and with them entities.
            using var reader = XmlReader.Create(request.Body, new XmlReaderSettings { Async = true });
            var root = await XElement.LoadAsync(reader, LoadOptions.None, request.HttpContext.RequestAborted);
            return root.Elements().ToDictionary(element => element.Name.LocalName, element => element.Value);
        }
        catch (Exception broken) when (broken is JsonException or XmlException or InvalidOperationException or ArgumentException)
        {
            throw new AsyncRefusal("InvalidJob", "The job cannot be read: " + broken.Message);
        }
    }
}

using System.Net.Mime;
using System.Text.Encodings.Web;
using System.Text.Json;
using Orgtap.SimulatedOrg.Faults;
using Orgtap.SimulatedOrg.Hosting;
using Orgtap.SimulatedOrg.Limits;
using Orgtap.SimulatedOrg.OAuth;
using Orgtap.SimulatedOrg.Soql;

namespace Orgtap.SimulatedOrg.Rest;

/// <summary>
/// Everything that holds for every REST resource alike: version, session, quota and its header, error bodies. Order of checks: version,
/// session, quota; a call refused by one of them is not counted.
/// </summary>
internal sealed class RestFrontDoor(RestRoutes resources, ApiVersions versions, TokenStore tokens, ApiGate gate, ApiUsage usage, RestResource apex)
{
    private const string LimitHeader = "Sforce-Limit-Info";

    // Salesforce sends text as it is; only what JSON demands is escaped.
    public static readonly JsonWriterOptions JsonOptions = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public void Map(IEndpointRouteBuilder routes)
    {
        routes.MapGet("/services/data", context => SendAsync(context, new RestReply { Json = versions.Write })).WithDisplayName("versions");
        foreach (var resource in resources.Resources)
            routes.MapMethods("/services/data/v{version}/" + resource.Template, [resource.Method], context => ServeAsync(context, resource))
                .WithDisplayName(resource.Kind);
        routes.Map("/services/apexrest/{**path}", context => ServeAsync(context, apex)).WithDisplayName(apex.Kind);
        routes.Map("/services/data/v{version}/{**rest}", context => ServeAsync(context, null)).WithDisplayName("other");
    }

    private async Task ServeAsync(HttpContext context, RestResource? resource)
    {
        RestReply reply;
        try
        {
            reply = await AnswerAsync(context, resource);
        }
        catch (RestException refusal)
        {
            if (refusal.Status == StatusCodes.Status401Unauthorized) context.Response.Headers.WWWAuthenticate = "Token";
            reply = RestReply.Error(refusal);
        }
        catch (SoqlException refusal)
        {
            reply = RestReply.Error(new RestException(400, refusal.ErrorCode, refusal.Message));
        }
        await SendAsync(context, reply);
    }

    private async Task<RestReply> AnswerAsync(HttpContext context, RestResource? resource)
    {
        // Apex classes have a version of their own: there is none in their addresses.
        var version = context.Request.RouteValues["version"] as string;
        if (version is not null && versions.IsRetired(version)) throw new RestException(410, "GONE", $"API version {version} has been retired");
        if (version is not null && !versions.Serves(version)) throw RestException.NotFound();
        if (AccessTokens.Of(context.Request) is not { } token || tokens.Use(token) is not { } session) throw RestException.InvalidSession();
        gate.Check(session);
        if (!usage.TryCount(1))
        {
            context.Response.Headers[LimitHeader] = usage.Header;
            throw RestException.RequestLimit();
        }
        RequestCost.Of(context).Calls = 1;
        context.Response.Headers[LimitHeader] = usage.Header;
        if (resource is null) throw RestException.NotFound();
        var call = new RestCall(context.Request.Method, version ?? "", RestRoutes.Texts(context.Request.RouteValues), context.Request.Query,
            name => context.Request.Headers[name].ToString() is { Length: > 0 } value ? value : null,
            await BodyAsync(context.Request, context.RequestAborted), session, ActiveFaults.Of(context)) 
        {
            Cost = RequestCost.Of(context),
            Origin = $"{context.Request.Scheme}://{context.Request.Host}",
        };
        var reply = resource.Answer(call);
        context.Response.Headers[LimitHeader] = usage.Header;
        return reply;
    }

    private static async Task<JsonElement> BodyAsync(HttpRequest request, CancellationToken cancellationToken)
    {
        if (HttpMethods.IsGet(request.Method) || HttpMethods.IsHead(request.Method) || request.ContentLength == 0) return default;
        try
        {
            using var body = await JsonDocument.ParseAsync(request.Body, cancellationToken: cancellationToken);
            return body.RootElement.Clone();
        }
        catch (JsonException broken)
        {
            if (HttpMethods.IsDelete(request.Method)) return default;
            throw RestException.BadJson(broken.Message);
        }
    }

    private static async Task SendAsync(HttpContext context, RestReply reply)
    {
        var response = context.Response;
        response.StatusCode = reply.Status;
        foreach (var (name, value) in reply.Headers) response.Headers[name] = value;
        response.Headers.CacheControl = "no-cache,must-revalidate,max-age=0,no-store,private";
        response.Headers.Vary = "Accept-Encoding";
        if (reply.Stream is not null)
        {
            await reply.Stream(response, context.RequestAborted);
            return;
        }
        if (reply.Json is null) return;
        response.ContentType = MediaTypeNames.Application.Json + ";charset=UTF-8";
        await using (var writer = new Utf8JsonWriter(response.BodyWriter, JsonOptions)) reply.Json(writer);
        await response.BodyWriter.FlushAsync(context.RequestAborted);
    }
}

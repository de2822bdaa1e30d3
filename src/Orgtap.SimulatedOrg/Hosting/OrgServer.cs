using System.Text.RegularExpressions;
using Microsoft.AspNetCore.ResponseCompression;
using Orgtap.SimulatedOrg.Bulk.V1;
using Orgtap.SimulatedOrg.Control;
using Orgtap.SimulatedOrg.Faults;
using Orgtap.SimulatedOrg.OAuth;
using Orgtap.SimulatedOrg.Rest;
using Orgtap.SimulatedOrg.Streaming;

namespace Orgtap.SimulatedOrg.Hosting;

/// <summary>The way of a request: log, size limit, faults, compression, and then the resource.</summary>
internal static partial class OrgServer
{
    /// <summary>Address and headers together, as Salesforce limits them.</summary>
    private const int MostHeadBytes = 16_384;

    public static void Configure(ResponseCompressionOptions compression)
    {
        compression.Providers.Add<GzipCompressionProvider>();
        // Bulk results bring their own gzip, made once per page.
        compression.MimeTypes = ["application/json", "text/html", "application/x-ndjson"];
    }

    public static void Map(WebApplication server, OrgParts parts)
    {
        var faults = new FaultMiddleware(parts.Faults, parts.Tokens, parts.Clock, request => ObjectOf(request, parts));
        server.Use((context, next) =>
        {
            // The org's time, not the machine's; whole seconds, cut (RFC 9110).
            context.Response.Headers.Date = parts.Clock.GetUtcNow().ToString("R");
            return next(context);
        });
        server.Use(SingleSlashes);
        server.Use((context, next) =>
        {
            parts.Scenario.CatchUp();
            return next(context);
        });
        server.UseRouting();
        server.Use((context, next) => LogAsync(context, next, parts));
        var closed = new ClosedOrg(parts.Settings);
        server.Use((context, next) => IsControl(context) ? next(context) : closed.InvokeAsync(context, next));
        server.Use((context, next) => IsControl(context) ? next(context) : LimitHeadAsync(context, next));
        server.Use((context, next) => IsControl(context) ? next(context) : faults.InvokeAsync(context, next));
        server.UseResponseCompression();
        // Behind the faults, which may have ended the session by now.
        server.Use(async (context, next) =>
        {
            var viewer = !IsControl(context) && AccessTokens.Of(context.Request) is { } token ? parts.Tokens.Peek(token)?.UserId : null;
            using (parts.Store.Schema.As(viewer)) await next(context);
        });

        OAuthResources.Map(server, parts);
        var gate = new ApiGate(parts.Users, parts.Apps, parts.Settings);
        new RestFrontDoor(parts.Routes, parts.Versions, parts.Tokens, gate, parts.Usage, parts.Apex).Map(server);
        new AsyncDoor(parts.AsyncJobs, parts.Versions, parts.Tokens, gate, parts.Usage, parts.Clock).Map(server);
        new CometdEndpoint(parts.Streams, parts.Tokens, parts.Clock).Map(server);
        ControlApi.Map(server, parts);
    }

    /// <summary>Clients join an instance address that ends with a slash to paths that begin with one (sf does); Salesforce answers those all the same.</summary>
    private static Task SingleSlashes(HttpContext context, RequestDelegate next)
    {
        if (context.Request.Path.Value is { } path && path.Contains("//", StringComparison.Ordinal)) context.Request.Path = Slashes.Replace(path, "/");
        return next(context);
    }

    private static bool IsControl(HttpContext context) => context.Request.Path.StartsWithSegments("/control");

    private static async Task LogAsync(HttpContext context, RequestDelegate next, OrgParts parts)
    {
        if (IsControl(context))
        {
            await next(context);
            return;
        }
        var at = parts.Clock.GetUtcNow();
        var logged = false;
        // Before the first byte leaves: whoever has an answer finds its request in the log.
        context.Response.OnStarting(() =>
        {
            Log(context.Response.StatusCode);
            return Task.CompletedTask;
        });
        try
        {
            await next(context);
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
        {
            // The client hung up, or a fault cut the connection: there is nobody to answer.
        }
        finally
        {
            Log(context.RequestAborted.IsCancellationRequested ? 0 : context.Response.StatusCode);
        }

        void Log(int status)
        {
            if (logged) return;
            logged = true;
            var cost = RequestCost.Of(context);
            var request = context.Request;
            var query = SecretParameter.Replace(request.QueryString.Value ?? "", "$1…");
            parts.Requests.Add(new RequestEntry(at, context.GetEndpoint()?.DisplayName ?? "other", request.Method, request.Path + query, cost.Calls, status, null));
            foreach (var subrequest in cost.Subrequests) parts.Requests.Add(subrequest);
        }
    }

    private static Task LimitHeadAsync(HttpContext context, RequestDelegate next)
    {
        var request = context.Request;
        var bytes = request.Path.ToUriComponent().Length + (request.QueryString.Value?.Length ?? 0);
        foreach (var (name, values) in request.Headers)
            foreach (var value in values) bytes += name.Length + (value?.Length ?? 0) + 4;
        if (bytes <= MostHeadBytes) return next(context);
        context.Response.StatusCode = StatusCodes.Status414UriTooLong;
        return Task.CompletedTask;
    }

    private static string? ObjectOf(HttpRequest request, OrgParts parts)
    {
        if (request.RouteValues["sobject"] is string sobject) return sobject;
        if (request.RouteValues["job"] is string job) return parts.Jobs.TryFind(job)?.SObject;
        return request.Query["q"].ToString() is { Length: > 0 } soql && From.Match(soql) is { Success: true } match ? match.Groups[1].Value : null;
    }

    [GeneratedRegex("/{2,}")]
    private static partial Regex Slashes { get; }

    // The last FROM outside brackets would be exact; rules are written for queries whose first one is it.
    [GeneratedRegex(@"\bFROM\s+(\w+)", RegexOptions.IgnoreCase)]
    private static partial Regex From { get; }

    [GeneratedRegex(@"((?:oauth_token|code|token|code_challenge|state)=)[^&]*", RegexOptions.IgnoreCase)]
    private static partial Regex SecretParameter { get; }
}

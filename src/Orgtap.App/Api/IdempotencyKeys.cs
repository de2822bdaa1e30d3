using System.Security.Cryptography;
using System.Text;
using Orgtap.App.Web.Errors;
using Orgtap.App.Web.SignIn;
using Orgtap.Storage;

namespace Orgtap.App.Api;

/// <summary>
/// The header <c>Idempotency-Key</c> of POST requests to the API: a request that is sent again with the same key gets the first one's answer, and its work is not done twice. What was
/// refused, or failed on the way, changed nothing and is not kept, so that trying again helps.
/// </summary>
internal sealed class IdempotencyKeys(RequestDelegate next, IdempotentRequests requests)
{
    private const string Header = "Idempotency-Key";
    private const int LongestKey = 255;

    public async Task InvokeAsync(HttpContext context)
    {
        var key = context.Request.Headers[Header].ToString();
        if (key.Length == 0 || !HttpMethods.IsPost(context.Request.Method) || !context.Request.Path.StartsWithSegments("/api") || context.User.Identity?.IsAuthenticated != true)
        {
            await next(context);
            return;
        }
        if (key.Length > LongestKey || key.Any(letter => letter is < ' ' or > '~'))
        {
            await ErrorPages.Problem(StatusCodes.Status400BadRequest, $"The header {Header} is no key.", $"Send 1 to {LongestKey} printable ASCII characters, e.g. a UUID, and the same ones when you try again.").ExecuteAsync(context);
            return;
        }
        var id = Hash(context.User.ActorOf(), key);
        switch (await requests.BeginAsync(id, await HashAsync(context.Request), context.RequestAborted))
        {
            case EarlierRequest.None:
                await WorkAsync(context, id);
                break;
            case EarlierRequest.Answered(var answer):
                await ReplayAsync(context.Response, answer);
                break;
            case EarlierRequest.Unanswered(var since):
                await ErrorPages.Problem(StatusCodes.Status409Conflict, $"A request with this {Header} came in at {since.UtcDateTime:HH:mm:ss} UTC and has no answer yet.",
                    "If it is still under way, ask again in a moment. If the server was restarted meanwhile, look at what it was to change before you send it with another key.").ExecuteAsync(context);
                break;
            default:
                await ErrorPages.Problem(StatusCodes.Status422UnprocessableEntity, $"This {Header} was used for another request.", "Use a new key for each request that is to do something, and the same one only to try again.").ExecuteAsync(context);
                break;
        }
    }

    private async Task WorkAsync(HttpContext context, string id)
    {
        var (response, body) = (context.Response, context.Response.Body);
        using var held = new MemoryStream();
        response.Body = held;
        var answered = false;
        try
        {
            await next(context);
            answered = true;
        }
        finally
        {
            response.Body = body;
            // Even when the client is gone: the work is done, and it will ask again.
            if (!answered || response.StatusCode is >= 500 or StatusCodes.Status401Unauthorized or StatusCodes.Status403Forbidden or StatusCodes.Status408RequestTimeout or StatusCodes.Status429TooManyRequests)
                await requests.ForgetAsync(id, CancellationToken.None);
            else
                await requests.KeepAsync(id, new KeptAnswer(response.StatusCode, response.ContentType, response.Headers.Location.ToString() is { Length: > 0 } location ? location : null, held.ToArray()), CancellationToken.None);
        }
        held.Position = 0;
        await held.CopyToAsync(body, context.RequestAborted);
    }

    private static async Task ReplayAsync(HttpResponse response, KeptAnswer answer)
    {
        response.StatusCode = answer.Status;
        response.ContentType = answer.ContentType;
        if (answer.Location is not null) response.Headers.Location = answer.Location;
        response.Headers["Idempotent-Replayed"] = "true";
        await response.Body.WriteAsync(answer.Body, response.HttpContext.RequestAborted);
    }

    private static async Task<string> HashAsync(HttpRequest request)
    {
        request.EnableBuffering();
        using var body = new MemoryStream();
        await request.Body.CopyToAsync(body, request.HttpContext.RequestAborted);
        request.Body.Position = 0;
        return Hash($"{request.Method} {request.Path}{request.QueryString}", Convert.ToHexString(SHA256.HashData(body.ToArray())));
    }

    private static string Hash(string first, string second) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{first}\n{second}")));
}

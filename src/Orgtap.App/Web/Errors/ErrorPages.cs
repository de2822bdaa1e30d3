using Microsoft.AspNetCore.Diagnostics;
using Orgtap.App.Web.Shell;
using Orgtap.Primitives;

namespace Orgtap.App.Web.Errors;

/// <summary>An error as a page of its own.</summary>
/// <param name="Turn">Null where nobody has to act.</param>
public sealed record ErrorModel(string Title, string NextStep, Turn? Turn = null, string? Detail = null, string BackPath = "/data-sources", string BackText = "Data sources");

/// <summary>Every error of the web server: a page for people, problem details (RFC 9457) under <c>/api</c>.</summary>
internal static class ErrorPages
{
    /// <summary>For failures that reached the edge. What is no <see cref="OrgtapException"/> is logged by the server and shown without its text.</summary>
    public static Task HandleAsync(HttpContext context) => (context.Features.Get<IExceptionHandlerFeature>()?.Error switch
    {
        BadHttpRequestException bad when IsApi(context) && BadRequests.WordsFor(bad) is var (title, next) => Problem(bad.StatusCode, title, next),
        BadHttpRequestException bad => Of(TitleOf(bad.StatusCode), bad.StatusCode),
        var failure => Answer(context, failure as OrgtapException),
    }).ExecuteAsync(context);

    /// <summary>The answer says all there is to say: a log with a stack trace would only frighten.</summary>
    public static bool IsForeseen(Exception failure) => failure is BadHttpRequestException or OrgtapException { Kind: not FailureKind.Defect };

    public static async Task HandleStatus(StatusCodeContext status)
    {
        var context = status.HttpContext;
        var code = context.Response.StatusCode;
        if (code == StatusCodes.Status403Forbidden && IsApi(context))
        {
            await Problem(code, "The user's role or the token's scopes do not allow this.", "Nothing was changed. Use a token of somebody who may, with the scope for it.").ExecuteAsync(context);
            return;
        }
        if (code == StatusCodes.Status404NotFound && IsApi(context))
        {
            await Problem(code, "There is nothing at this address.", "It was removed, or the address is mistyped; /openapi/v1.json lists them all.").ExecuteAsync(context);
            return;
        }
        await (IsApi(context) ? Problem(code, TitleOf(code).Title, TitleOf(code).NextStep) : Of(TitleOf(code), code)).ExecuteAsync(context);
    }

    public static IResult DeadLink() => Of(new ErrorModel("This link does not work any more",
        "It was used, is older than a day, or a newer one was made. Ask an administrator of this Orgtap for a new one.", BackPath: "/sign-in", BackText: "Sign in"), StatusCodes.Status404NotFound);

    public static IResult StaleForm(HttpContext context) => Of(new ErrorModel("This form is too old",
        "Nothing was changed. Open the page again and repeat what you did.", BackPath: Referrer(context), BackText: "Open the page again"), StatusCodes.Status400BadRequest);

    public static IResult TooMany(HttpContext context) => IsApi(context)
        ? Problem(StatusCodes.Status429TooManyRequests, "Too many requests from this address.", "Wait a minute.")
        : Of(new ErrorModel("Too many tries from this address", "Wait a minute, then try again.", BackPath: "/sign-in", BackText: "Sign in"), StatusCodes.Status429TooManyRequests);

    public static int StatusOf(FailureKind kind) => kind switch
    {
        FailureKind.InvalidInput => StatusCodes.Status400BadRequest,
        FailureKind.Fenced => StatusCodes.Status409Conflict,
        FailureKind.QuotaExhausted => StatusCodes.Status429TooManyRequests,
        FailureKind.Defect => StatusCodes.Status500InternalServerError,
        _ => StatusCodes.Status502BadGateway,
    };

    private static IResult Answer(HttpContext context, OrgtapException? failure)
    {
        var status = failure is null ? StatusCodes.Status500InternalServerError : StatusOf(failure.Kind);
        if (IsApi(context))
            return failure is null
                ? Problem(status, "Something went wrong that Orgtap does not know.", "Report it with the server's log.")
                : Problem(status, failure.Message, failure.NextStep, failure);
        return Of(failure is null
            ? new ErrorModel("Something went wrong that Orgtap does not know", "Nothing of yours is lost. The server’s log says more; report it with that.", Turn.Operator)
            : new ErrorModel(failure.Message, failure.NextStep, failure.Turn, failure.Detail, Referrer(context), "Back"), status);
    }

    private static IResult Of(ErrorModel model, int status) => Page.Of<ErrorPage>(model, status);

    /// <summary>Problem details as the whole API writes them.</summary>
    public static IResult Problem(int status, string title, string nextStep, OrgtapException? failure = null) => Results.Problem(
        title: title, detail: nextStep, statusCode: status, extensions: failure is null ? null : new Dictionary<string, object?>
        {
            ["kind"] = failure.Kind.ToString(), ["turn"] = failure.Turn.ToString(), ["nextStep"] = failure.NextStep, ["salesforce"] = failure.Detail,
        });

    private static ErrorModel TitleOf(int status) => status switch
    {
        StatusCodes.Status404NotFound => new ErrorModel("There is no such page", "It was removed, or the address is mistyped."),
        StatusCodes.Status403Forbidden => new ErrorModel("Your role does not allow this", "Nothing was changed. Ask an administrator of this Orgtap."),
        StatusCodes.Status401Unauthorized => new ErrorModel("You are not signed in", "Sign in, or send an API token.", BackPath: "/sign-in", BackText: "Sign in"),
        StatusCodes.Status405MethodNotAllowed => new ErrorModel("This address cannot be used like that", "See docs/http-api.md for what it takes."),
        StatusCodes.Status415UnsupportedMediaType => new ErrorModel("The request’s body is in a form that is not understood", "Send JSON with Content-Type application/json."),
        StatusCodes.Status413PayloadTooLarge => new ErrorModel("The request is too large", "Send at most 1 MB. Nothing was changed."),
        _ => new ErrorModel($"The request could not be served ({status})", "Nothing was changed."),
    };

    /// <summary>Whether programs ask here, with tokens, rather than people.</summary>
    public static bool IsApi(HttpContext context) => context.Request.Path.StartsWithSegments("/api") || context.Request.Path.StartsWithSegments("/metrics");

    /// <summary>The page the form was on, if it is ours.</summary>
    private static string Referrer(HttpContext context) =>
        Uri.TryCreate(context.Request.Headers.Referer, UriKind.Absolute, out var from) && from.Authority == context.Request.Host.Value ? from.AbsolutePath : "/data-sources";
}

using Orgtap.SimulatedOrg.OAuth;

namespace Orgtap.SimulatedOrg.Faults;

/// <summary>Carries the fault plan out around every request but the control API's.</summary>
/// <param name="objectOf">Which object a request concerns; asked only while rules are in force.</param>
internal sealed class FaultMiddleware(FaultPlan plan, TokenStore tokens, TimeProvider time, Func<HttpRequest, string?> objectOf)
{
    public async Task InvokeAsync(HttpContext context, RequestDelegate next)
    {
        if (plan.IsEmpty)
        {
            await next(context);
            return;
        }
        var (request, cleared) = (context.Request, plan.Cleared);
        var target = new FaultTarget(request.Method, request.Path + Uri.UnescapeDataString(request.QueryString.Value ?? ""), objectOf(request), await GrantOfAsync(context));
        var effects = plan.Take(target, effect => effect is not (FaultEffect.FailBulkJob or FaultEffect.StickBulkJob));
        if (effects.Count == 0)
        {
            await next(context);
            return;
        }
        foreach (var effect in effects)
            if (await AnswersAsync(context, effect, cleared)) return;
        context.Features.Set(new ActiveFaults(effects));
        await ServeAsync(context, next, effects);
    }

    private async Task<bool> AnswersAsync(HttpContext context, FaultEffect effect, Task cleared)
    {
        switch (effect)
        {
            case FaultEffect.Delay delay:
                using (var timer = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted))
                {
                    await Task.WhenAny(Task.Delay(delay.For, time, timer.Token), cleared);
                    await timer.CancelAsync();
                }
                context.RequestAborted.ThrowIfCancellationRequested();
                return false;
            case FaultEffect.RevokeGrant when AccessTokens.Of(context.Request) is { } token:
                tokens.RevokeGrant(token);
                return false;
            case FaultEffect.ExpireSession when AccessTokens.Of(context.Request) is { } token:
                tokens.Revoke(token);
                return false;
            case FaultEffect.OmitHeader omit:
                context.Response.OnStarting(() =>
                {
                    context.Response.Headers.Remove(omit.Name);
                    return Task.CompletedTask;
                });
                return false;
            case FaultEffect.Closed closed:
                await ClosedOrg.AnswerAsync(context, closed.As);
                return true;
            case FaultEffect.RedirectTo redirect:
                context.Response.StatusCode = redirect.Status;
                context.Response.Headers.Location = redirect.Url;
                return true;
            case FaultEffect.Answer answer:
                context.Response.StatusCode = answer.Status;
                if (answer.Body is null) return true;
                context.Response.ContentType = answer.ContentType ?? (answer.Body.AsSpan().TrimStart() is ['[' or '{', ..]
                    ? "application/json;charset=UTF-8" : "text/html;charset=UTF-8");
                await context.Response.WriteAsync(answer.Body, context.RequestAborted);
                return true;
            default:
                return false;
        }
    }

    private static async Task<string?> GrantOfAsync(HttpContext context)
    {
        if (context.Request.Path != TokenEndpoint.Path || !context.Request.HasFormContentType) return null;
        var form = await context.Request.ReadFormAsync(context.RequestAborted);
        return form["response_type"].ToString() is "device_code" and var start ? start : form["grant_type"].ToString();
    }

    private async Task ServeAsync(HttpContext context, RequestDelegate next, IReadOnlyList<FaultEffect> effects)
    {
        if (effects.OfType<FaultEffect.SlowBody>().FirstOrDefault() is { } slow) context.Response.Body = new SlowBody(context.Response.Body, slow.BytesPerSecond, time);
        var whole = context.Response.Body;
        var faulty = effects.Select(effect => effect switch
        {
            FaultEffect.StallBody stall => new FaultyBody(context, whole, stall.AfterBytes, stall: true),
            FaultEffect.CutBody cut => new FaultyBody(context, whole, cut.AfterBytes, stall: false),
            _ => null,
        }).FirstOrDefault(body => body is not null);
        if (faulty is null)
        {
            await next(context);
            return;
        }
        context.Response.Body = faulty;
        try
        {
            await next(context);
            await context.Response.Body.FlushAsync(context.RequestAborted);
            await faulty.BreakAtEndAsync(context.RequestAborted);
        }
        catch (OperationCanceledException)
        {
            context.Abort();
        }
    }
}

namespace Orgtap.SimulatedOrg.OAuth;

/// <summary>Stands before everything else, and turns all requests away while the org is under maintenance or gone.</summary>
internal sealed class ClosedOrg(OrgSettings settings)
{
    private const string Words = "The server is unavailable for maintenance. Try again later.";

    public Task InvokeAsync(HttpContext context, RequestDelegate next) =>
        settings.Policies.Availability is var availability and not Availability.Up ? AnswerAsync(context, availability) : next(context);

    /// <summary>503 with an error code below <c>/services/data</c> and with a page elsewhere; or an empty 420.</summary>
    public static Task AnswerAsync(HttpContext context, Availability availability)
    {
        if (availability == Availability.Gone)
        {
            context.Response.StatusCode = 420;
            return Task.CompletedTask;
        }
        if (!context.Request.Path.StartsWithSegments("/services/data"))
            return LoginPages.SendAsync(context, LoginPages.Message("Down for maintenance", Words), StatusCodes.Status503ServiceUnavailable);
        context.Response.StatusCode = StatusCodes.Status503ServiceUnavailable;
        return context.Response.WriteAsJsonAsync(new[] { new Dictionary<string, string> { ["message"] = Words, ["errorCode"] = "SERVER_UNAVAILABLE" } }, context.RequestAborted);
    }
}

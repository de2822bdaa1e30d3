namespace Orgtap.SimulatedOrg.Hosting;

/// <summary>How many calls the request counted, and the subrequests it carried; read by the request log when it ends.</summary>
internal sealed class RequestCost
{
    public long Calls { get; set; }

    public List<RequestEntry> Subrequests { get; } = [];

    public static RequestCost Of(HttpContext context)
    {
        if (context.Features.Get<RequestCost>() is { } cost) return cost;
        context.Features.Set(cost = new RequestCost());
        return cost;
    }
}

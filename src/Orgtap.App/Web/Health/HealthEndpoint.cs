using Dapper;
using Orgtap.Storage;

namespace Orgtap.App.Web.Health;

/// <summary>For load balancers and process supervisors: can this process serve? Tells strangers nothing else.</summary>
internal static class HealthEndpoint
{
    public static void Map(IEndpointRouteBuilder app) => app.MapGet("/health", async (ControlStore store, CancellationToken cancellationToken) =>
    {
        try
        {
            await using var db = await store.ConnectAsync(cancellationToken);
            // A pooled connection may be open on our side only.
            await db.ExecuteScalarAsync<long>("SELECT 1");
            return Results.Json(new { status = "healthy" });
        }
        catch (Exception failure) when (failure is not OperationCanceledException)
        {
            return Results.Json(new { status = "unhealthy" }, statusCode: StatusCodes.Status503ServiceUnavailable);
        }
    }).ExcludeFromDescription();
}

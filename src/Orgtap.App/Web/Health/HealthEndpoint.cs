using Dapper;
using Orgtap.App.Composition;
using Orgtap.App.Web.SignIn;
using Orgtap.Primitives;
using Orgtap.Storage;

namespace Orgtap.App.Web.Health;

/// <summary>One thing that serving needs.</summary>
public sealed record HealthCheckDocument(string Name, bool Healthy);

/// <summary>Whether a process can serve.</summary>
/// <param name="Status"><c>healthy</c> or <c>unhealthy</c>.</param>
public sealed record HealthDocument(string Status, IReadOnlyList<HealthCheckDocument>? Checks = null);

/// <summary>For load balancers and process supervisors: does this process live, and can it serve? Tells strangers nothing else. Measures are for those who may sign in.</summary>
internal static class HealthEndpoint
{
    /// <summary>With less than this, commits may fail at any moment.</summary>
    private const long LeastDisk = 64L << 20;

    public static void Map(IEndpointRouteBuilder app)
    {
        // Restarting helps a process that does not even answer this.
        app.MapGet("/health/live", () => Results.Json(new HealthDocument("healthy"))).ExcludeFromDescription();
        app.MapGet("/health/ready", ReadyAsync).ExcludeFromDescription();
        app.MapGet("/health", ReadyAsync).ExcludeFromDescription();
        app.MapPrometheusScrapingEndpoint("/metrics", app.ServiceProvider.GetRequiredService<TelemetryExport>().Measures, null, null).WithMetadata(new HttpMethodMetadata(["GET"])).RequireAuthorization(Roles.Viewer).ExcludeFromDescription();
    }

    private static async Task<IResult> ReadyAsync(ControlStore store, ISecretCipher cipher, InstallationSettings settings, CancellationToken cancellationToken)
    {
        HealthCheckDocument[] checks =
        [
            new("control store", await AnswersAsync(store, cancellationToken)),
            new("keys", await OpensAsync(store, cipher, cancellationToken)),
            new("disk", Holds(() => new DriveInfo(Path.GetFullPath(settings.DataDirectory)).AvailableFreeSpace >= LeastDisk)),
        ];
        var healthy = checks.All(check => check.Healthy);
        return Results.Json(new HealthDocument(healthy ? "healthy" : "unhealthy", checks), statusCode: healthy ? StatusCodes.Status200OK : StatusCodes.Status503ServiceUnavailable);
    }

    private static async Task<bool> AnswersAsync(ControlStore store, CancellationToken cancellationToken)
    {
        try
        {
            await using var db = await store.ConnectAsync(cancellationToken);
            // A pooled connection may be open on our side only.
            return await db.ExecuteScalarAsync<long>("SELECT 1") == 1;
        }
        catch (Exception failure) when (failure is not OperationCanceledException)
        {
            return false;
        }
    }

    /// <summary>One stored secret of each kind that connections need, besides one that is made now: with another key file a new key comes in place of those that do not open, and what is made now says nothing.</summary>
    private static async Task<bool> OpensAsync(ControlStore store, ISecretCipher cipher, CancellationToken cancellationToken)
    {
        try
        {
            if (cipher.Unprotect("health", cipher.Protect("health", new SecretText("ready"))).Reveal() != "ready") return false;
            await using var db = await store.ConnectAsync(cancellationToken);
            foreach (var secret in SecretRotation.All.Where(secret => secret.Table is "apps" or "grants"))
                if (await db.QueryFirstOrDefaultAsync<string?>($"SELECT {secret.Column} FROM {secret.Table} WHERE {secret.Column} IS NOT NULL LIMIT 1") is { } stored) cipher.Unprotect(secret.Purpose, stored);
            return true;
        }
        catch (Exception failure) when (failure is not OperationCanceledException)
        {
            return false;
        }
    }

    private static bool Holds(Func<bool> check)
    {
        try
        {
            return check();
        }
        catch (Exception failure) when (failure is not OperationCanceledException)
        {
            return false;
        }
    }
}

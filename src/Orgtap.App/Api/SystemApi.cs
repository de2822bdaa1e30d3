using Orgtap.App.Composition;
using Orgtap.App.Web.SignIn;

namespace Orgtap.App.Api;

/// <summary>How many secrets were encrypted with a new key.</summary>
public sealed record RotatedDocument(int Secrets);

/// <summary><c>/api/v1/system</c>.</summary>
internal static class SystemApi
{
    public static void Map(IEndpointRouteBuilder api) => api.MapPost("/system/secrets/rotate", async (HttpContext context, SecretRotation rotation, CancellationToken cancellationToken) =>
        new RotatedDocument(await rotation.RotateAsync(context.User.ActorOf(), cancellationToken))).RequireAuthorization(Roles.Administrator).WithTags("System").WithSummary("Make a new key and encrypt every stored secret with it");
}

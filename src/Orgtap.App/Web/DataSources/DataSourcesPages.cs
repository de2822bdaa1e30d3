using Orgtap.App.Web.SignIn;

namespace Orgtap.App.Web.DataSources;

internal static class DataSourcesPages
{
    public static void Map(IEndpointRouteBuilder app)
    {
        app.MapGet("/", () => Page.SeeOther("/data-sources"));
        app.MapGet("/data-sources", () => Page.Of<DataSourcesPage>()).RequireAuthorization(Roles.Viewer);
        app.MapGet("/not-allowed", () => Results.StatusCode(StatusCodes.Status403Forbidden));
    }
}

using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Orgtap.App.Web;

/// <summary>Answers with a component rendered on the server.</summary>
public static class Page
{
    public static RazorComponentResult<TComponent> Of<TComponent>(object? model = null, int status = StatusCodes.Status200OK) where TComponent : IComponent
    {
        var result = model is null ? new RazorComponentResult<TComponent>() : new RazorComponentResult<TComponent>(new Dictionary<string, object?> { ["Model"] = model });
        result.StatusCode = status;
        return result;
    }

    /// <summary>After a form that changed something: the browser asks again with GET, so that reloading repeats nothing.</summary>
    public static IResult SeeOther(string path) => new SeeOtherResult(path);

    private sealed class SeeOtherResult(string path) : IResult
    {
        public Task ExecuteAsync(HttpContext httpContext)
        {
            httpContext.Response.StatusCode = StatusCodes.Status303SeeOther;
            httpContext.Response.Headers.Location = path;
            return Task.CompletedTask;
        }
    }
}

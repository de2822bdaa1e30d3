using System.Security.Cryptography;

namespace Orgtap.App.Web;

/// <summary>The stylesheet, the script and the icon, from inside the program; addresses carry a mark of the content, so browsers may keep them for ever.</summary>
public static class Asset
{
    private static readonly Dictionary<string, (byte[] Content, string Type, string Mark)> Files = new[]
    {
        ("orgtap.css", "text/css; charset=utf-8"), ("orgtap.js", "text/javascript; charset=utf-8"), ("icon.svg", "image/svg+xml"),
    }.ToDictionary(file => file.Item1, file => Read(file.Item1, file.Item2));

    public static string AddressOf(string name) => $"/assets/{name}?v={Files[name].Mark}";

    public static void Map(IEndpointRouteBuilder app) => app.MapGet("/assets/{name}", (string name, HttpContext context) =>
    {
        if (!Files.TryGetValue(name, out var file)) return Results.NotFound();
        context.Response.Headers.CacheControl = context.Request.Query["v"] == file.Mark ? "public, max-age=31536000, immutable" : "no-cache";
        return Results.Bytes(file.Content, file.Type);
    }).ExcludeFromDescription();

    private static (byte[], string, string) Read(string name, string type)
    {
        using var stream = typeof(Asset).Assembly.GetManifestResourceStream($"assets/{name}") ?? throw new InvalidOperationException($"The program was built without {name}.");
        var content = new byte[stream.Length];
        stream.ReadExactly(content);
        return (content, type, Convert.ToHexStringLower(SHA256.HashData(content))[..10]);
    }
}

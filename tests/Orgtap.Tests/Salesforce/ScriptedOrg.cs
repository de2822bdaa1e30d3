using System.Net;
using System.Text;

namespace Orgtap.Tests.Salesforce;

/// <summary>HTTP replaced: answers each request by a script and keeps what was asked.</summary>
public sealed class ScriptedOrg(Func<AskedRequest, HttpResponseMessage> script) : HttpMessageHandler
{
    private readonly Lock _gate = new();
    private readonly List<AskedRequest> _asked = [];

    public static readonly Uri Instance = new("https://acme.my.salesforce.com/");

    /// <summary>Runs before each answer, e.g. to hold it back.</summary>
    public Func<AskedRequest, Task>? Before { get; set; }

    public IReadOnlyList<AskedRequest> Asked
    {
        get
        {
            lock (_gate) return [.. _asked];
        }
    }

    public static HttpResponseMessage Json(string body, HttpStatusCode status = HttpStatusCode.OK) => new(status) { Content = new StringContent(body, Encoding.UTF8, "application/json") };

    public static HttpResponseMessage Json(string body, int status) => Json(body, (HttpStatusCode)status);

    public static HttpResponseMessage Error(int status, string code, string message) => Json($$"""[{"message":"{{message}}","errorCode":"{{code}}"}]""", status);

    public static HttpResponseMessage Empty(int status) => new((HttpStatusCode)status) { Content = new ByteArrayContent([]) };

    /// <summary>The list of versions, of which the newest that matters is 66.0.</summary>
    public static HttpResponseMessage Versions(params string[] versions) =>
        Json("[" + string.Join(',', (versions.Length == 0 ? ["50.0", "66.0"] : versions).Select(version => $$"""{"label":"x","url":"/services/data/v{{version}}","version":"{{version}}"}""")) + "]");

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var body = request.Content is null ? null : await request.Content.ReadAsStringAsync(cancellationToken);
        var asked = new AskedRequest(request.Method.Method, request.RequestUri!, body, request.Headers.Authorization?.ToString(),
            request.Headers.NonValidated.ToDictionary(header => header.Key, header => header.Value.ToString(), StringComparer.OrdinalIgnoreCase));
        lock (_gate) _asked.Add(asked);
        if (Before is { } before) await before(asked);
        cancellationToken.ThrowIfCancellationRequested();
        return script(asked);
    }
}

public sealed record AskedRequest(string Method, Uri Address, string? Body, string? Authorization, IReadOnlyDictionary<string, string> Headers)
{
    public string Path => Address.AbsolutePath;

    /// <summary>Path and query, unescaped.</summary>
    public string Question => Uri.UnescapeDataString(Address.PathAndQuery);

    /// <summary>A field of a form body, or null.</summary>
    public string? Form(string name) => Body?.Split('&').Select(pair => pair.Split('=', 2)).Where(pair => pair[0] == name).Select(pair => Uri.UnescapeDataString(pair[1].Replace('+', ' '))).FirstOrDefault();
}

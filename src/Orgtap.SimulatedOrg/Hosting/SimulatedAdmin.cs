using System.Net;
using System.Text.RegularExpressions;
using Orgtap.SimulatedOrg.OAuth;

namespace Orgtap.SimulatedOrg.Hosting;

/// <summary>
/// A person at a browser of their own, for programs: follows an authorize address through the real pages up to the callback, which is not
/// called but returned. Keeps the sign-in between calls, as a browser does.
/// </summary>
public sealed partial class SimulatedAdmin(string username, string password) : IDisposable
{
    private readonly HttpClient _browser = new(new SocketsHttpHandler { AllowAutoRedirect = false, CookieContainer = new CookieContainer() });

    /// <summary>Signs in where asked to, presses Allow where asked to.</summary>
    /// <returns>The callback address with <c>code</c> and <c>state</c>, or with <c>error</c>.</returns>
    /// <exception cref="InvalidOperationException">The org showed a page that leads nowhere; the message quotes it.</exception>
    public Task<Uri> AllowAsync(Uri authorize, CancellationToken cancellationToken) => GoAsync(authorize, ("save", "Allow"), cancellationToken);

    /// <summary>As <see cref="AllowAsync"/>, but presses Deny. Where the app was allowed before, no page asks, and a code comes back all the same.</summary>
    public Task<Uri> DenyAsync(Uri authorize, CancellationToken cancellationToken) => GoAsync(authorize, ("cancel", "Deny"), cancellationToken);

    /// <inheritdoc/>
    public void Dispose() => _browser.Dispose();

    private async Task<Uri> GoAsync(Uri authorize, (string Name, string Value) answer, CancellationToken cancellationToken)
    {
        var response = await _browser.GetAsync(authorize, cancellationToken);
        for (var signedIn = false; ;)
        {
            using var page = response;
            if (page.Headers.Location is { } location)
            {
                var next = new Uri(authorize, location);
                if (next.Authority != authorize.Authority || next.AbsolutePath != authorize.AbsolutePath) return next;
                response = await _browser.GetAsync(next, cancellationToken);
                continue;
            }
            var html = await page.Content.ReadAsStringAsync(cancellationToken);
            if (html.Contains("id=\"login_form\"", StringComparison.Ordinal) && !signedIn)
            {
                signedIn = true;
                response = await PostAsync(authorize, LoginPages.LoginPath,
                    [new("startURL", Hidden(html, "startURL")), new("username", username), new("pw", password)], cancellationToken);
            }
            else if (html.Contains("id=\"consent_form\"", StringComparison.Ordinal))
            {
                response = await PostAsync(authorize, LoginPages.ConsentPath,
                    [new("request", Hidden(html, "request")), new(answer.Name, answer.Value)], cancellationToken);
            }
            else
            {
                throw new InvalidOperationException($"The org answered {(int)page.StatusCode}: {html}");
            }
        }
    }

    private Task<HttpResponseMessage> PostAsync(Uri org, string path, KeyValuePair<string, string>[] form, CancellationToken cancellationToken) =>
        _browser.PostAsync(new Uri(org, path), new FormUrlEncodedContent(form), cancellationToken);

    private static string Hidden(string html, string name) =>
        HiddenInput.Matches(html).Where(input => input.Groups[1].Value == name).Select(input => WebUtility.HtmlDecode(input.Groups[2].Value)).First();

    [GeneratedRegex("""<input type="hidden" name="(\w+)" value="([^"]*)">""")]
    private static partial Regex HiddenInput { get; }
}

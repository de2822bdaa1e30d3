using System.Net;
using System.Text.RegularExpressions;
using Orgtap.SimulatedOrg.OAuth;

namespace Orgtap.SimulatedOrg.Hosting;

/// <summary>
/// A person at a browser of their own, for programs: follows an authorize address through the real pages up to the callback, which is not
/// called but returned; or types a device's code. Keeps the sign-in between calls, as a browser does.
/// </summary>
public sealed partial class SimulatedAdmin(string username, string password) : IDisposable
{
    private static readonly (string, string) Allow = ("save", "Allow");
    private static readonly (string, string) Deny = ("cancel", "Deny");
    private readonly HttpClient _browser = new(new SocketsHttpHandler { AllowAutoRedirect = false, CookieContainer = new CookieContainer() });

    /// <summary>Signs in where asked to, presses Allow where asked to.</summary>
    /// <returns>The callback address with <c>code</c> and <c>state</c>, or with <c>error</c>.</returns>
    /// <exception cref="InvalidOperationException">The org showed a page that leads nowhere; the message quotes it.</exception>
    public async Task<Uri> AllowAsync(Uri authorize, CancellationToken cancellationToken) => Callback(await GoAsync(authorize, null, Allow, cancellationToken));

    /// <summary>As <see cref="AllowAsync"/>, but presses Deny. Where the app was allowed before, no page asks, and a code comes back all the same.</summary>
    public async Task<Uri> DenyAsync(Uri authorize, CancellationToken cancellationToken) => Callback(await GoAsync(authorize, null, Deny, cancellationToken));

    /// <summary>Opens the page of the device flow, types the code, signs in where asked to, and presses Allow.</summary>
    /// <param name="verification">The <c>verification_uri</c> that the device was told.</param>
    /// <exception cref="InvalidOperationException">The org did not take the code; the message quotes the page.</exception>
    public Task AllowDeviceAsync(Uri verification, string userCode, CancellationToken cancellationToken) => DeviceAsync(verification, userCode, Allow, cancellationToken);

    /// <summary>As <see cref="AllowDeviceAsync"/>, but presses Deny.</summary>
    public Task DenyDeviceAsync(Uri verification, string userCode, CancellationToken cancellationToken) => DeviceAsync(verification, userCode, Deny, cancellationToken);

    /// <inheritdoc/>
    public void Dispose() => _browser.Dispose();

    private async Task DeviceAsync(Uri verification, string userCode, (string, string) answer, CancellationToken cancellationToken)
    {
        var (elsewhere, page) = await GoAsync(verification, userCode, answer, cancellationToken);
        if (elsewhere is not null || page!.Contains("id=\"error\"", StringComparison.Ordinal)) throw new InvalidOperationException($"The org answered: {elsewhere} {page}");
    }

    private static Uri Callback((Uri? Elsewhere, string? Page) end) => end.Elsewhere ?? throw new InvalidOperationException($"The org answered: {end.Page}");

    /// <summary>Fills in each form once, and stops at an address that is not a page of the org's, or at a page that asks nothing new.</summary>
    private async Task<(Uri? Elsewhere, string? Page)> GoAsync(Uri start, string? userCode, (string Name, string Value) answer, CancellationToken cancellationToken)
    {
        var response = await _browser.GetAsync(start, cancellationToken);
        for (var filled = new HashSet<string>(); ;)
        {
            using var page = response;
            if (page.Headers.Location is { } location)
            {
                var next = new Uri(start, location);
                if (next.Authority != start.Authority || next.AbsolutePath is not (AuthorizeEndpoint.Path or DeviceFlow.ConnectPath)) return (next, null);
                response = await _browser.GetAsync(next, cancellationToken);
                continue;
            }
            var html = await page.Content.ReadAsStringAsync(cancellationToken);
            if (html.Contains("id=\"login_form\"", StringComparison.Ordinal) && filled.Add("login"))
                response = await PostAsync(start, LoginPages.LoginPath, [new("startURL", Hidden(html, "startURL")), new("username", username), new("pw", password)], cancellationToken);
            else if (html.Contains("id=\"consent_form\"", StringComparison.Ordinal) && filled.Add("consent"))
                response = await PostAsync(start, LoginPages.ConsentPath, [new("request", Hidden(html, "request")), new(answer.Name, answer.Value)], cancellationToken);
            else if (userCode is not null && html.Contains("id=\"device_form\"", StringComparison.Ordinal) && filled.Add("device"))
                response = await PostAsync(start, DeviceFlow.ConnectPath, [new("user_code", userCode)], cancellationToken);
            else return (null, $"{(int)page.StatusCode}: {html}");
        }
    }

    private Task<HttpResponseMessage> PostAsync(Uri org, string path, KeyValuePair<string, string>[] form, CancellationToken cancellationToken) =>
        _browser.PostAsync(new Uri(org, path), new FormUrlEncodedContent(form), cancellationToken);

    private static string Hidden(string html, string name) =>
        HiddenInput.Matches(html).Where(input => input.Groups[1].Value == name).Select(input => WebUtility.HtmlDecode(input.Groups[2].Value)).First();

    [GeneratedRegex("""<input type="hidden" name="(\w+)" value="([^"]*)">""")]
    private static partial Regex HiddenInput { get; }
}

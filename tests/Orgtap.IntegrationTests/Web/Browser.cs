using System.Text.RegularExpressions;
using Deque.AxeCore.Commons;
using Microsoft.Playwright;

namespace Orgtap.IntegrationTests.Web;

/// <summary>Chromium from the system, without the windows around its pages where there is such a one: those are drawn too and take half of the time. Tests that need it are skipped, visibly, where there is none.</summary>
public sealed class Browser : IAsyncLifetime
{
    private static readonly string? Executable = new[] { "/usr/bin/chromium-headless-shell", "/usr/bin/chromium" }.FirstOrDefault(File.Exists);

    private static readonly string Axe = new BundledAxeScriptProvider().GetScript();

    private IPlaywright? _playwright;
    private IBrowser? _browser;
    private readonly List<(string? Test, IBrowserContext Context)> _visitors = [];

    /// <summary>Where screenshots go; null: none are made. Set ORGTAP_SCREENSHOTS to look at the pages.</summary>
    private static string? Screenshots => Environment.GetEnvironmentVariable("ORGTAP_SCREENSHOTS");

    public async ValueTask InitializeAsync()
    {
        if (Executable is null) return;
        // However busy this machine is; what is there is seen at once all the same.
        Assertions.SetDefaultExpectTimeout(30_000);
        _playwright = await Playwright.CreateAsync();
        _browser = await _playwright.Chromium.LaunchAsync(new BrowserTypeLaunchOptions
        {
            ExecutablePath = Executable, Headless = true,
            Args = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
        });
    }

    /// <summary>A fresh visitor.</summary>
    public async Task<IPage> OpenAsync(Uri address, bool script = true, ColorScheme theme = ColorScheme.Light, int width = 1280)
    {
        if (_browser is null) Assert.Skip("No browser: chromium-headless-shell is missing; ./test installs it on Debian.");
        // Pages of a test that is over would go on listening to a server that is gone.
        var test = TestContext.Current.Test?.UniqueID;
        foreach (var gone in _visitors.Where(visitor => visitor.Test != test).ToList())
        {
            _visitors.Remove(gone);
            await gone.Context.CloseAsync();
        }
        var context = await _browser.NewContextAsync(new BrowserNewContextOptions
        {
            BaseURL = address.AbsoluteUri, JavaScriptEnabled = script, ColorScheme = theme, ViewportSize = new ViewportSize { Width = width, Height = 900 }, ReducedMotion = ReducedMotion.Reduce,
        });
        _visitors.Add((test, context));
        context.SetDefaultTimeout(30_000);
        return await context.NewPageAsync();
    }

    public static async Task SignInAsync(IPage page, string email)
    {
        await page.GotoAsync("/sign-in");
        await page.GetByLabel("E-mail").FillAsync(email);
        await page.GetByLabel("Password").FillAsync(WebInstallation.Password);
        await page.GetByRole(AriaRole.Button, new() { Name = "Sign in" }).ClickAsync();
        await ArrivedAsync(page, "**/data-sources");
    }

    /// <summary>Waits until the page is at this address (<c>*</c> and <c>**</c> stand for anything), not for its load event, which Playwright can miss when
    /// one page follows another quickly.</summary>
    public static Task ArrivedAsync(IPage page, string address) =>
        Assertions.Expect(page).ToHaveURLAsync(new Regex($"^{Regex.Escape(address).Replace(@"\*\*", ".*", StringComparison.Ordinal).Replace(@"\*", "[^/]*", StringComparison.Ordinal)}$"),
            new PageAssertionsToHaveURLOptions { Timeout = 60_000 });

    /// <summary>Both themes at desk and phone width: no finding of axe, nothing wider than the window.</summary>
    /// <param name="pairwise">Each theme and each width once, not every combination: for walks over many pages.</param>
    /// <param name="others">The combinations that <paramref name="pairwise"/> leaves out: for pages that such a walk looks at too.</param>
    public static async Task CheckLooksAsync(IPage page, string name, bool pairwise = false, bool others = false)
    {
        // Its style sheet is there before anything of a page is laid out.
        await Assertions.Expect(page.Locator("body")).ToBeVisibleAsync();
        foreach (var (theme, width) in new[] { (ColorScheme.Light, 1280), (ColorScheme.Dark, 390), (ColorScheme.Dark, 1280), (ColorScheme.Light, 390) }.Skip(others ? 2 : 0).Take(pairwise ? 2 : 4))
        {
            await page.EmulateMediaAsync(new PageEmulateMediaOptions { ColorScheme = theme });
            await page.SetViewportSizeAsync(width, 900);
            var overflow = await page.EvaluateAsync<int>("document.documentElement.scrollWidth - document.documentElement.clientWidth");
            Assert.True(overflow <= 0, $"{name} at {width} px is {overflow} px wider than the window.");
            var violations = await ViolationsAsync(page);
            Assert.True(violations.Length == 0, $"{name}, {theme}, {width} px: {string.Join("; ", violations)}");
            if (Screenshots is { } folder)
                await page.ScreenshotAsync(new PageScreenshotOptions { Path = Path.Combine(folder, $"{name}-{width}-{theme}.png"), FullPage = true });
        }
        await page.SetViewportSizeAsync(1280, 900);
    }

    // None of our pages has frames, so axe runs in the page itself; the package's own way opens a second page each time to put findings of frames together.
    private static async Task<string[]> ViolationsAsync(IPage page)
    {
        if (!await page.EvaluateAsync<bool>("typeof axe === 'object'")) await page.EvaluateAsync(Axe);
        return await page.EvaluateAsync<string[]>("""
            async () => (await axe.run(document, { resultTypes: ['violations'] })).violations.map(violation => `${violation.id}: ${violation.help} at ${violation.nodes.map(node => node.html).join(', ')}`)
            """);
    }

    public async ValueTask DisposeAsync()
    {
        if (_browser is not null) await _browser.DisposeAsync();
        _playwright?.Dispose();
    }
}

/// <summary>One browser and one server for the classes of this collection; they run one after another.</summary>
[CollectionDefinition(Name)]
public sealed class WebCollection : ICollectionFixture<Browser>, ICollectionFixture<WebInstallation>
{
    public const string Name = "web";
}

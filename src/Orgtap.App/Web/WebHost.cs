using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Antiforgery;
using Microsoft.AspNetCore.Authentication.Cookies;
using Microsoft.AspNetCore.HostFiltering;
using Microsoft.AspNetCore.HttpOverrides;
using Orgtap.App.Api;
using Orgtap.App.Composition;
using Orgtap.App.Web.Account;
using Orgtap.App.Web.Audit;
using Orgtap.App.Web.Authorize;
using Orgtap.App.Web.Connections;
using Orgtap.App.Web.DataSources;
using Orgtap.App.Web.EditDataSync;
using Orgtap.App.Web.Errors;
using Orgtap.App.Web.People;
using Orgtap.App.Web.Shell;
using Orgtap.App.Web.SignIn;
using Orgtap.App.Web.Health;
using Orgtap.App.Web.Mail;
using Orgtap.App.Web.Runs;

namespace Orgtap.App.Web;

/// <summary>Where this running web server is reached by browsers; callbacks and links are made with it.</summary>
public sealed record PublicAddress(Uri Value)
{
    public Uri Callback => new(Value, "/oauth/callback");
}

/// <summary>Builds the web server: pages, fragments and the HTTP API of one installation.</summary>
public static class WebHost
{
    /// <param name="listen">Its port must be free.</param>
    /// <param name="log">Sets up logging.</param>
    public static WebApplication Build(Installation installation, ListenAddress listen, Action<ILoggingBuilder> log)
    {
        var builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions { ContentRootPath = AppContext.BaseDirectory, EnvironmentName = "Production", Args = [] });
        var address = new PublicAddress(installation.Settings.PublicAddress ?? listen.Address);
        log(builder.Logging);
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = 1 << 20;
            if (listen.Host == "localhost") kestrel.ListenLocalhost(listen.Port);
            else if (listen.Host == "*") kestrel.ListenAnyIP(listen.Port);
            else kestrel.Listen(System.Net.IPAddress.Parse(listen.Host), listen.Port);
            if (installation.Owner is not null) LocalSocket.Listen(kestrel, installation.Settings.DataDirectory);
        });
        installation.AddTo(builder.Services);
        builder.Services.AddSingleton(_ => new TelemetryExport(installation.Settings));
        builder.Services.AddSingleton(address);
        builder.Services.AddSingleton(new Notifications.NoticeSite(address.Value));
        // Signals belong to Program: it decides what stops first.
        builder.Services.AddSingleton<IHostLifetime, CallerLifetime>();
        AddWeb(builder.Services, installation.Settings, listen, address);

        var app = builder.Build();
        Use(app, installation.Settings);
        Map(app);
        if (installation.Owner is not null) app.Lifetime.ApplicationStarted.Register(() => LocalSocket.Protect(installation.Settings.DataDirectory));
        return app;
    }

    /// <summary>Every page, fragment and endpoint; a test compares them with docs/capabilities.md.</summary>
    public static void Map(WebApplication app)
    {
        var pages = app.MapGroup("").AddEndpointFilter<AntiforgeryFilter>().ExcludeFromDescription();
        Asset.Map(app);
        HealthEndpoint.Map(app);
        SignInPages.Map(pages);
        DataSourcesPages.Map(pages);
        ConnectPages.Map(pages);
        AdminPages.Map(pages);
        RequestPages.Map(pages);
        AuthorizationPages.Map(pages);
        TestPages.Map(pages);
        SetupGuidePages.Map(pages);
        ConnectionPages.Map(pages);
        SettingsPages.Map(pages);
        MaskingPages.Map(pages);
        EditDataSyncPages.Map(pages);
        RunPages.Map(pages);
        Rows.RowPages.Map(pages);
        Conversations.ConversationPages.Map(pages);
        SystemPages.Map(pages);
        AuditPages.Map(pages);
        PeoplePages.Map(pages);
        AccountPages.Map(pages);
        MailPages.Map(pages);
        Support.SupportPages.Map(pages);
        Apps.AppPages.Map(pages);
        Jobs.JobPages.Map(pages);
        Jobs.OrgJobPages.Map(pages);
        Notices.NoticePages.Map(pages);
        ApiRoutes.Map(app);
    }

    private static void AddWeb(IServiceCollection services, InstallationSettings settings, ListenAddress listen, PublicAddress address)
    {
        // Two installations on one machine share the host name, and cookies know no port.
        var mark = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(settings.DataDirectory)))[..8];
        services.AddRazorComponents();
        // So that the answer can say what was wrong, in every environment.
        services.Configure<RouteHandlerOptions>(options => options.ThrowOnBadRequest = true);
        services.AddHttpContextAccessor();
        services.AddAntiforgery(options =>
        {
            options.Cookie.Name = $"orgtap-form-{mark}";
            options.Cookie.SecurePolicy = CookieSecurePolicy.SameAsRequest;
            options.Cookie.SameSite = SameSiteMode.Lax;
            options.FormFieldName = "form-token";
            options.SuppressXFrameOptionsHeader = true;
        });
        services.AddScoped<LiveFragments>();
        services.AddSingleton<SourcesBoard>();
        services.AddSingleton<RunReader>();
        services.AddSingleton<Picker>();
        services.AddSingleton<Reviewing>();
        // Edit data sync without script: a value for each of 1,500 tables, and for the fields of those that are open.
        services.Configure<Microsoft.AspNetCore.Http.Features.FormOptions>(form => form.ValueCountLimit = 20_000);
        services.AddSingleton<SessionTickets>();
        services.AddAuthentication(options => options.DefaultScheme = SignInSchemes.ByPath)
            .AddPolicyScheme(SignInSchemes.ByPath, null, options => options.ForwardDefaultSelector = context =>
                ErrorPages.IsApi(context) ? SignInSchemes.Token : CookieAuthenticationDefaults.AuthenticationScheme)
            .AddCookie(options =>
            {
                options.Cookie.Name = $"orgtap-{mark}";
                options.Cookie.HttpOnly = true;
                options.Cookie.SameSite = SameSiteMode.Lax;
                options.Cookie.SecurePolicy = CookieSecurePolicy.SameAsRequest;
                options.ExpireTimeSpan = SessionTickets.Lifetime;
                options.SlidingExpiration = false;
                options.LoginPath = "/sign-in";
                options.AccessDeniedPath = "/not-allowed";
                options.ReturnUrlParameter = "next";
                options.EventsType = typeof(SessionEvents);
            })
            .AddScheme<Microsoft.AspNetCore.Authentication.AuthenticationSchemeOptions, TokenAuthentication>(SignInSchemes.Token, null);
        services.AddScoped<SessionEvents>();
        services.AddAuthorizationBuilder().AddOrgtapRoles();
        services.AddProblemDetails();
        services.AddOpenApi("v1", ApiDocument.Configure);
        services.ConfigureHttpJsonOptions(json => ApiJson.Configure(json.SerializerOptions));
        services.AddRateLimiter(SignInRateLimit.Configure);
        services.Configure<HostFilteringOptions>(options =>
        {
            // A page elsewhere must not reach a loopback server through a name of its own.
            options.AllowedHosts = listen.IsLoopback ? ["localhost", "127.0.0.1", "[::1]", address.Value.Host] : settings.PublicAddress is null ? ["*"] : [address.Value.Host, "localhost"];
        });
        services.Configure<ForwardedHeadersOptions>(options => options.ForwardedHeaders = ForwardedHeaders.XForwardedFor | ForwardedHeaders.XForwardedProto);
    }

    private static void Use(WebApplication app, InstallationSettings settings)
    {
        if (settings.PublicAddress is not null) app.UseForwardedHeaders();
        app.UseHostFiltering();
        app.UseMiddleware<SecurityHeaders>();
        // What a client sent wrong is the client's to know, and no error in the log.
        app.UseExceptionHandler(new ExceptionHandlerOptions { ExceptionHandler = ErrorPages.HandleAsync, SuppressDiagnosticsCallback = failed => ErrorPages.IsForeseen(failed.Exception) });
        app.UseStatusCodePages(ErrorPages.HandleStatus);
        app.UseRouting();
        app.UseRateLimiter();
        app.UseAuthentication();
        app.UseAuthorization();
        app.UseMiddleware<IdempotencyKeys>();
    }

    /// <summary>Starts at once and stops only when told to.</summary>
    private sealed class CallerLifetime : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}

/// <summary>Refuses a form that was not made by a page of ours for this visitor.</summary>
internal sealed class AntiforgeryFilter(IAntiforgery antiforgery) : IEndpointFilter
{
    public async ValueTask<object?> InvokeAsync(EndpointFilterInvocationContext context, EndpointFilterDelegate next)
    {
        if (HttpMethods.IsGet(context.HttpContext.Request.Method) || HttpMethods.IsHead(context.HttpContext.Request.Method)) return await next(context);
        return await antiforgery.IsRequestValidAsync(context.HttpContext) ? await next(context) : ErrorPages.StaleForm(context.HttpContext);
    }
}

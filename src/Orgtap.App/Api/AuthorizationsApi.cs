using Orgtap.App.Overviews;
using Orgtap.App.Web.SignIn;
using Orgtap.Authorization;
using Orgtap.Connections;
using Orgtap.Primitives;
using Orgtap.Reauthorization;

namespace Orgtap.App.Api;

/// <summary>What begins the web server flow for a program that brings the browser itself.</summary>
/// <param name="CallbackUrl">Where the program receives the browser; exactly as it stands in the app's settings.</param>
/// <param name="Again">The connection exists and is authorized again, with its own app and address.</param>
/// <param name="WithoutMissing">Again: accept a user who sees less than what is selected.</param>
/// <param name="App">An app of the installation, in place of key and secret.</param>
public sealed record AuthorizeDocument(string Name, string? Url, string? ClientId, string? ClientSecret, string CallbackUrl, int? QuotaThresholdPercent, bool Again = false, bool WithoutMissing = false, string? App = null);

/// <summary>What begins the device flow.</summary>
/// <param name="Again">The connection exists and is authorized again, with its own app and address; then only its name is needed.</param>
/// <param name="WithoutMissing">Again: accept a user who sees less than what is selected.</param>
/// <param name="App">An app of the installation, in place of key and secret.</param>
public sealed record StartDeviceDocument(string Name, string? Url, string? ClientId, string? ClientSecret, int? QuotaThresholdPercent, bool Again = false, bool WithoutMissing = false, string? App = null);

/// <summary>A flow that has begun.</summary>
/// <param name="BrowserSecret">Binds the flow to whoever began it; is given back at its end.</param>
public sealed record AuthorizationDocument(Uri AuthorizeUrl, string BrowserSecret);

/// <summary>What came to the callback address.</summary>
public sealed record AuthorizedDocument(string State, string? Code, string? Error, string? ErrorDescription, string BrowserSecret);

/// <summary><c>/api/v1/authorizations</c>: connecting an org by a person who signs in at Salesforce.</summary>
internal static class AuthorizationsApi
{
    public static void Map(IEndpointRouteBuilder api)
    {
        var all = api.MapGroup("/authorizations").WithTags("Connections").RequireAuthorization(Roles.Operator);
        all.MapPost("", StartAsync).WithSummary("Begin to connect an org by signing in at Salesforce");
        all.MapPost("/device", (StartDeviceDocument wanted, HttpContext context, Authorizing authorizing, CancellationToken cancellationToken) => authorizing.StartDeviceAsync(new ConnectRequest(
            wanted.Name, wanted.Url ?? "", AuthorizationFlow.Device, wanted.ClientId ?? "", SecretText.From(wanted.ClientSecret), null, null, null, null, wanted.QuotaThresholdPercent ?? 80) { App = wanted.App },
            wanted.Again, wanted.WithoutMissing, context.User.ActorOf(), cancellationToken))
            .WithSummary("Begin to connect an org, or to authorize it again, by a code that somebody types at Salesforce");
        all.MapPost("/device/{id}", (string id, Authorizing authorizing, CancellationToken cancellationToken) => authorizing.LookAtDeviceAsync(id, cancellationToken)).WithSummary("Ask what became of a code; once it was typed, the answer holds the connection");
        all.MapPost("/complete", CompleteAsync).WithSummary("Finish with what came to the callback address");
    }

    private static async Task<AuthorizationDocument> StartAsync(AuthorizeDocument wanted, HttpContext context, Authorizing authorizing, CancellationToken cancellationToken)
    {
        var request = new ConnectRequest(
            wanted.Name, wanted.Url ?? "", AuthorizationFlow.WebServer, wanted.ClientId ?? "", SecretText.From(wanted.ClientSecret), null, null, null, wanted.CallbackUrl, wanted.QuotaThresholdPercent ?? 80) { App = wanted.App };
        var start = await authorizing.StartAsync(request, wanted.Again, wanted.WithoutMissing, context.User.ActorOf(), cancellationToken);
        return new AuthorizationDocument(start.AuthorizeAddress, start.BrowserSecret.Reveal());
    }

    private static async Task<IResult> CompleteAsync(AuthorizedDocument answer, AuthorizationReturn back, OverviewReader overviews, CancellationToken cancellationToken)
    {
        var outcome = await back.CompleteAsync(answer.State, answer.Code, answer.Error, answer.ErrorDescription, new SecretText(answer.BrowserSecret), cancellationToken);
        return outcome switch
        {
            ReturnOutcome.Authorized { Connection: var connection } => Results.Created($"/api/v1/connections/{connection.Name}", ConnectionDocument.Of(await overviews.OfAsync(connection, cancellationToken))),
            ReturnOutcome.NotAuthorized { Setback: var setback } => throw setback.Failure,
            _ => throw new InvalidOperationException("An outcome nobody handles."),
        };
    }
}

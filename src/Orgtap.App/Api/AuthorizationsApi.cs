using Orgtap.App.Overviews;
using Orgtap.App.Web.SignIn;
using Orgtap.Authorization;
using Orgtap.Connections;
using Orgtap.Primitives;
using Orgtap.Reauthorization;

namespace Orgtap.App.Api;

/// <summary>What begins the web server flow for a program that brings the browser itself.</summary>
/// <param name="CallbackUrl">Where the program receives the browser; exactly as it stands in the app's settings.</param>
public sealed record AuthorizeDocument(string Name, string Url, string ClientId, string? ClientSecret, string CallbackUrl, int? QuotaThresholdPercent);

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
        all.MapPost("/complete", CompleteAsync).WithSummary("Finish with what came to the callback address");
    }

    private static async Task<AuthorizationDocument> StartAsync(AuthorizeDocument wanted, HttpContext context, OrgConnector connector, CancellationToken cancellationToken)
    {
        var start = await connector.StartAsync(new ConnectRequest(
            wanted.Name, wanted.Url, AuthorizationFlow.WebServer, wanted.ClientId, SecretText.From(wanted.ClientSecret), null, null, null, wanted.CallbackUrl,
            wanted.QuotaThresholdPercent ?? 80), context.User.ActorOf(), cancellationToken);
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

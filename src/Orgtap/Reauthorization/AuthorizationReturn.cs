using Orgtap.Authorization;
using Orgtap.Connections;
using Orgtap.Notifications;
using Orgtap.Primitives;
using Orgtap.Salesforce;
using Orgtap.Salesforce.OAuth;
using Orgtap.Storage;

namespace Orgtap.Reauthorization;

/// <summary>What came of an authorization.</summary>
public abstract record ReturnOutcome
{
    private ReturnOutcome()
    {
    }

    /// <summary>What had been begun.</summary>
    public required PendingAuthorization Pending { get; init; }

    /// <param name="Again">False: the org was connected for the first time.</param>
    public sealed record Authorized(Connection Connection, bool Again) : ReturnOutcome;

    /// <summary>Nothing was changed.</summary>
    public sealed record NotAuthorized(Setback Setback) : ReturnOutcome;
}

/// <summary>What happens when access is brought: by a browser that comes back from Salesforce, a device code, or credentials. One way for connecting and for authorizing again, asked for or not.</summary>
public sealed class AuthorizationReturn(
    OrgConnector connector, ConnectionStore connections, GrantAcceptance acceptance, AuthorizationRequestStore requests, AfterReauthorization after, Outbox outbox, MailSettingsStore mail, SupportContactStore supports, SharedAppStore apps, TimeProvider time)
{
    /// <summary>Ends the web server flow with what came to the callback address.</summary>
    /// <exception cref="InvalidInputException">Unknown, used, too old, or begun in another browser.</exception>
    public async Task<ReturnOutcome> CompleteAsync(string state, string? code, string? error, string? errorDescription, SecretText browserSecret, CancellationToken cancellationToken)
    {
        var (pending, pkce) = await connector.TakeAsync(state, browserSecret, cancellationToken);
        return await FinishAsync(pending, () => connector.ExchangeAsync(pending.Request, pkce, code, error, errorDescription, cancellationToken), error == "access_denied", cancellationToken);
    }

    /// <summary>Authorizes a connection again by a flow without a person, e.g. client credentials in place of a password. Nothing is synced anew.</summary>
    public async Task<ReturnOutcome> ReauthorizeAsync(Connection connection, ConnectRequest request, bool withoutMissing, string actor, CancellationToken cancellationToken)
    {
        var (wanted, _) = await request.WithAppAsync(apps, cancellationToken);
        return await FinishAsync(new PendingAuthorization(wanted, actor, connection.Id, WithoutMissing: withoutMissing), () => connector.AskAsync(wanted, cancellationToken), false, cancellationToken);
    }

    /// <summary>Accepts tokens that were given for what was begun.</summary>
    /// <param name="ask">Gets them.</param>
    /// <param name="denied">Deny was pressed.</param>
    public async Task<ReturnOutcome> FinishAsync(PendingAuthorization pending, Func<Task<TokenAnswer>> ask, bool denied, CancellationToken cancellationToken)
    {
        try
        {
            var answer = await ask();
            if (pending.Connection is not { } id)
                return new ReturnOutcome.Authorized(await connector.AcceptAsync(pending, answer, (transaction, made) => CompleteAsync(transaction, pending, made, cancellationToken), cancellationToken), false) { Pending = pending };
            var connection = await connections.FindAsync(id, cancellationToken) ?? throw new InvalidInputException("The connection was removed meanwhile.", "There is nothing to authorize any more.");
            switch (await acceptance.AcceptAsync(connection, pending, answer, cancellationToken))
            {
                case AcceptanceOutcome.Accepted accepted:
                    await after.BeginAsync(accepted.Connection, hadProblem: connection.Problem is not null, cancellationToken);
                    return new ReturnOutcome.Authorized(accepted.Connection, true) { Pending = pending };
                case AcceptanceOutcome.NotAccepted refused:
                    return await NotAuthorizedAsync(pending, refused.Setback);
                default:
                    throw new InvalidOperationException("An outcome nobody handles.");
            }
        }
        catch (OrgtapException failure)
        {
            return await NotAuthorizedAsync(pending, Setback.Of(failure, time.GetUtcNow(), denied));
        }
    }

    private async Task CompleteAsync(System.Data.Common.DbTransaction transaction, PendingAuthorization pending, Connection made, CancellationToken cancellationToken)
    {
        if (pending.AuthorizationRequest is not { } id) return;
        await requests.SetCompletedAsync(transaction, id, made.Id, made.Username, 0);
        if (await requests.FindAsync(id, cancellationToken) is { } asked && AuthorizationRequests.IsAddress(asked.AskedBy) && await mail.FindAsync(cancellationToken) is { } settings)
            await outbox.AddAsync(transaction, RequestLetter.Completed(asked, made.OrgName, made.Username, settings.SenderName, await supports.FindAsync(cancellationToken), time.GetUtcNow()));
    }

    private async Task<ReturnOutcome> NotAuthorizedAsync(PendingAuthorization pending, Setback setback)
    {
        if (pending.AuthorizationRequest is { } id) await requests.SetSetbackAsync(id, setback, CancellationToken.None);
        return new ReturnOutcome.NotAuthorized(setback) { Pending = pending };
    }
}

using Orgtap.Authorization;
using Orgtap.Connections;
using Orgtap.Notifications;
using Orgtap.Primitives;
using Orgtap.Salesforce;
using Orgtap.Salesforce.OAuth;
using Orgtap.Storage;

namespace Orgtap.Reauthorization;

/// <summary>What became of a new grant for a connection that exists.</summary>
public abstract record AcceptanceOutcome
{
    private AcceptanceOutcome()
    {
    }

    /// <param name="Connection">As it is now.</param>
    /// <param name="Access">What the user sees; something may be missing if that was allowed.</param>
    public sealed record Accepted(Connection Connection, AccessFound Access) : AcceptanceOutcome;

    /// <summary>Nothing was changed, and the new grant was ended at Salesforce.</summary>
    public sealed record NotAccepted(Setback Setback) : AcceptanceOutcome;
}

/// <summary>
/// Puts a new grant in the place of a connection's old one, if it is for the same org and its user sees what is selected. Everything that belongs together changes in one transaction; the old grant is ended
/// at Salesforce behind it. Rows, checkpoints and a sync that is running are not touched: its next call that is refused takes the new token.
/// </summary>
public sealed class GrantAcceptance(
    ControlStore store, ConnectionStore connections, GrantStore grants, AccessTokens tokens, Revocations revocations, AuthorizationRequestStore requests, SelectionAccess access, OAuthClient oauth,
    AddressPolicy addresses, HttpMessageHandler transport, TrialMeter meter, Outbox outbox, MailSettingsStore mail, SupportContactStore supports, SharedAppStore apps, AuditLog audit, TimeProvider time)
{
    private readonly TokenTrial _trial = new(transport, meter, addresses, time);

    /// <exception cref="OrgtapException">The grant is good for nothing, or the request was withdrawn meanwhile; it was ended at Salesforce.</exception>
    public async Task<AcceptanceOutcome> AcceptAsync(Connection connection, PendingAuthorization pending, TokenAnswer answer, CancellationToken cancellationToken)
    {
        var login = addresses.CheckLogin(pending.Request.LoginUrl);
        try
        {
            var tried = await new GrantTrial(oauth, addresses, _trial).TryAsync(login, answer, connection.Id, cancellationToken);
            var seenBy = tried.Identity.Username ?? pending.Request.Username;
            if (tried.Identity.OrgId != connection.OrgId) return await RefuseAsync(login, answer, connection, WrongOrg(connection, tried, seenBy));
            var found = await _trial.WithAsync(answer.AccessToken, tried.Instance, tried.Identity.OrgId, connection.Id, client => access.LookAsync(connection, client, cancellationToken));
            if (found.Missing.Count > 0 && !pending.WithoutMissing) return await RefuseAsync(login, answer, connection, Missing(found, seenBy));
            await SwapAsync(connection, pending, login, answer, tried, seenBy, found, cancellationToken);
            return new AcceptanceOutcome.Accepted(await connections.FindAsync(connection.Id, CancellationToken.None) ?? connection, found);
        }
        catch
        {
            await revocations.EndAsync(connection.Name, login, answer.RefreshToken ?? answer.AccessToken);
            throw;
        }
    }

    private async Task SwapAsync(
        Connection connection, PendingAuthorization pending, Uri login, TokenAnswer answer, TriedGrant tried, string? seenBy, AccessFound found, CancellationToken cancellationToken)
    {
        var (request, settings, support) = (pending.Request, await mail.FindAsync(cancellationToken), await supports.FindAsync(cancellationToken));
        var asked = pending.AuthorizationRequest is { } id ? await requests.FindAsync(id, cancellationToken) : null;
        var grant = tried.GrantFor(connection.Id, answer, request, pending.Actor, time);
        var app = (await request.WithAppAsync(apps, cancellationToken)).App ?? new ConsumerApp(connection.AppId, connection.Name, request.ConsumerKey, request.ConsumerSecret, request.CallbackUrl) { PrivateKey = request.PrivateKey };
        await store.WriteAsync(async transaction =>
        {
            var old = await grants.FindAsync(transaction, connection.Id);
            await connections.SetAuthorizedAsync(transaction, connection.Id, login, request.Flow, seenBy, tried.Org, tried.Instance, app);
            await grants.ReplaceAsync(transaction, grant);
            // Salesforce may give the same session out twice; ending it would end the new grant.
            if (old?.Revocable is { } former && former != grant.Revocable && former != grant.AccessToken) await revocations.AddAsync(transaction, connection.Name, connection.LoginUrl, former);
            if (asked is null) return;
            await requests.SetCompletedAsync(transaction, asked.Id, connection.Id, seenBy, found.Tables);
            if (settings is not null && AuthorizationRequests.IsAddress(asked.AskedBy))
                await outbox.AddAsync(transaction, RequestLetter.Completed(asked, tried.OrgName ?? connection.OrgName, seenBy, settings.SenderName, support, time.GetUtcNow()));
        }, cancellationToken);
        tokens.Forget(connection.Id);
        await audit.WriteAsync(pending.Actor, "connection.reauthorized", connection.Name,
            $"as {seenBy ?? tried.Identity.UserId}, by {request.Flow.Words()}{(found.Missing.Count > 0 ? $", without {found.Missing.Count} tables that are not fully visible" : "")}", CancellationToken.None);
        await revocations.EndDueAsync(CancellationToken.None);
    }

    private async Task<AcceptanceOutcome> RefuseAsync(Uri login, TokenAnswer answer, Connection connection, Setback setback)
    {
        await revocations.EndAsync(connection.Name, login, answer.RefreshToken ?? answer.AccessToken);
        return new AcceptanceOutcome.NotAccepted(setback);
    }

    private Setback WrongOrg(Connection connection, TriedGrant tried, string? seenBy) => new(
        SetbackKind.WrongOrg, time.GetUtcNow(), $"That was a different org: {tried.OrgName ?? tried.Identity.OrgId.Value} ({tried.Instance.Host}), not {connection.OrgName ?? connection.OrgId?.Value}.",
        $"Sign out of Salesforce, or open the page in a private window, and sign in to {connection.OrgName ?? connection.Name}.", Turn.Admin,
        $"expected {connection.OrgId}, got {tried.Identity.OrgId}", seenBy, $"{tried.OrgName ?? tried.Identity.OrgId.Value}\n{tried.Instance.Host}", []);

    private Setback Missing(AccessFound found, string? seenBy) => new(
        SetbackKind.MissingAccess, time.GetUtcNow(), $"{seenBy ?? "This user"} does not see {found.Missing.Count} of the {Tables(found)}, or not all of {(found.Missing.Count == 1 ? "its" : "their")} fields: {string.Join(", ", found.Missing.Take(5).Select(part => part.Label))}"
            + (found.Missing.Count > 5 ? " and others." : "."),
        "Setup > Permission Sets > the user's permission set > Object Settings: allow Read for the tables and fields; then authorize again. Or authorize as another user.", Turn.Admin, null, seenBy, null, found.Missing);

    private static string Tables(AccessFound found) => found.Tables == 1 ? "1 table that is copied" : $"{found.Tables} tables that are copied";
}

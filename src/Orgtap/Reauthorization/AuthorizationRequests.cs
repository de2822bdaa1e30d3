using Orgtap.Authorization;
using Orgtap.Catalog;
using Orgtap.Connections;
using Orgtap.Notifications;
using Orgtap.Primitives;
using Orgtap.Salesforce;
using Orgtap.Storage;

namespace Orgtap.Reauthorization;

/// <summary>Asks Salesforce admins to authorize, and lets them: make a request, send it again, withdraw it; open, begin and decline it.</summary>
public sealed class AuthorizationRequests(
    ControlStore store, AuthorizationRequestStore requests, ConnectionStore connections, CatalogReader catalog, SelectionStore selections, OrgConnector connector, AddressPolicy addresses, Outbox outbox,
    MailSettingsStore mail, SupportContactStore supports, SharedAppStore apps, AuditLog audit, TimeProvider time)
{
    private const int LongestText = 1000;

    /// <summary>Asks an admin. If the same admin was asked for the same connection and the request is still open, that one is sent again with a new link.</summary>
    /// <param name="site">Where the admin's browser reaches this installation.</param>
    /// <exception cref="InvalidInputException">Something of the wish cannot be used; names it.</exception>
    public async Task<AskedAuthorization> AskAsync(AuthorizationAsk ask, Uri site, CancellationToken cancellationToken)
    {
        var connection = await connections.FindAsync(ask.Connection, cancellationToken);
        var (now, email) = (time.GetUtcNow(), EmailAddress.Check(ask.AdminEmail));
        if (ask.AdminName.Trim() is not { Length: > 0 and <= 100 } adminName) throw new InvalidInputException("The admin's name is missing, or longer than 100 characters.", "Give the name that the e-mail greets.");
        if (ask.Note?.Length > LongestText) throw new InvalidInputException($"The note has more than {LongestText} characters.", "Make it shorter.");
        if (ask.Days is < 1 or > 30) throw new InvalidInputException($"A link that works for {ask.Days} days is not possible.", "Give a number from 1 to 30.");
        if (connection is null)
        {
            ConnectionStore.CheckName(ask.Connection);
            if (Filled(ask.App) is { } app)
            {
                var shared = await apps.GetAsync(app, cancellationToken);
                ask = ask with { ConsumerKey = shared.App.ConsumerKey, ConsumerSecret = null, LoginUrl = Filled(ask.LoginUrl) ?? shared.LoginUrl?.AbsoluteUri };
            }
            if (Filled(ask.LoginUrl) is { } login) addresses.CheckLogin(login);
            else if (Filled(ask.ConsumerKey) is not null) throw new InvalidInputException("The app is named, and not the address of the org that has it.", "Give the address: login.salesforce.com, test.salesforce.com or the org's My Domain.");
        }
        var known = (await requests.ListAsync(connection?.Id, 200, cancellationToken)).FirstOrDefault(each => each.IsOpenAt(now) && each.DeclinedAt is null
            && each.Name == ask.Connection && string.Equals(each.AdminEmail, email, StringComparison.OrdinalIgnoreCase));
        if (known is not null) return await SendAsync(known, now.AddDays(ask.Days), isNew: false, null, site, ask.AskedBy, cancellationToken);

        var request = new AuthorizationRequest(
            Guid.CreateVersion7(now).ToString("N"), connection?.Id, connection is null, ask.Connection, connection is null ? Filled(ask.LoginUrl) : null, connection is null ? Filled(ask.ConsumerKey) : null,
            ask.QuotaThresholdPercent, adminName, email, Filled(ask.Note), ask.AskedBy, ask.AskedByName, now, now.AddDays(ask.Days), null, null, null, null, null, null, null, null, null)
        {
            App = connection is null ? Filled(ask.App) : null,
        };
        return await SendAsync(request, request.ExpiresAt, isNew: true, ask.ConsumerSecret, site, ask.AskedBy, cancellationToken);
    }

    /// <summary>Sends a request again, with a new link and the full time; earlier links work as long.</summary>
    /// <exception cref="InvalidInputException">It is over.</exception>
    public async Task<AskedAuthorization> ResendAsync(string id, Uri site, string actor, CancellationToken cancellationToken)
    {
        var request = await GetAsync(id, cancellationToken);
        if (request.CompletedAt is not null || request.WithdrawnAt is not null) throw new InvalidInputException("This request is over.", "Make a new one.");
        return await SendAsync(request, time.GetUtcNow().AddDays(AuthorizationAsk.UsualDays), isNew: false, null, site, actor, cancellationToken);
    }

    /// <summary>Makes every link of the request useless, at once.</summary>
    public async Task<AuthorizationRequest> WithdrawAsync(string id, string actor, CancellationToken cancellationToken)
    {
        var request = await GetAsync(id, cancellationToken);
        var withdrawn = await store.WriteAsync(async transaction =>
        {
            if (!await requests.SetWithdrawnAsync(transaction, id)) return false;
            await Outbox.DropWaitingAsync(transaction, request.About);
            return true;
        }, cancellationToken);
        if (!withdrawn) throw new InvalidInputException("This request is over.", "There is nothing to withdraw.");
        await audit.WriteAsync(actor, "request.withdrawn", request.Name, request.AdminEmail, cancellationToken);
        return await GetAsync(id, cancellationToken);
    }

    /// <exception cref="InvalidInputException">There is no such request.</exception>
    public async Task<AuthorizationRequest> GetAsync(string id, CancellationToken cancellationToken) => await requests.FindAsync(id, cancellationToken)
        ?? throw new InvalidInputException($"There is no authorization request {id}.", "`orgtap requests list` shows those that exist.");

    /// <summary>The request behind a link. Changes nothing but the note that it was opened: mail scanners open links too.</summary>
    /// <returns>Null: no such link.</returns>
    public async Task<AuthorizationRequest?> OpenAsync(string link, CancellationToken cancellationToken)
    {
        if (await RequestLinks.FindAsync(store, link, cancellationToken) is not { } id) return null;
        await requests.SetOpenedAsync(id, cancellationToken);
        return await requests.FindAsync(id, cancellationToken);
    }

    /// <summary>What the admin is shown of the tables: labels, in the order they are loaded; API names where labels are not known.</summary>
    public async Task<IReadOnlyList<string>> TablesAsync(AuthorizationRequest request, CancellationToken cancellationToken)
    {
        if (request.ConnectionId is not { } id) return [];
        var labels = await catalog.KnownLabelsAsync(id, cancellationToken);
        return [.. (await selections.GetAsync(id, cancellationToken)).Select(selected => labels.GetValueOrDefault(selected.SObject, selected.SObject))];
    }

    /// <summary>Authorize was pressed: where the admin's browser goes.</summary>
    /// <param name="given">First authorization: what the admin typed, where the request does not name it.</param>
    /// <exception cref="InvalidInputException">The request is over, or what was typed cannot be used.</exception>
    public async Task<AuthorizationStart> BeginAsync(AuthorizationRequest request, SecretText link, AppGiven? given, bool withoutMissing, Uri callback, CancellationToken cancellationToken)
    {
        if (!request.IsOpenAt(time.GetUtcNow())) throw new InvalidInputException("This link does not work any more.", "Ask whoever sent it for a new one.");
        ConnectRequest wanted;
        if (request.ConnectionId is { } id)
        {
            var connection = await connections.FindAsync(id, cancellationToken) ?? throw new InvalidInputException("The connection was removed.", "There is nothing to authorize any more.");
            var app = await connections.GetAppAsync(connection.AppId, cancellationToken);
            wanted = new ConnectRequest(connection.Name, connection.LoginUrl.AbsoluteUri, AuthorizationFlow.WebServer, app.ConsumerKey, app.ConsumerSecret, null, null, null, callback.AbsoluteUri, connection.QuotaThresholdPercent);
        }
        else
        {
            var (key, login) = (request.ConsumerKey ?? given?.ConsumerKey ?? "", request.LoginUrl ?? given?.LoginUrl ?? "");
            // A secret that was given before is for the app and the address it was given for.
            var isKept = request.ConsumerKey is not null || (given is { ConsumerSecret: null } && request.Given is { } before && before.ConsumerKey == key && before.LoginUrl == login);
            var secret = isKept ? await requests.ConsumerSecretAsync(request.Id, cancellationToken) : given?.ConsumerSecret;
            wanted = new ConnectRequest(request.Name, login, AuthorizationFlow.WebServer, key, secret, null, null, null, callback.AbsoluteUri, request.QuotaThresholdPercent) { App = request.App };
        }
        if (request is { ConnectionId: null, ConsumerKey: null } && wanted.ConsumerKey.Length > 0) await connector.ProbeAsync(wanted, cancellationToken);
        var start = await connector.StartAsync(new PendingAuthorization(wanted, request.AdminEmail, request.ConnectionId, request.Id, link, withoutMissing), cancellationToken);
        if (request is { ConnectionId: null, ConsumerKey: null }) await requests.SetGivenAsync(request.Id, wanted.LoginUrl, wanted.ConsumerKey, wanted.ConsumerSecret, cancellationToken);
        await requests.SetStartedAsync(request.Id, cancellationToken);
        await audit.WriteAsync(request.AdminEmail, "request.started", request.Name, null, cancellationToken);
        return start;
    }

    /// <summary>The admin will not do it. The link goes on working until it expires, in case of second thoughts.</summary>
    public async Task DeclineAsync(AuthorizationRequest request, string? reason, CancellationToken cancellationToken)
    {
        var (why, settings) = (Filled(reason) is { } said ? said[..Math.Min(said.Length, LongestText)] : null, await mail.FindAsync(cancellationToken));
        var support = await supports.FindAsync(cancellationToken);
        var declined = await store.WriteAsync(async transaction =>
        {
            if (!await requests.SetDeclinedAsync(transaction, request.Id, why)) return false;
            if (settings is not null && IsAddress(request.AskedBy)) await outbox.AddAsync(transaction, RequestLetter.Declined(request, why, settings.SenderName, support, time.GetUtcNow()));
            return true;
        }, cancellationToken);
        if (declined) await audit.WriteAsync(request.AdminEmail, "request.declined", request.Name, null, cancellationToken);
    }

    internal static bool IsAddress(string actor) => actor.Contains('@', StringComparison.Ordinal);

    private async Task<AskedAuthorization> SendAsync(AuthorizationRequest request, DateTimeOffset expires, bool isNew, SecretText? consumerSecret, Uri site, string actor, CancellationToken cancellationToken)
    {
        request = request with { ExpiresAt = expires };
        var (settings, tables) = (await mail.FindAsync(cancellationToken), await TablesAsync(request, cancellationToken));
        var connection = request.ConnectionId is { } id ? await connections.FindAsync(id, cancellationToken) : null;
        var support = await supports.FindAsync(cancellationToken);
        var link = await store.WriteAsync(async transaction =>
        {
            if (isNew) await requests.AddAsync(transaction, request, consumerSecret);
            else await AuthorizationRequestStore.SetExpiresAsync(transaction, request.Id, expires);
            var address = new Uri(site, RequestLinks.Path + (await RequestLinks.AddAsync(transaction, request.Id, time.GetUtcNow())).Reveal());
            if (settings is null) return address;
            // One e-mail at a time: one that has not left yet holds an older link and an older date.
            await Outbox.DropWaitingAsync(transaction, request.About);
            await outbox.AddAsync(transaction, RequestLetter.Ask(request, connection, tables, address, settings.SenderName, support, time));
            return address;
        }, cancellationToken);
        await audit.WriteAsync(actor, isNew ? "request.made" : "request.resent", request.Name, $"to {request.AdminName}, {request.AdminEmail}", cancellationToken);
        return new AskedAuthorization(await GetAsync(request.Id, cancellationToken), link, settings is not null);
    }

    private static string? Filled(string? text) => string.IsNullOrWhiteSpace(text) ? null : text.Trim();
}

/// <summary>The app that an admin made for a first authorization.</summary>
public sealed record AppGiven(string LoginUrl, string ConsumerKey, SecretText? ConsumerSecret);

using Orgtap.App.Users;
using Orgtap.Primitives;
using Orgtap.Reauthorization;
using Orgtap.Storage;

namespace Orgtap.App.Overviews;

/// <summary>What is asked of an admin, as JSON.</summary>
/// <param name="Connection">The name of a connection that is to be authorized again, or of a new one.</param>
/// <param name="Url">New connection only, as are the next two; absent: the admin gives it.</param>
/// <param name="Days">How long the link works, 1 to 30; 7 if absent.</param>
/// <param name="App">New connection: an app of the installation, in place of key and secret.</param>
/// <param name="AskedBy">E-mail address of the user of this Orgtap in whose name it is asked; the token's user if absent.</param>
public sealed record AskDocument(
    string Connection, string AdminName, string AdminEmail, string? Note = null, string? Url = null, string? ClientId = null, string? ClientSecret = null, int? Days = null, int? QuotaThresholdPercent = null, string? AskedBy = null,
    string? App = null);

/// <summary>Why the last attempt did not end in an accepted authorization.</summary>
public sealed record SetbackDocument(SetbackKind Kind, DateTimeOffset At, string Message, string NextStep, Turn Turn, string? Detail, string? As, IReadOnlyList<MissingAccess> Missing);

/// <summary>An authorization request as JSON, in the HTTP API and with <c>--json</c>.</summary>
/// <param name="Mail">What became of the newest e-mail; absent: none was sent.</param>
/// <param name="Link">Only in the answer that made it: it is not stored.</param>
public sealed record RequestDocument(
    string Id, string Connection, bool FirstAuthorization, RequestState State, string StateWords, string AdminName, string AdminEmail, string? Note, string AskedBy, DateTimeOffset CreatedAt, DateTimeOffset ExpiresAt,
    MailMessageDocument? Mail, DateTimeOffset? OpenedAt, DateTimeOffset? StartedAt, DateTimeOffset? DeclinedAt, string? DeclineReason, DateTimeOffset? WithdrawnAt, DateTimeOffset? CompletedAt, string? CompletedAs,
    SetbackDocument? Setback, Uri? Link = null);

/// <summary>Reads and makes authorization requests, for page, verb and endpoint alike.</summary>
public sealed class RequestDesk(AuthorizationRequests requests, AuthorizationRequestStore store, Outbox outbox, UserStore users, TimeProvider time)
{
    private const int MostInvited = 50;

    public async Task<RequestDocument> AskAsync(AskDocument ask, string actor, Uri site, CancellationToken cancellationToken)
    {
        var asker = await AskerAsync(ask.AskedBy ?? actor, cancellationToken);
        var asked = await requests.AskAsync(new AuthorizationAsk(
            ask.Connection.Trim(), ask.AdminName, ask.AdminEmail, ask.Note, asker.Email, asker.Name, ask.Url, ask.ClientId?.Trim(), SecretText.From(ask.ClientSecret), ask.Days ?? AuthorizationAsk.UsualDays,
            ask.QuotaThresholdPercent ?? 80) { App = ask.App }, site, cancellationToken);
        return await OfAsync(asked.Request, asked.Link, cancellationToken);
    }

    public async Task<RequestDocument> ResendAsync(string id, string actor, Uri site, CancellationToken cancellationToken)
    {
        var asked = await requests.ResendAsync(id, site, actor, cancellationToken);
        return await OfAsync(asked.Request, asked.Link, cancellationToken);
    }

    public async Task<RequestDocument> WithdrawAsync(string id, string actor, CancellationToken cancellationToken) => await OfAsync(await requests.WithdrawAsync(id, actor, cancellationToken), null, cancellationToken);

    /// <returns>Null: there is none.</returns>
    public async Task<RequestDocument?> FindAsync(string id, CancellationToken cancellationToken) =>
        await store.FindAsync(id, cancellationToken) is { } request ? await OfAsync(request, null, cancellationToken) : null;

    /// <summary>Orgs that admins were asked to connect and did not yet, newest first.</summary>
    public async Task<IReadOnlyList<RequestDocument>> InvitedAsync(CancellationToken cancellationToken) =>
        [.. (await ListAsync(null, MostInvited, cancellationToken)).Where(request => request.FirstAuthorization && request.State is RequestState.Waiting or RequestState.Opened or RequestState.Started or RequestState.NeverCameBack or RequestState.SetBack)];

    /// <param name="connection">Only of this one; null: all.</param>
    /// <param name="before">Only older ones than this; null: from the newest on.</param>
    public async Task<IReadOnlyList<RequestDocument>> ListAsync(ConnectionId? connection, int limit, CancellationToken cancellationToken, string? before = null)
    {
        var all = new List<RequestDocument>();
        foreach (var request in await store.ListAsync(connection, limit, cancellationToken, before)) all.Add(await OfAsync(request, null, cancellationToken));
        return all;
    }

    private async Task<RequestDocument> OfAsync(AuthorizationRequest request, Uri? link, CancellationToken cancellationToken)
    {
        var (state, mail) = (request.StateAt(time.GetUtcNow()), await outbox.ListAsync(request.About, 1, cancellationToken));
        return new RequestDocument(
            request.Id, request.Name, request.IsFirst, state, RequestWords.Of(state), request.AdminName, request.AdminEmail, request.Note, request.AskedBy, request.CreatedAt, request.ExpiresAt,
            mail is [var newest] ? MailMessageDocument.Of(newest) : null, request.OpenedAt, request.StartedAt, request.DeclinedAt, request.DeclineReason, request.WithdrawnAt, request.CompletedAt, request.CompletedAs,
            request.Setback is { } setback ? new SetbackDocument(setback.Kind, setback.At, setback.Message, setback.NextStep, setback.Turn, setback.Detail, setback.As, setback.Missing) : null, link);
    }

    // An admin must be able to answer a person.
    private async Task<User> AskerAsync(string named, CancellationToken cancellationToken)
    {
        if (await users.FindByEmailAsync(named, cancellationToken) is { } user) return user;
        if (named.Contains('@', StringComparison.Ordinal)) return await users.GetByEmailAsync(named, cancellationToken);
        var people = (await users.ListAsync(cancellationToken)).Where(each => !each.IsUnclaimed).ToList();
        return people is [var only] ? only : throw new InvalidInputException("It has to be said in whose name the admin is asked.",
            people.Count == 0 ? "Add yourself first: `orgtap users add`." : $"Give --as with one of: {string.Join(", ", people.Select(each => each.Email))}.");
    }
}

/// <summary>States of authorization requests in words for people.</summary>
public static class RequestWords
{
    public static string Of(RequestState state) => state switch
    {
        RequestState.Waiting => "Not opened yet",
        RequestState.Opened => "Opened",
        RequestState.Started => "At Salesforce",
        RequestState.NeverCameBack => "Never came back",
        RequestState.SetBack => "Did not work yet",
        _ => state.ToString(),
    };
}

using Orgtap.App.Overviews;
using Orgtap.App.Users;

namespace Orgtap.App.Cli;

/// <summary>People and tokens as a verb sees them: of this machine's control store, or of another Orgtap over its HTTP API, which asks for an administrator's token.</summary>
internal interface IPeople
{
    Task<IReadOnlyList<UserDocument>> ListAsync(CancellationToken cancellationToken);

    /// <returns>The link to choose a password; a path where the public address is not known here.</returns>
    Task<string> AddAsync(string email, string name, Role role, CancellationToken cancellationToken);

    /// <inheritdoc cref="AddAsync"/>
    Task<string> LinkAsync(string email, CancellationToken cancellationToken);

    Task SetRoleAsync(string email, Role role, CancellationToken cancellationToken);

    Task EndSessionsAsync(string email, CancellationToken cancellationToken);

    Task AllowSignInAsync(string email, CancellationToken cancellationToken);

    Task RemoveAsync(string email, CancellationToken cancellationToken);

    /// <returns>The token, shown once.</returns>
    Task<string> IssueTokenAsync(string email, TokenWishDocument wish, CancellationToken cancellationToken);

    Task RevokeTokenAsync(string email, string name, CancellationToken cancellationToken);
}

/// <summary>Of the control store that the verb opened.</summary>
internal sealed class PeopleHere(People people, Composition.InstallationSettings settings) : IPeople
{
    public async Task<IReadOnlyList<UserDocument>> ListAsync(CancellationToken cancellationToken) => [.. (await people.ListAsync(cancellationToken)).Select(UserDocument.Of)];

    public async Task<string> AddAsync(string email, string name, Role role, CancellationToken cancellationToken) =>
        Link(await people.AddAsync(email, name, role, ConnectVerb.Actor, cancellationToken));

    public async Task<string> LinkAsync(string email, CancellationToken cancellationToken) => Link(await people.LinkAsync(email, ConnectVerb.Actor, cancellationToken));

    public Task SetRoleAsync(string email, Role role, CancellationToken cancellationToken) => people.SetRoleAsync(email, role, ConnectVerb.Actor, cancellationToken);

    public Task EndSessionsAsync(string email, CancellationToken cancellationToken) => people.EndSessionsAsync(email, ConnectVerb.Actor, cancellationToken);

    public Task AllowSignInAsync(string email, CancellationToken cancellationToken) => people.AllowSignInAsync(email, ConnectVerb.Actor, cancellationToken);

    public Task RemoveAsync(string email, CancellationToken cancellationToken) => people.RemoveAsync(email, ConnectVerb.Actor, cancellationToken);

    public async Task<string> IssueTokenAsync(string email, TokenWishDocument wish, CancellationToken cancellationToken) =>
        (await people.IssueTokenAsync(email, wish.Wish(), ConnectVerb.Actor, cancellationToken)).Reveal();

    public Task RevokeTokenAsync(string email, string name, CancellationToken cancellationToken) => people.RevokeTokenAsync(email, name, ConnectVerb.Actor, cancellationToken);

    private string Link(Primitives.SecretText secret)
    {
        var path = $"/link/{secret.Reveal()}";
        return (settings.PublicAddress ?? Composition.OwnerLock.AnnouncedFor(settings.DataDirectory)) is { } address ? new Uri(address, path).AbsoluteUri : path;
    }
}

/// <summary>Of another Orgtap.</summary>
internal sealed class PeopleElsewhere(ApiClient api) : IPeople
{
    public Task<IReadOnlyList<UserDocument>> ListAsync(CancellationToken cancellationToken) => api.SendAsync<IReadOnlyList<UserDocument>>(HttpMethod.Get, "users", null, cancellationToken);

    public async Task<string> AddAsync(string email, string name, Role role, CancellationToken cancellationToken) =>
        (await api.SendAsync<LinkDocument>(HttpMethod.Post, "users", new AddUserDocument(email, name, role), cancellationToken)).Link;

    public async Task<string> LinkAsync(string email, CancellationToken cancellationToken) =>
        (await api.SendAsync<LinkDocument>(HttpMethod.Post, $"{Path(email)}/link", null, cancellationToken)).Link;

    public Task SetRoleAsync(string email, Role role, CancellationToken cancellationToken) => api.SendAsync(HttpMethod.Put, $"{Path(email)}/role", new RoleDocument(role), cancellationToken);

    public Task EndSessionsAsync(string email, CancellationToken cancellationToken) => api.SendAsync(HttpMethod.Post, $"{Path(email)}/end-sessions", null, cancellationToken);

    public Task AllowSignInAsync(string email, CancellationToken cancellationToken) => api.SendAsync(HttpMethod.Post, $"{Path(email)}/allow-sign-in", null, cancellationToken);

    public Task RemoveAsync(string email, CancellationToken cancellationToken) => api.SendAsync(HttpMethod.Delete, Path(email), null, cancellationToken);

    public async Task<string> IssueTokenAsync(string email, TokenWishDocument wish, CancellationToken cancellationToken) =>
        (await api.SendAsync<IssuedTokenDocument>(HttpMethod.Post, $"{Path(email)}/tokens", wish, cancellationToken)).Token;

    public Task RevokeTokenAsync(string email, string name, CancellationToken cancellationToken) =>
        api.SendAsync(HttpMethod.Delete, $"{Path(email)}/tokens/{Uri.EscapeDataString(name)}", null, cancellationToken);

    private static string Path(string email) => $"users/{Uri.EscapeDataString(email)}";
}

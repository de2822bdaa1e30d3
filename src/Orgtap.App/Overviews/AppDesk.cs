using Orgtap.Connections;
using Orgtap.Primitives;
using Orgtap.Salesforce;
using Orgtap.Storage;

namespace Orgtap.App.Overviews;

/// <summary>An app of the installation as JSON; without its secrets.</summary>
/// <param name="Url">Where an org that uses it signs in; absent: each connection says.</param>
/// <param name="Connections">How many speak as it.</param>
public sealed record AppDocument(string Name, string ClientId, Uri? Url, bool HasSecret, bool HasPrivateKey, int Connections)
{
    public static AppDocument Of(SharedApp app) => new(app.Name, app.App.ConsumerKey, app.LoginUrl, app.App.ConsumerSecret is not null, app.App.PrivateKey is not null, app.Connections);
}

/// <summary>What an app of the installation is to be.</summary>
/// <param name="ClientSecret">Absent: what is stored stays, for the same key; so does <paramref name="PrivateKey"/>.</param>
public sealed record AppChangeDocument(string ClientId, string? Url = null, string? ClientSecret = null, string? PrivateKey = null);

/// <summary>Keeps the installation's apps, for page, verb and endpoint alike.</summary>
public sealed class AppDesk(SharedAppStore store, AddressPolicy addresses, AuditLog audit)
{
    public async Task<IReadOnlyList<AppDocument>> ListAsync(CancellationToken cancellationToken) => [.. (await store.ListAsync(cancellationToken)).Select(AppDocument.Of)];

    /// <exception cref="InvalidInputException">A part cannot be used.</exception>
    public async Task<AppDocument> SetAsync(string name, AppChangeDocument wanted, string actor, CancellationToken cancellationToken)
    {
        var login = string.IsNullOrWhiteSpace(wanted.Url) ? null : addresses.CheckLogin(wanted.Url);
        await store.SetAsync(name.Trim(), login, wanted.ClientId, SecretText.From(wanted.ClientSecret), SecretText.From(wanted.PrivateKey?.Trim()), cancellationToken);
        var app = await store.GetAsync(name.Trim(), cancellationToken);
        await audit.WriteAsync(actor, "app.set", app.Name, app.Connections == 0 ? null : $"{app.Connections} connections speak as it", cancellationToken);
        return AppDocument.Of(app);
    }

    /// <exception cref="InvalidInputException">There is none of this name, or connections speak as it.</exception>
    public async Task RemoveAsync(string name, string actor, CancellationToken cancellationToken)
    {
        await store.RemoveAsync(name, cancellationToken);
        await audit.WriteAsync(actor, "app.removed", name, null, cancellationToken);
    }
}

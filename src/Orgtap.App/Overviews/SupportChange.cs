using Orgtap.Notifications;
using Orgtap.Primitives;
using Orgtap.Storage;

namespace Orgtap.App.Overviews;

/// <summary>The support contact as JSON; all absent: none was named.</summary>
public sealed record SupportDocument(string? Name, string? Email = null, string? Phone = null, string? Link = null)
{
    public static SupportDocument Of(SupportContact? contact) => new(contact?.Name, contact?.Email, contact?.Phone, contact?.Link?.AbsoluteUri);
}

/// <summary>Names the support contact, for page, verb and endpoint alike.</summary>
public sealed class SupportChange(SupportContactStore store, AuditLog audit)
{
    /// <exception cref="InvalidInputException">A part cannot be used.</exception>
    public async Task<SupportContact> SetAsync(SupportDocument wanted, string actor, CancellationToken cancellationToken)
    {
        var contact = SupportContact.Of(wanted.Name, wanted.Email, wanted.Phone, wanted.Link);
        await store.SetAsync(contact, cancellationToken);
        await audit.WriteAsync(actor, "support.set", contact.Name, contact.Line, cancellationToken);
        return contact;
    }

    public async Task RemoveAsync(string actor, CancellationToken cancellationToken)
    {
        if (await store.FindAsync(cancellationToken) is not { } before) return;
        await store.SetAsync(null, cancellationToken);
        await audit.WriteAsync(actor, "support.removed", before.Name, null, cancellationToken);
    }
}

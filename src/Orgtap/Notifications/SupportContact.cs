using Dapper;
using Orgtap.Primitives;
using Orgtap.Storage;

namespace Orgtap.Notifications;

/// <summary>Whom people ask who do not get on: stands on error cards, in e-mails and on the pages of Salesforce admins.</summary>
/// <param name="Name">Of a person or a desk.</param>
/// <param name="Link">A page, https or http.</param>
public sealed record SupportContact(string Name, string? Email, string? Phone, Uri? Link)
{
    /// <summary>In one line, for plain text.</summary>
    public string Line => string.Join(", ", new[] { Name, Email, Phone, Link?.AbsoluteUri }.Where(part => part is not null));

    /// <summary>Takes what was typed.</summary>
    /// <exception cref="InvalidInputException">Names the part that cannot be used.</exception>
    public static SupportContact Of(string? name, string? email, string? phone, string? link)
    {
        if (Filled(name) is not { Length: <= 100 } named) throw new InvalidInputException("The support contact's name is missing, or longer than 100 characters.", "Give the name of a person or a desk, e.g. Brightwell Support.");
        var (address, number, page) = (Filled(email) is { } typed ? EmailAddress.Check(typed) : null, Filled(phone), Filled(link));
        if (address is null && number is null && page is null) throw new InvalidInputException("The support contact cannot be reached.", "Give an e-mail address, a telephone number or a link.");
        if (number is not null && (number.Length > 40 || !number.Any(char.IsAsciiDigit) || number.Any(letter => !char.IsAsciiDigit(letter) && letter is not (' ' or '+' or '-' or '(' or ')' or '/' or '.' or 'x'))))
            throw new InvalidInputException($"\"{number}\" is not a telephone number.", "Give digits with + - ( ) / . or blanks, e.g. +49 30 123456.");
        Uri? opened = null;
        if (page is not null && (page.Length > 500 || !Uri.TryCreate(page, UriKind.Absolute, out opened) || opened.Scheme is not ("https" or "http")))
            throw new InvalidInputException($"\"{page}\" is not a link.", "Give the whole address, e.g. https://support.example.com.");
        return new SupportContact(named, address, number, opened);
    }

    private static string? Filled(string? text) => string.IsNullOrWhiteSpace(text) ? null : text.Trim();
}

/// <summary>Keeps the support contact.</summary>
public sealed class SupportContactStore(ControlStore store, TimeProvider time)
{
    // Every error card of every page asks; another process may change it.
    private static readonly TimeSpan Remembered = TimeSpan.FromSeconds(5);

    private volatile Known? _known;

    /// <returns>Null: none was named. What another process has changed is seen a few seconds later.</returns>
    public async ValueTask<SupportContact?> FindAsync(CancellationToken cancellationToken)
    {
        if (_known is { } known && time.GetElapsedTime(known.At) < Remembered) return known.Contact;
        await using var db = await store.ConnectAsync(cancellationToken);
        var (name, email, phone, link) = await db.QuerySingleOrDefaultAsync<(string?, string?, string?, string?)>("SELECT name, email, phone, link FROM support_contact WHERE id = 1");
        var contact = name is null ? null : new SupportContact(name, email, phone, link is null ? null : new Uri(link));
        _known = new Known(contact, time.GetTimestamp());
        return contact;
    }

    /// <param name="contact">Null: nobody from now on.</param>
    public async Task SetAsync(SupportContact? contact, CancellationToken cancellationToken)
    {
        await store.WriteAsync(async transaction =>
        {
            var db = transaction.Connection!;
            await db.ExecuteAsync("DELETE FROM support_contact", transaction: transaction);
            if (contact is null) return;
            await db.ExecuteAsync("INSERT INTO support_contact (id, name, email, phone, link, updated_at) VALUES (1, @Name, @Email, @Phone, @link, @now)",
                new { contact.Name, contact.Email, contact.Phone, link = contact.Link?.AbsoluteUri, now = time.GetUtcNow().ToUnixTimeMilliseconds() }, transaction);
        }, cancellationToken);
        _known = null;
    }

    private sealed record Known(SupportContact? Contact, long At);
}

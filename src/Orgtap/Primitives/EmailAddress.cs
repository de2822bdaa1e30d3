using System.Net.Mail;

namespace Orgtap.Primitives;

/// <summary>E-mail addresses as people type them.</summary>
public static class EmailAddress
{
    /// <returns>The address without blanks around it.</returns>
    /// <exception cref="InvalidInputException">Not one address, e.g. <c>marta@example.com</c>.</exception>
    public static string Check(string? text)
    {
        var typed = text?.Trim() ?? "";
        return typed.Length <= 254 && MailAddress.TryCreate(typed, out var parsed) && parsed.Address == typed
            ? typed
            : throw new InvalidInputException($"\"{text}\" is not an e-mail address.", "Give an address such as marta@example.com.");
    }
}

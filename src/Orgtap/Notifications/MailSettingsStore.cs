using Dapper;
using Orgtap.Primitives;
using Orgtap.Storage;

namespace Orgtap.Notifications;

/// <summary>Keeps the mail settings; the password passes through the cipher.</summary>
public sealed class MailSettingsStore(ControlStore store, ISecretCipher cipher, TimeProvider time)
{
    private const string PasswordPurpose = "mail.password";

    /// <returns>Null: e-mail is not set up.</returns>
    public async Task<MailSettings?> FindAsync(CancellationToken cancellationToken)
    {
        await using var db = await store.ConnectAsync(cancellationToken);
        var row = await db.QuerySingleOrDefaultAsync<Row>("""
            SELECT host, port, security, username, password, sender_address AS SenderAddress, sender_name AS SenderName FROM mail_settings WHERE id = 1
            """);
        return row is null ? null : new MailSettings(row.Host, (int)row.Port, Enum.Parse<MailSecurity>(row.Security), row.Username,
            row.Password is null ? null : cipher.Unprotect(PasswordPurpose, row.Password), row.SenderAddress, row.SenderName);
    }

    /// <param name="settings">Null: e-mail is no longer set up; what waits stays.</param>
    /// <exception cref="InvalidInputException">They cannot be used.</exception>
    public Task SetAsync(MailSettings? settings, CancellationToken cancellationToken)
    {
        var wanted = settings?.Checked();
        return store.WriteAsync(async transaction =>
        {
            var db = transaction.Connection!;
            await db.ExecuteAsync("DELETE FROM mail_settings", transaction: transaction);
            if (wanted is null) return;
            await db.ExecuteAsync("""
                INSERT INTO mail_settings (id, host, port, security, username, password, sender_address, sender_name, updated_at)
                VALUES (1, @Host, @Port, @security, @Username, @password, @SenderAddress, @SenderName, @now)
                """, new
            {
                wanted.Host, wanted.Port, security = wanted.Security.ToString(), wanted.Username, password = wanted.Password is null ? null : cipher.Protect(PasswordPurpose, wanted.Password),
                wanted.SenderAddress, wanted.SenderName, now = time.GetUtcNow().ToUnixTimeMilliseconds(),
            }, transaction);
        }, cancellationToken);
    }

    private sealed class Row
    {
        public string Host { get; init; } = "";
        public long Port { get; init; }
        public string Security { get; init; } = "";
        public string? Username { get; init; }
        public string? Password { get; init; }
        public string SenderAddress { get; init; } = "";
        public string SenderName { get; init; } = "";
    }
}

using System.Buffers.Text;
using Dapper;
using Microsoft.AspNetCore.DataProtection.KeyManagement;
using Orgtap.Primitives;
using Orgtap.Storage;

namespace Orgtap.App.Composition;

/// <summary>Where an encrypted secret is stored.</summary>
/// <param name="Key">The table's primary key.</param>
/// <param name="Purpose">What it was encrypted for.</param>
internal sealed record StoredSecret(string Table, string Key, string Column, string Purpose);

/// <summary>
/// Makes a new key and encrypts every stored secret with it, all or none. Old keys stay in the ring, for cookies and backups. Must run in the owner: another process that serves would not know the new key for a while.
/// </summary>
public sealed class SecretRotation(ControlStore store, ISecretCipher cipher, IKeyManager keys, AuditLog audit, TimeProvider time)
{
    private static readonly TimeSpan KeyLifetime = TimeSpan.FromDays(90);

    /// <summary>Every column that holds a secret; a test compares it with the purposes in the sources.</summary>
    internal static readonly IReadOnlyList<StoredSecret> All =
    [
        new("apps", "id", "consumer_secret", "app.consumer-secret"), new("apps", "id", "private_key", "app.private-key"),
        new("connections", "id", "replica_address", "connection.replica-address"),
        new("grants", "connection_id", "access_token", "grant.access-token"), new("grants", "connection_id", "refresh_token", "grant.refresh-token"),
        new("grants", "connection_id", "password", "grant.password"), new("grants", "connection_id", "security_token", "grant.security-token"),
        new("authorization_states", "state_hash", "code_verifier", "authorization.code-verifier"), new("authorization_states", "state_hash", "draft", "authorization.draft"),
        new("authorization_requests", "id", "consumer_secret", "request.consumer-secret"),
        new("device_sign_ins", "id", "draft", "device.draft"), new("device_sign_ins", "id", "device_code", "device.code"),
        new("revocations", "id", "token", "revocation.token"), new("conversation_settings", "connection_id", "push_key", "conversations.push-key"), new("notice_settings", "id", "webhook_key", "notices.webhook-key"), new("mail_settings", "id", "password", "mail.password"), new("outbox", "id", "body", "outbox.body"),
        new("idempotent_requests", "id", "answer", "idempotency.answer"),
    ];

    /// <summary>The key that something was encrypted with: behind a mark of four bytes, data protection writes its id.</summary>
    internal static Guid KeyOf(string protectedText) => new(Base64Url.DecodeFromChars(protectedText).AsSpan(4, 16));

    // The ring is read anew in the background; until then the old key would be used.
    private async Task InForceAsync(Guid key, CancellationToken cancellationToken)
    {
        for (var tries = 0; KeyOf(cipher.Protect("rotation.probe", new SecretText("probe"))) != key; tries++)
        {
            if (tries == 200) throw new OrgtapException(FailureKind.Defect, "The new key did not come into force.", "Nothing was encrypted anew; try again, and report it if it goes on.");
            await Task.Delay(TimeSpan.FromMilliseconds(50), time, cancellationToken);
        }
    }

    /// <returns>How many secrets were encrypted anew.</returns>
    /// <exception cref="OrgtapException">A secret cannot be decrypted; then nothing was changed but the ring, which has one more key.</exception>
    public async Task<int> RotateAsync(string actor, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        await InForceAsync(keys.CreateNewKey(now, now + KeyLifetime).KeyId, cancellationToken);
        var count = await store.WriteAsync(async transaction =>
        {
            var (db, done) = (transaction.Connection!, 0);
            foreach (var (table, key, column, purpose) in All)
            {
                foreach (var (id, text) in await db.QueryAsync<(string, string)>($"SELECT CAST({key} AS TEXT), {column} FROM {table} WHERE {column} IS NOT NULL", transaction: transaction))
                {
                    await db.ExecuteAsync($"UPDATE {table} SET {column} = @anew WHERE CAST({key} AS TEXT) = @id", new { id, anew = cipher.Protect(purpose, cipher.Unprotect(purpose, text)) }, transaction);
                    done++;
                }
            }
            return done;
        }, cancellationToken);
        await audit.WriteAsync(actor, "secrets.rotated", "stored secrets", $"{count} encrypted with a new key", CancellationToken.None);
        return count;
    }
}

using System.Data.Common;
using System.Text.Json;
using Dapper;
using Orgtap.Primitives;

namespace Orgtap.Storage;

/// <summary>
/// E-mails that are to be sent. Whoever has something to say writes here, in the transaction in which it became true; Notifications sends. An e-mail is sent at least once: a process that dies between
/// the mail server's yes and our note of it sends it again, under the same Message-ID.
/// </summary>
public sealed class Outbox(ControlStore store, ISecretCipher cipher, TimeProvider time)
{
    private const string BodyPurpose = "outbox.body";

    private const string Columns = "id, about, recipient, subject, created_at AS CreatedAt, attempts, next_attempt_at AS NextAttemptAt, sent_at AS SentAt, failure";

    /// <summary>How long an attempt may take before another process takes the e-mail over.</summary>
    private static readonly TimeSpan Claim = TimeSpan.FromMinutes(5);

    /// <summary>Adds an e-mail in the caller's transaction. It is due at once.</summary>
    /// <returns>Its id.</returns>
    public async Task<string> AddAsync(DbTransaction transaction, OutgoingMail mail)
    {
        var (id, now) = (Guid.CreateVersion7(time.GetUtcNow()).ToString("N"), Now());
        await transaction.Connection!.ExecuteAsync("""
            INSERT INTO outbox (id, about, recipient, subject, body, created_at, expires_at, next_attempt_at) VALUES (@id, @About, @Recipient, @Subject, @body, @now, @expires, @now)
            """, new
        {
            id, mail.About, mail.Recipient, mail.Subject, body = cipher.Protect(BodyPurpose, new SecretText(JsonSerializer.Serialize(mail))), now, expires = mail.ExpiresAt.ToUnixTimeMilliseconds(),
        }, transaction);
        return id;
    }

    /// <summary>Takes the e-mail that has been due for longest; nobody else gets it until it was sent, failed, or five minutes have passed.</summary>
    /// <returns>Null: none is due.</returns>
    public async Task<(string Id, OutgoingMail Mail, int Attempt)?> TakeAsync(CancellationToken cancellationToken)
    {
        var taken = await store.WriteAsync(async transaction =>
        {
            var db = transaction.Connection!;
            var now = Now();
            await db.ExecuteAsync("UPDATE outbox SET next_attempt_at = NULL, body = NULL, failure = COALESCE(failure, 'It could not be sent before it was too old.') WHERE next_attempt_at IS NOT NULL AND expires_at <= @now",
                new { now }, transaction);
            var row = await db.QuerySingleOrDefaultAsync<(string? Id, string? Body, long Attempts)>(
                "SELECT id, body, attempts FROM outbox WHERE next_attempt_at <= @now AND body IS NOT NULL ORDER BY next_attempt_at, id LIMIT 1", new { now }, transaction);
            if (row.Id is null) return row;
            await db.ExecuteAsync("UPDATE outbox SET attempts = attempts + 1, next_attempt_at = @until WHERE id = @Id",
                new { row.Id, until = now + (long)Claim.TotalMilliseconds }, transaction);
            return row;
        }, cancellationToken);
        return taken.Id is null ? null : (taken.Id, JsonSerializer.Deserialize<OutgoingMail>(cipher.Unprotect(BodyPurpose, taken.Body!).Reveal())!, (int)taken.Attempts + 1);
    }

    /// <summary>The mail server has it. The body, and with it a link that lets somebody in, is erased.</summary>
    public Task SentAsync(string id) => UpdateAsync("sent_at = @now, next_attempt_at = NULL, body = NULL, failure = NULL", id, null, null);

    /// <param name="nextAttempt">Null: not again.</param>
    /// <param name="failure">For people.</param>
    public Task FailedAsync(string id, string failure, DateTimeOffset? nextAttempt) => UpdateAsync(
        nextAttempt is null ? "next_attempt_at = NULL, body = NULL, failure = @failure" : "next_attempt_at = @next, failure = @failure", id, failure, nextAttempt);

    /// <summary>Makes every waiting e-mail due now, e.g. after the settings were mended.</summary>
    public Task HurryAsync(CancellationToken cancellationToken) => store.WriteAsync(
        transaction => transaction.Connection!.ExecuteAsync("UPDATE outbox SET next_attempt_at = @now WHERE next_attempt_at > @now", new { now = Now() }, transaction), cancellationToken);

    /// <summary>Puts, in the caller's transaction, what a failed attempt made wait before what is written about it now.</summary>
    public static Task HurryAsync(DbTransaction transaction, string about) => transaction.Connection!.ExecuteAsync(
        "UPDATE outbox SET next_attempt_at = created_at WHERE about = @about AND failure IS NOT NULL AND next_attempt_at IS NOT NULL AND body IS NOT NULL", new { about }, transaction);

    /// <summary>Drops, in the caller's transaction, what has not been sent yet about something that is no longer true.</summary>
    public static Task DropWaitingAsync(DbTransaction transaction, string about) => transaction.Connection!.ExecuteAsync(
        "UPDATE outbox SET next_attempt_at = NULL, body = NULL, failure = 'It was no longer needed.' WHERE about = @about AND sent_at IS NULL AND next_attempt_at IS NOT NULL", new { about }, transaction);

    /// <summary>How many e-mails wait to be sent.</summary>
    public async Task<long> WaitingAsync(CancellationToken cancellationToken)
    {
        await using var db = await store.ConnectAsync(cancellationToken);
        return await db.ExecuteScalarAsync<long>("SELECT COUNT(*) FROM outbox WHERE next_attempt_at IS NOT NULL AND sent_at IS NULL");
    }

    /// <summary>The newest e-mails, newest first.</summary>
    /// <param name="about">Only what belongs to this; null: all.</param>
    public async Task<IReadOnlyList<QueuedMail>> ListAsync(string? about, int limit, CancellationToken cancellationToken)
    {
        await using var db = await store.ConnectAsync(cancellationToken);
        var rows = await db.QueryAsync<Row>($"SELECT {Columns} FROM outbox {(about is null ? "" : "WHERE about = @about ")}ORDER BY created_at DESC, id DESC LIMIT @limit", new { about, limit });
        return [.. rows.Select(row => new QueuedMail(row.Id, row.About, row.Recipient, row.Subject, At(row.CreatedAt)!.Value, (int)row.Attempts, At(row.NextAttemptAt), At(row.SentAt), row.Failure))];
    }

    // An attempt that was made is written down whatever the caller decided meanwhile.
    private Task UpdateAsync(string assignment, string id, string? failure, DateTimeOffset? next) => store.WriteAsync(transaction => transaction.Connection!.ExecuteAsync(
        $"UPDATE outbox SET {assignment} WHERE id = @id", new { id, now = Now(), failure, next = next?.ToUnixTimeMilliseconds() }, transaction), CancellationToken.None);

    private long Now() => time.GetUtcNow().ToUnixTimeMilliseconds();

    private static DateTimeOffset? At(long? milliseconds) => milliseconds is { } at ? DateTimeOffset.FromUnixTimeMilliseconds(at) : null;

    private sealed class Row
    {
        public string Id { get; init; } = "";
        public string About { get; init; } = "";
        public string Recipient { get; init; } = "";
        public string Subject { get; init; } = "";
        public long CreatedAt { get; init; }
        public long Attempts { get; init; }
        public long? NextAttemptAt { get; init; }
        public long? SentAt { get; init; }
        public string? Failure { get; init; }
    }
}

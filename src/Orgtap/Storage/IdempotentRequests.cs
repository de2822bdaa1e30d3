using System.Text.Json;
using Dapper;
using Orgtap.Primitives;

namespace Orgtap.Storage;

/// <summary>What a request was answered.</summary>
/// <param name="Location">The header of that name; null: none.</param>
public sealed record KeptAnswer(int Status, string? ContentType, string? Location, byte[] Body);

/// <summary>What is known of a request that may have been made before.</summary>
public abstract record EarlierRequest
{
    /// <summary>It was not: the caller does the work now, and keeps the answer or forgets the request.</summary>
    public sealed record None : EarlierRequest;

    /// <summary>It was, and this is what it was answered.</summary>
    public sealed record Answered(KeptAnswer Answer) : EarlierRequest;

    /// <summary>It is being worked on, or was cut off by the end of a process: nobody knows what became of it.</summary>
    /// <param name="Since">When it came in, UTC.</param>
    public sealed record Unanswered(DateTimeOffset Since) : EarlierRequest;

    /// <summary>The key was used for another request.</summary>
    public sealed record Other : EarlierRequest;
}

/// <summary>Keeps the answers of requests for a day, so that one which is sent again does its work once. Answers are encrypted.</summary>
public sealed class IdempotentRequests(ControlStore store, ISecretCipher cipher, TimeProvider time)
{
    internal const string Purpose = "idempotency.answer";

    /// <summary>How long an answer is kept.</summary>
    public static readonly TimeSpan KeptFor = TimeSpan.FromDays(1);

    /// <summary>Claims a request's work, unless it was claimed before.</summary>
    /// <param name="id">Of user and key.</param>
    /// <param name="requestHash">Of everything that makes two requests the same.</param>
    public Task<EarlierRequest> BeginAsync(string id, string requestHash, CancellationToken cancellationToken) => store.WriteAsync<EarlierRequest>(async transaction =>
    {
        var (db, now) = (transaction.Connection!, time.GetUtcNow().ToUnixTimeMilliseconds());
        await db.ExecuteAsync("DELETE FROM idempotent_requests WHERE created_at < @oldest", new { oldest = now - (long)KeptFor.TotalMilliseconds }, transaction);
        if (await db.ExecuteAsync("INSERT INTO idempotent_requests (id, request_hash, created_at) VALUES (@id, @requestHash, @now) ON CONFLICT (id) DO NOTHING", new { id, requestHash, now }, transaction) == 1)
            return new EarlierRequest.None();
        var (hash, status, answer, created) = await db.QuerySingleAsync<(string, long?, string?, long)>("SELECT request_hash, status, answer, created_at FROM idempotent_requests WHERE id = @id", new { id }, transaction);
        if (hash != requestHash) return new EarlierRequest.Other();
        return status is null || answer is null ? new EarlierRequest.Unanswered(DateTimeOffset.FromUnixTimeMilliseconds(created))
            : new EarlierRequest.Answered(JsonSerializer.Deserialize<KeptAnswer>(cipher.Unprotect(Purpose, answer).Reveal())!);
    }, cancellationToken);

    public Task KeepAsync(string id, KeptAnswer answer, CancellationToken cancellationToken) => store.WriteAsync(
        transaction => transaction.Connection!.ExecuteAsync("UPDATE idempotent_requests SET status = @status, answer = @answer WHERE id = @id",
            new { id, status = (long)answer.Status, answer = cipher.Protect(Purpose, new SecretText(JsonSerializer.Serialize(answer))) }, transaction), cancellationToken);

    /// <summary>The work was not done: the same request may try it anew.</summary>
    public Task ForgetAsync(string id, CancellationToken cancellationToken) => store.WriteAsync(
        transaction => transaction.Connection!.ExecuteAsync("DELETE FROM idempotent_requests WHERE id = @id", new { id }, transaction), cancellationToken);
}

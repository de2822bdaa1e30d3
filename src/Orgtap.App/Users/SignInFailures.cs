using Dapper;
using Orgtap.Storage;

namespace Orgtap.App.Users;

/// <summary>Counts wrong passwords per e-mail address and says when the next try is allowed.</summary>
public sealed class SignInFailures(ControlStore store, TimeProvider time)
{
    /// <summary>Wrong passwords before the first pause.</summary>
    public const int Allowed = 5;

    private static readonly TimeSpan FirstPause = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan LongestPause = TimeSpan.FromHours(1);
    private static readonly TimeSpan ForgottenAfter = TimeSpan.FromDays(1);

    /// <summary>When the next try is allowed; null: now.</summary>
    public async Task<DateTimeOffset?> WaitAsync(string email, CancellationToken cancellationToken)
    {
        await using var db = await store.ConnectAsync(cancellationToken);
        var until = await db.ExecuteScalarAsync<long?>("SELECT wait_until FROM sign_in_failures WHERE email_hash = @hash", new { hash = Hash(email) });
        return until is { } at && at > Now() ? DateTimeOffset.FromUnixTimeMilliseconds(at) : null;
    }

    /// <returns>How many tries are left before a pause; 0: the pause has begun.</returns>
    public Task<int> CountAsync(string email, CancellationToken cancellationToken) => store.WriteAsync(async transaction =>
    {
        var db = transaction.Connection!;
        var now = Now();
        await db.ExecuteAsync("DELETE FROM sign_in_failures WHERE last_at < @old", new { old = now - (long)ForgottenAfter.TotalMilliseconds }, transaction);
        var failures = 1 + await db.ExecuteScalarAsync<long>("SELECT failures FROM sign_in_failures WHERE email_hash = @hash", new { hash = Hash(email) }, transaction);
        var wait = failures < Allowed ? 0 : now + (long)PauseAfter(failures).TotalMilliseconds;
        await db.ExecuteAsync("""
            INSERT INTO sign_in_failures (email_hash, failures, last_at, wait_until) VALUES (@hash, @failures, @now, @wait)
            ON CONFLICT (email_hash) DO UPDATE SET failures = @failures, last_at = @now, wait_until = @wait
            """, new { hash = Hash(email), failures, now, wait }, transaction);
        return (int)Math.Max(0, Allowed - failures);
    }, cancellationToken);

    public Task ForgetAsync(string email, CancellationToken cancellationToken) => store.WriteAsync(transaction =>
        transaction.Connection!.ExecuteAsync("DELETE FROM sign_in_failures WHERE email_hash = @hash", new { hash = Hash(email) }, transaction), cancellationToken);

    /// <summary>5 minutes after the fifth, doubling with each further one, at most an hour.</summary>
    internal static TimeSpan PauseAfter(long failures)
    {
        var doublings = (int)Math.Clamp(failures - Allowed, 0, 10);
        var pause = FirstPause * Math.Pow(2, doublings);
        return pause < LongestPause ? pause : LongestPause;
    }

    private static string Hash(string email) => OneTimeSecret.HashOf(email.Trim().ToLowerInvariant());

    private long Now() => time.GetUtcNow().ToUnixTimeMilliseconds();
}

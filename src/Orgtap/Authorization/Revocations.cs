using System.Data.Common;
using Dapper;
using Microsoft.Extensions.Logging;
using Orgtap.Primitives;
using Orgtap.Salesforce.OAuth;
using Orgtap.Storage;

namespace Orgtap.Authorization;

/// <summary>Access that nobody keeps any more and that must not stay alive at Salesforce. Written down in the transaction that let go of it, ended as soon as Salesforce can be reached.</summary>
public sealed partial class Revocations(ControlStore store, ISecretCipher cipher, OAuthClient oauth, TimeProvider time, ILogger<Revocations> logger)
{
    private const string TokenPurpose = "revocation.token";

    private static readonly TimeSpan FirstPause = TimeSpan.FromMinutes(1), LongestPause = TimeSpan.FromHours(6);

    /// <summary>A refresh token lives no longer than this unused in most orgs; then there is nothing left to end.</summary>
    private static readonly TimeSpan GivenUpAfter = TimeSpan.FromDays(30);

    /// <param name="connection">Its name, for the log.</param>
    /// <param name="token">A refresh token takes its access tokens with it.</param>
    /// <returns>What <see cref="IsWaitingAsync"/> is asked with.</returns>
    public async Task<string> AddAsync(DbTransaction transaction, string connection, Uri loginUrl, SecretText token)
    {
        var id = Guid.CreateVersion7(time.GetUtcNow()).ToString("N");
        await transaction.Connection!.ExecuteAsync(
            "INSERT INTO revocations (id, connection, login_url, token, added_at, next_attempt_at) VALUES (@id, @connection, @login, @token, @now, @now)",
            new { id, connection, login = loginUrl.AbsoluteUri, token = cipher.Protect(TokenPurpose, token), now = Now() }, transaction);
        return id;
    }

    /// <summary>It has not been ended yet.</summary>
    public async Task<bool> IsWaitingAsync(string id, CancellationToken cancellationToken)
    {
        await using var db = await store.ConnectAsync(cancellationToken);
        return await db.ExecuteScalarAsync<long>("SELECT COUNT(*) FROM revocations WHERE id = @id", new { id }) > 0;
    }

    /// <summary>Writes down and tries at once. Never fails: what cannot be ended now is tried again later.</summary>
    public async Task EndAsync(string connection, Uri loginUrl, SecretText token)
    {
        await store.WriteAsync(transaction => AddAsync(transaction, connection, loginUrl, token), CancellationToken.None);
        await EndDueAsync(CancellationToken.None);
    }

    /// <summary>Ends what is due.</summary>
    /// <returns>How many were ended.</returns>
    public async Task<int> EndDueAsync(CancellationToken cancellationToken)
    {
        IReadOnlyList<(string Id, string Connection, string LoginUrl, string Token, long AddedAt, long Attempts)> due;
        await using (var db = await store.ConnectAsync(cancellationToken))
            due = [.. await db.QueryAsync<(string, string, string, string, long, long)>("SELECT id, connection, login_url, token, added_at, attempts FROM revocations WHERE next_attempt_at <= @now", new { now = Now() })];
        var ended = 0;
        foreach (var (id, connection, login, token, addedAt, attempts) in due)
        {
            try
            {
                await oauth.RevokeAsync(new Uri(login), cipher.Unprotect(TokenPurpose, token), cancellationToken);
                ended++;
                await DeleteAsync(id);
            }
            catch (OrgtapException failure)
            {
                NotEnded(connection, failure.Kind, failure.Detail);
                if (Now() - addedAt > GivenUpAfter.TotalMilliseconds) await DeleteAsync(id);
                else await LaterAsync(id, attempts);
            }
        }
        return ended;
    }

    private Task DeleteAsync(string id) => store.WriteAsync(transaction => transaction.Connection!.ExecuteAsync("DELETE FROM revocations WHERE id = @id", new { id }, transaction), CancellationToken.None);

    private Task LaterAsync(string id, long attempts)
    {
        var pause = FirstPause * Math.Pow(2, Math.Min(attempts, 10));
        return store.WriteAsync(transaction => transaction.Connection!.ExecuteAsync("UPDATE revocations SET attempts = attempts + 1, next_attempt_at = @next WHERE id = @id",
            new { id, next = Now() + (long)(pause < LongestPause ? pause : LongestPause).TotalMilliseconds }, transaction), CancellationToken.None);
    }

    private long Now() => time.GetUtcNow().ToUnixTimeMilliseconds();

    [LoggerMessage(1211, LogLevel.Warning, "Access that {Connection} no longer uses could not be ended at Salesforce yet: {Kind} ({Detail})")]
    private partial void NotEnded(string connection, FailureKind kind, string? detail);
}

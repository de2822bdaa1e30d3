using Dapper;
using Orgtap.Authorization;
using Orgtap.Connections;
using Orgtap.Primitives;
using Orgtap.Salesforce;
using Orgtap.Salesforce.OAuth;
using Orgtap.Storage;

namespace Orgtap.Reauthorization;

/// <summary>A code that waits to be typed at Salesforce.</summary>
/// <param name="VerificationUrl">Where; checked to be Salesforce's.</param>
public sealed record DeviceWait(string Id, string UserCode, Uri VerificationUrl, TimeSpan Interval, DateTimeOffset ExpiresAt);

/// <summary>What asking for a code's fate gave.</summary>
public abstract record DeviceOutcome
{
    private DeviceOutcome()
    {
    }

    public sealed record Waiting(DeviceWait Wait) : DeviceOutcome;

    /// <summary>It is over, with or without access; the code is forgotten.</summary>
    public sealed record Ended(ReturnOutcome Outcome) : DeviceOutcome;
}

/// <summary>The device flow: a code is shown, somebody types it at Salesforce on any device, and we ask now and then, never more often than Salesforce wants.</summary>
public sealed class DeviceSignIns(ControlStore store, ISecretCipher cipher, OAuthClient oauth, AddressPolicy addresses, ConnectionStore connections, AuthorizationReturn back, TimeProvider time)
{
    private const string DraftPurpose = "device.draft", CodePurpose = "device.code";

    private readonly SharedAppStore _apps = new(store, cipher, time);

    private static readonly TimeSpan SlowDown = TimeSpan.FromSeconds(5);

    /// <summary>Gets a code.</summary>
    /// <exception cref="OrgtapException">What was given cannot be used, or the flow is off.</exception>
    public async Task<DeviceWait> StartAsync(PendingAuthorization pending, CancellationToken cancellationToken)
    {
        var (request, _) = await pending.Request.WithAppAsync(_apps, cancellationToken);
        pending = pending with { Request = request };
        var login = addresses.CheckLogin(request.LoginUrl);
        if (string.IsNullOrWhiteSpace(request.ConsumerKey)) throw new InvalidInputException("The consumer key of the app is missing.", "Copy it from Setup > External Client App Manager > the app > Settings > Consumer Key and Secret.");
        if (pending.Connection is null)
        {
            ConnectionStore.CheckName(request.Name);
            if (await connections.FindAsync(request.Name, cancellationToken) is not null)
                throw new InvalidInputException($"A connection called {request.Name} exists already.", "Choose another name, or remove that connection first.");
        }
        var code = await oauth.StartDeviceAsync(new OAuthApp(login, request.ConsumerKey, request.ConsumerSecret), cancellationToken);
        var wait = new DeviceWait(Guid.NewGuid().ToString("N"), code.UserCode, addresses.CheckFromServer(code.VerificationUrl, login), code.Interval, code.ExpiresAt);
        await store.WriteAsync(async transaction =>
        {
            var db = transaction.Connection!;
            await db.ExecuteAsync("DELETE FROM device_sign_ins WHERE expires_at <= @now", new { now = Now() }, transaction);
            await db.ExecuteAsync("""
                INSERT INTO device_sign_ins (id, draft, device_code, user_code, verification_url, interval_ms, next_poll_at, expires_at) VALUES (@Id, @draft, @code, @UserCode, @url, @interval, @next, @expires)
                """, new
            {
                wait.Id, draft = cipher.Protect(DraftPurpose, AuthorizationDrafts.DraftText(pending)), code = cipher.Protect(CodePurpose, code.Code), wait.UserCode, url = wait.VerificationUrl.AbsoluteUri,
                interval = (long)wait.Interval.TotalMilliseconds, next = Now() + (long)wait.Interval.TotalMilliseconds, expires = wait.ExpiresAt.ToUnixTimeMilliseconds(),
            }, transaction);
        }, cancellationToken);
        return wait;
    }

    /// <summary>Asks Salesforce, if it is time to.</summary>
    /// <returns>Null: no such code, or it is over.</returns>
    public async Task<DeviceOutcome?> LookAsync(string id, CancellationToken cancellationToken)
    {
        // The turn to ask is taken first: two pages that look at once must not ask twice.
        var (row, mine) = await store.WriteAsync(async transaction =>
        {
            var found = await transaction.Connection!.QuerySingleOrDefaultAsync<Row>("""
                SELECT draft AS Draft, device_code AS DeviceCode, user_code AS UserCode, verification_url AS VerificationUrl, interval_ms AS IntervalMs, next_poll_at AS NextPollAt, expires_at AS ExpiresAt
                FROM device_sign_ins WHERE id = @id
                """, new { id }, transaction);
            if (found is null || found.NextPollAt > Now()) return (found, false);
            await transaction.Connection!.ExecuteAsync("UPDATE device_sign_ins SET next_poll_at = @next WHERE id = @id", new { id, next = Now() + found.IntervalMs }, transaction);
            return (found, true);
        }, cancellationToken);
        if (row is null) return null;
        var wait = new DeviceWait(id, row.UserCode, new Uri(row.VerificationUrl), TimeSpan.FromMilliseconds(row.IntervalMs), DateTimeOffset.FromUnixTimeMilliseconds(row.ExpiresAt));
        var pending = AuthorizationDrafts.Read(cipher.Unprotect(DraftPurpose, row.Draft));
        if (time.GetUtcNow() >= wait.ExpiresAt)
            return await EndAsync(id, pending, () => throw new OrgtapException(FailureKind.ReauthorizationRequired, "Nobody typed the code within ten minutes.", "Start again for a new code."), cancellationToken);
        if (!mine) return new DeviceOutcome.Waiting(wait);
        try
        {
            var app = new OAuthApp(addresses.CheckLogin(pending.Request.LoginUrl), pending.Request.ConsumerKey, pending.Request.ConsumerSecret);
            switch (await oauth.PollDeviceAsync(app, cipher.Unprotect(CodePurpose, row.DeviceCode), cancellationToken))
            {
                case DevicePoll.Granted granted:
                    return await EndAsync(id, pending, () => Task.FromResult(granted.Answer), cancellationToken);
                case DevicePoll.Waiting { SlowDown: true }:
                    await store.WriteAsync(transaction => transaction.Connection!.ExecuteAsync("UPDATE device_sign_ins SET interval_ms = interval_ms + @more, next_poll_at = next_poll_at + @more WHERE id = @id",
                        new { id, more = (long)SlowDown.TotalMilliseconds }, transaction), cancellationToken);
                    break;
            }
            return new DeviceOutcome.Waiting(wait);
        }
        catch (SalesforceException passing) when (passing.Kind == FailureKind.Transient)
        {
            return new DeviceOutcome.Waiting(wait);
        }
        catch (SalesforceException refused)
        {
            return await EndAsync(id, pending, () => throw refused, cancellationToken, refused.ErrorCode == "access_denied");
        }
    }

    private async Task<DeviceOutcome> EndAsync(string id, PendingAuthorization pending, Func<Task<TokenAnswer>> ask, CancellationToken cancellationToken, bool denied = false)
    {
        await store.WriteAsync(transaction => transaction.Connection!.ExecuteAsync("DELETE FROM device_sign_ins WHERE id = @id", new { id }, transaction), CancellationToken.None);
        return new DeviceOutcome.Ended(await back.FinishAsync(pending, ask, denied, cancellationToken));
    }

    private long Now() => time.GetUtcNow().ToUnixTimeMilliseconds();

    private sealed class Row
    {
        public string Draft { get; init; } = "";
        public string DeviceCode { get; init; } = "";
        public string UserCode { get; init; } = "";
        public string VerificationUrl { get; init; } = "";
        public long IntervalMs { get; init; }
        public long NextPollAt { get; init; }
        public long ExpiresAt { get; init; }
    }
}

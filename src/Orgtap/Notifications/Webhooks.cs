using System.Data.Common;
using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json;
using Dapper;
using Orgtap.Conversations.Outputs;
using Orgtap.Primitives;
using Orgtap.Storage;

namespace Orgtap.Notifications;

/// <summary>A notice for the webhook.</summary>
/// <param name="NextAttemptAt">Null: it was sent, or is not tried any more.</param>
/// <param name="Failure">Why the last attempt failed, for people.</param>
public sealed record WebhookMessage(string Id, string Event, DateTimeOffset CreatedAt, int Attempts, DateTimeOffset? NextAttemptAt, DateTimeOffset? SentAt, string? Failure);

/// <summary>
/// Sends notices by POST, one after the other, oldest first, signed as conversations are: <c>Orgtap-Signature: t=SECONDS,v1=HEX</c>, the HMAC-SHA256 of <c>SECONDS.BODY</c>. Sent is what the receiver answered with 2xx; everything
/// else is tried again with growing pauses, for three days, and holds up what came after it, so that no mending overtakes its incident. <c>Orgtap-Notice</c> tells repetitions.
/// </summary>
public sealed class Webhooks(ControlStore store, NoticeSettingsStore settings, PushAddresses addresses, TimeProvider time) : IDisposable
{
    private const string Columns = "id AS Id, event AS Event, body AS Body, created_at AS CreatedAt, attempts AS Attempts, next_attempt_at AS NextAttemptAt, sent_at AS SentAt, failure AS Failure";

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(15), Claim = TimeSpan.FromMinutes(1), FirstPause = TimeSpan.FromSeconds(30), LongestPause = TimeSpan.FromHours(1), Lives = TimeSpan.FromDays(3);
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { Converters = { new System.Text.Json.Serialization.JsonStringEnumConverter() } };

    private readonly HttpMessageInvoker _http = new(addresses.Transport());

    /// <summary>The newest first.</summary>
    public async Task<IReadOnlyList<WebhookMessage>> ListAsync(int limit, CancellationToken cancellationToken)
    {
        await using var db = await store.ConnectAsync(cancellationToken);
        return [.. (await db.QueryAsync<Row>($"SELECT {Columns} FROM webhook_messages ORDER BY number DESC, id DESC LIMIT @limit", new { limit })).Select(row =>
            new WebhookMessage(row.Id, row.Event, At(row.CreatedAt)!.Value, (int)row.Attempts, At(row.NextAttemptAt), At(row.SentAt), row.Failure))];
    }

    /// <summary>Sends what is due, in order; stops at the first that fails.</summary>
    /// <returns>How many were sent.</returns>
    public async Task<int> SendDueAsync(CancellationToken cancellationToken)
    {
        var sent = 0;
        if ((await settings.GetAsync(cancellationToken)).Webhook is not { } address || await settings.KeyAsync(cancellationToken) is not { } key) return sent;
        while (await TakeAsync(cancellationToken) is { } message)
        {
            if (await SendAsync(message, address, key, cancellationToken) is { } failure)
            {
                await FailedAsync(message, failure);
                return sent;
            }
            await UpdateAsync("sent_at = @now, next_attempt_at = NULL, failure = NULL", message.Id, null);
            sent++;
        }
        return sent;
    }

    /// <summary>Tries everything again that was not sent, now.</summary>
    public Task RetryAsync(CancellationToken cancellationToken) => store.WriteAsync(transaction => transaction.Connection!.ExecuteAsync(
        "UPDATE webhook_messages SET next_attempt_at = @now, created_at = CASE WHEN next_attempt_at IS NULL THEN @now ELSE created_at END WHERE sent_at IS NULL", new { now = Now() }, transaction), cancellationToken);

    internal Task AddAsync(DbTransaction transaction, Incident? incident, string happened, Uri link)
    {
        var (id, now) = (Guid.CreateVersion7(time.GetUtcNow()).ToString("N"), time.GetUtcNow());
        var body = JsonSerializer.Serialize(new
        {
            id, Event = happened, at = now, link,
            incident = incident is null ? null : new { incident.Id, connection = incident.ConnectionName, incident.Kind, incident.Message, incident.NextStep, incident.Turn, incident.OpenedAt, incident.ClosedAt },
        }, Json);
        return transaction.Connection!.ExecuteAsync("INSERT INTO webhook_messages (id, number, incident_id, event, body, created_at, attempts, next_attempt_at) VALUES (@id, (SELECT COALESCE(MAX(number), 0) + 1 FROM webhook_messages), @incident, @happened, @body, @now, 0, @now)",
            new { id, incident = incident?.Id, happened, body, now = now.ToUnixTimeMilliseconds() }, transaction);
    }

    public void Dispose() => _http.Dispose();

    /// <summary>How long is waited after so many failures in a row. Pure.</summary>
    internal static TimeSpan PauseAfter(long failures) => failures > 10 ? LongestPause : new TimeSpan(Math.Min(FirstPause.Ticks << ((int)failures - 1), LongestPause.Ticks));

    // Nobody else gets it for a minute. Only the oldest that waits is ever taken.
    private Task<Row?> TakeAsync(CancellationToken cancellationToken) => store.WriteAsync(async transaction =>
    {
        var db = transaction.Connection!;
        await db.ExecuteAsync("UPDATE webhook_messages SET next_attempt_at = NULL, failure = COALESCE(failure, 'It could not be sent before it was too old.') WHERE next_attempt_at IS NOT NULL AND created_at < @old", new { old = Now() - (long)Lives.TotalMilliseconds }, transaction);
        var first = await db.QuerySingleOrDefaultAsync<Row>($"SELECT {Columns} FROM webhook_messages WHERE next_attempt_at IS NOT NULL ORDER BY number, id LIMIT 1", transaction: transaction);
        if (first is null || first.NextAttemptAt > Now()) return null;
        return await db.ExecuteAsync("UPDATE webhook_messages SET attempts = attempts + 1, next_attempt_at = @until WHERE id = @Id AND next_attempt_at = @NextAttemptAt", new { first.Id, first.NextAttemptAt, until = Now() + (long)Claim.TotalMilliseconds }, transaction) == 1 ? first : null;
    }, cancellationToken);

    /// <returns>Why it failed; null: it was sent.</returns>
    private async Task<string?> SendAsync(Row message, Uri address, SecretText key, CancellationToken cancellationToken)
    {
        var body = Encoding.UTF8.GetBytes(message.Body);
        using var patience = new CancellationTokenSource(Patience, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, cancellationToken);
        using var request = new HttpRequestMessage(HttpMethod.Post, address) { Content = new ByteArrayContent(body) };
        request.Content.Headers.ContentType = new("application/json") { CharSet = "utf-8" };
        request.Headers.UserAgent.ParseAdd("Orgtap");
        request.Headers.Add("Orgtap-Notice", message.Id);
        request.Headers.Add("Orgtap-Signature", Pusher.Sign(key, time.GetUtcNow().ToUnixTimeSeconds(), body));
        try
        {
            using var response = await _http.SendAsync(request, either.Token);
            return response.StatusCode is >= HttpStatusCode.OK and < HttpStatusCode.MultipleChoices ? null : string.Create(CultureInfo.InvariantCulture, $"{address.Authority} answered with status {(int)response.StatusCode}.");
        }
        catch (Exception failure) when (failure is HttpRequestException or IOException || (failure is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            return failure is OperationCanceledException ? $"{address.Authority} did not answer in time." : $"{address.Authority} cannot be reached: {failure.Message}";
        }
        catch (InvalidInputException refused)
        {
            return refused.Message;
        }
    }

    private Task FailedAsync(Row message, string failure) => UpdateAsync("next_attempt_at = @next, failure = @failure", message.Id, failure, Now() + (long)PauseAfter(message.Attempts + 1).TotalMilliseconds);

    private Task UpdateAsync(string set, string id, string? failure, long? next = null) => store.WriteAsync(
        transaction => transaction.Connection!.ExecuteAsync($"UPDATE webhook_messages SET {set} WHERE id = @id", new { id, failure, next, now = Now() }, transaction), CancellationToken.None);

    private long Now() => time.GetUtcNow().ToUnixTimeMilliseconds();

    private static DateTimeOffset? At(long? milliseconds) => milliseconds is { } known ? DateTimeOffset.FromUnixTimeMilliseconds(known) : null;

    private sealed class Row
    {
        public string Id { get; init; } = "";
        public string Event { get; init; } = "";
        public string Body { get; init; } = "";
        public long CreatedAt { get; init; }
        public long Attempts { get; init; }
        public long? NextAttemptAt { get; init; }
        public long? SentAt { get; init; }
        public string? Failure { get; init; }
    }
}

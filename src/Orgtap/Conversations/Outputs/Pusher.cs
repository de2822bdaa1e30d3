using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using Orgtap.Conversations.Importing;
using Orgtap.Primitives;

namespace Orgtap.Conversations.Outputs;

/// <summary>How far a push came.</summary>
/// <param name="Refused">Conversations that the receiver refused for good; they are not sent again until they change, or somebody says so.</param>
/// <param name="Problem">Why it stopped before the end; null: it did not.</param>
public sealed record PushOutcome(long Sent, long Refused, string? Problem);

/// <summary>A conversation that the receiver refused.</summary>
/// <param name="Status">The HTTP status it answered with.</param>
public sealed record RefusedConversation(string Id, int Status, DateTimeOffset At);

/// <summary>
/// Sends changes one after the other, oldest first, so that the order per conversation holds; what was sent is noted after the receiver said 2xx, so that a crash sends one again and loses none. Each
/// carries <c>Orgtap-Change</c>, by which repetitions are told, and <c>Orgtap-Signature: t=SECONDS,v1=HEX</c>, the HMAC-SHA256 of <c>SECONDS.BODY</c> under the shared key.
/// </summary>
internal sealed class Pusher(ConversationTables tables, HttpMessageInvoker http, Uri address, SecretText key, TimeProvider time)
{
    private const string PositionName = "push";
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    public async Task<PushOutcome> PushAsync(CancellationToken cancellationToken)
    {
        var (position, sent, refused) = (await tables.PositionAsync(PositionName, cancellationToken), 0L, 0L);
        while (await tables.ChangesAsync(position, 100, cancellationToken) is { Count: > 0 } changes)
        {
            foreach (var change in changes)
            {
                var (status, problem) = await SendAsync(change, cancellationToken);
                if (problem is not null) return new PushOutcome(sent, refused, problem);
                if ((int)status is >= 200 and < 300) sent++;
                // Too many, too early, or the receiver's own trouble: the whole queue waits, in its order.
                else if (status is HttpStatusCode.RequestTimeout or HttpStatusCode.TooManyRequests or (HttpStatusCode)425 || (int)status >= 500 || status is HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden or HttpStatusCode.NotFound || (int)status is >= 300 and < 400)
                    return new PushOutcome(sent, refused, string.Create(CultureInfo.InvariantCulture, $"{address.Authority} answered with status {(int)status}."));
                else refused++;
                await tables.NoteAnswerAsync(PositionName, change, (int)status, time.GetUtcNow());
                position = change.Change;
            }
        }
        return new PushOutcome(sent, refused, null);
    }

    internal static string Sign(SecretText key, long seconds, byte[] body)
    {
        var signed = new byte[Encoding.ASCII.GetByteCount($"{seconds}.") + body.Length];
        var length = Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{seconds}."), signed);
        body.CopyTo(signed, length);
        return string.Create(CultureInfo.InvariantCulture, $"t={seconds},v1={Convert.ToHexStringLower(HMACSHA256.HashData(Encoding.UTF8.GetBytes(key.Reveal()), signed))}");
    }

    private async Task<(HttpStatusCode Status, string? Problem)> SendAsync(ConversationChange change, CancellationToken cancellationToken)
    {
        var body = Encoding.UTF8.GetBytes(change.Document ?? FileWriter.Removed(change.Id));
        using var patience = new CancellationTokenSource(Patience, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, cancellationToken);
        using var request = new HttpRequestMessage(HttpMethod.Post, address) { Content = new ByteArrayContent(body) };
        request.Content.Headers.ContentType = new("application/json") { CharSet = "utf-8" };
        request.Headers.UserAgent.ParseAdd("Orgtap");
        request.Headers.Add("Orgtap-Change", change.Change.ToString(CultureInfo.InvariantCulture));
        request.Headers.Add("Orgtap-Conversation", change.Id);
        request.Headers.Add("Orgtap-Signature", Sign(key, time.GetUtcNow().ToUnixTimeSeconds(), body));
        try
        {
            using var response = await http.SendAsync(request, either.Token);
            return (response.StatusCode, null);
        }
        catch (Exception failure) when (failure is HttpRequestException or IOException || (failure is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            return (default, failure is OperationCanceledException ? $"{address.Authority} did not answer in time." : $"{address.Authority} cannot be reached: {failure.Message}");
        }
        catch (InvalidInputException refused)
        {
            return (default, refused.Message);
        }
    }
}

using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Dapper;
using Orgtap.Connections;
using Orgtap.Primitives;
using Orgtap.Salesforce.OAuth;
using Orgtap.Storage;

namespace Orgtap.Authorization;

/// <summary>
/// Keeps what was asked for while the browser is at Salesforce. Only hashes of state and browser secret are stored, the rest encrypted: whoever reads the
/// database can neither finish an authorization nor see a secret.
/// </summary>
internal sealed class AuthorizationDrafts(ControlStore store, ISecretCipher cipher, TimeProvider time)
{
    public static readonly TimeSpan Lifetime = TimeSpan.FromHours(1);

    private const string VerifierPurpose = "authorization.code-verifier", DraftPurpose = "authorization.draft";

    /// <returns>State and browser secret, 256 random bits each.</returns>
    public async Task<(string State, SecretText BrowserSecret)> AddAsync(PendingAuthorization pending, Pkce pkce, CancellationToken cancellationToken)
    {
        var state = RandomText();
        var browser = RandomText();
        var draft = DraftText(pending);
        await store.WriteAsync(async transaction =>
        {
            var db = transaction.Connection!;
            await db.ExecuteAsync("DELETE FROM authorization_states WHERE created_at < @oldest", new { oldest = Oldest() }, transaction);
            await db.ExecuteAsync("""
                INSERT INTO authorization_states (state_hash, browser_hash, code_verifier, draft, created_at) VALUES (@state, @browser, @verifier, @draft, @now)
                """, new
            {
                state = Hash(state),
                browser = Hash(browser),
                verifier = cipher.Protect(VerifierPurpose, pkce.Verifier),
                draft = cipher.Protect(DraftPurpose, draft),
                now = time.GetUtcNow().ToUnixTimeMilliseconds(),
            }, transaction);
        }, cancellationToken);
        return (state, new SecretText(browser));
    }

    /// <summary>Takes a draft out: it can be used once, by the browser that began it, for an hour.</summary>
    /// <exception cref="InvalidInputException">Unknown, used, too old, or begun in another browser (then it stays for the right one).</exception>
    public async Task<(PendingAuthorization Pending, Pkce Pkce)> TakeAsync(string state, SecretText browserSecret, CancellationToken cancellationToken)
    {
        var taken = await store.WriteAsync(async transaction =>
        {
            var db = transaction.Connection!;
            var row = await db.QuerySingleOrDefaultAsync<(string Browser, string Verifier, string Draft, long At)>(
                "SELECT browser_hash, code_verifier, draft, created_at FROM authorization_states WHERE state_hash = @state",
                new { state = Hash(state) }, transaction);
            if (row.Draft is null || row.At < Oldest())
                throw new InvalidInputException("This authorization is not known: it was used already, or is more than an hour old.", "Start the authorization again.");
            if (!CryptographicOperations.FixedTimeEquals(Encoding.ASCII.GetBytes(row.Browser), Encoding.ASCII.GetBytes(Hash(browserSecret.Reveal()))))
                throw new InvalidInputException("This authorization was started in another browser.", "Finish it in the browser that started it, or start it again here.");
            await db.ExecuteAsync("DELETE FROM authorization_states WHERE state_hash = @state", new { state = Hash(state) }, transaction);
            return row;
        }, cancellationToken);
        return (Read(cipher.Unprotect(DraftPurpose, taken.Draft)), new Pkce(cipher.Unprotect(VerifierPurpose, taken.Verifier)));
    }

    /// <summary>A pending authorization as text, only ever for the cipher: it holds secrets.</summary>
    internal static SecretText DraftText(PendingAuthorization pending) => new(JsonSerializer.Serialize(new Draft(
        pending.Request.Name, pending.Request.LoginUrl, pending.Request.Flow, pending.Request.ConsumerKey, pending.Request.ConsumerSecret?.Reveal(), pending.Request.CallbackUrl,
        pending.Request.QuotaThresholdPercent, pending.Actor, pending.Connection?.Value, pending.AuthorizationRequest, pending.Link?.Reveal(), pending.WithoutMissing, pending.Request.App)));

    internal static PendingAuthorization Read(SecretText text)
    {
        var draft = JsonSerializer.Deserialize<Draft>(text.Reveal())!;
        var request = new ConnectRequest(
            draft.Name, draft.LoginUrl, draft.Flow, draft.ConsumerKey, SecretText.From(draft.ConsumerSecret), null, null, null, draft.CallbackUrl, draft.Threshold) { App = draft.App };
        return new PendingAuthorization(request, draft.Actor, draft.Connection is { } id ? new ConnectionId(id) : null, draft.AuthorizationRequest, SecretText.From(draft.Link), draft.WithoutMissing);
    }

    private long Oldest() => (time.GetUtcNow() - Lifetime).ToUnixTimeMilliseconds();

    private static string RandomText() => Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(32));

    private static string Hash(string text) => Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(text)));

    private sealed record Draft(
        string Name, string LoginUrl, AuthorizationFlow Flow, string ConsumerKey, string? ConsumerSecret, string? CallbackUrl, int Threshold, string Actor,
        string? Connection = null, string? AuthorizationRequest = null, string? Link = null, bool WithoutMissing = false, string? App = null);
}

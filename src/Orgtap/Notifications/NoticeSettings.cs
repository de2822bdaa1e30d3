using System.Data.Common;
using System.Text.Json;
using System.Text.Json.Serialization;
using Dapper;
using Orgtap.Conversations.Outputs;
using Orgtap.Primitives;
using Orgtap.Storage;

namespace Orgtap.Notifications;

/// <summary>When e-mails go out.</summary>
public enum NoticeDigest
{
    /// <summary>One when something breaks, one when it is mended.</summary>
    AtOnce,
    Hourly,
    Daily,
}

/// <summary>Who is told of what.</summary>
/// <param name="Recipients">E-mail addresses; empty: all operators and administrators.</param>
/// <param name="Webhook">An address that gets each notice by POST; null: none.</param>
public sealed record NoticeSettings(IReadOnlyList<string> Recipients, NoticeDigest Digest, IReadOnlyList<NoticeKind> ByEmail, IReadOnlyList<NoticeKind> ByWebhook, Uri? Webhook)
{
    public static readonly NoticeSettings Usual = new([], NoticeDigest.AtOnce, Enum.GetValues<NoticeKind>(), Enum.GetValues<NoticeKind>(), null);
}

/// <summary>The addresses of all operators and administrators.</summary>
public delegate Task<IReadOnlyList<string>> OperatorAddresses(CancellationToken cancellationToken);

/// <summary>Where people's browsers reach this installation, for links in notices.</summary>
public sealed record NoticeSite(Uri Address);

/// <summary>Keeps who is told of what, and the key that webhooks are signed with.</summary>
public sealed class NoticeSettingsStore(ControlStore store, ISecretCipher cipher, PushAddresses addresses, TimeProvider time)
{
    private const string KeyPurpose = "notices.webhook-key";

    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { Converters = { new JsonStringEnumConverter() } };

    public async Task<NoticeSettings> GetAsync(CancellationToken cancellationToken)
    {
        await using var db = await store.ConnectAsync(cancellationToken);
        return Read(await db.ExecuteScalarAsync<string?>("SELECT settings FROM notice_settings WHERE id = 1"));
    }

    internal static async Task<(NoticeSettings Settings, DateTimeOffset? LastDigest)> GetAsync(DbTransaction transaction)
    {
        var (settings, last) = await transaction.Connection!.QuerySingleOrDefaultAsync<(string?, long?)>("SELECT settings, last_digest_at FROM notice_settings WHERE id = 1", transaction: transaction);
        return (Read(settings), last is { } at ? DateTimeOffset.FromUnixTimeMilliseconds(at) : null);
    }

    /// <param name="key">Null: the one that is stored stays.</param>
    /// <exception cref="InvalidInputException">An address cannot be used, or a key is missing.</exception>
    public async Task SetAsync(NoticeSettings settings, SecretText? key, CancellationToken cancellationToken)
    {
        foreach (var recipient in settings.Recipients) EmailAddress.Check(recipient);
        if (settings.Webhook is { } webhook)
        {
            await addresses.CheckAsync(webhook, cancellationToken);
            if (key is null && await KeyAsync(cancellationToken) is null) throw new InvalidInputException("Webhooks are signed, and there is no key yet.", "Give a key of 16 characters at least, and the same one to whoever receives them.");
            if (key is not null && key.Reveal().Length < 16) throw new InvalidInputException("The signing key is too short.", "Give 16 characters at least, e.g. from `openssl rand -hex 32`.");
        }
        await store.WriteAsync(transaction => transaction.Connection!.ExecuteAsync("""
            INSERT INTO notice_settings (id, settings, webhook_key, updated_at) VALUES (1, @settings, @key, @now)
            ON CONFLICT (id) DO UPDATE SET settings = excluded.settings, webhook_key = COALESCE(excluded.webhook_key, notice_settings.webhook_key), updated_at = excluded.updated_at
            """, new { settings = JsonSerializer.Serialize(settings, Json), key = key is null ? null : cipher.Protect(KeyPurpose, key), now = time.GetUtcNow().ToUnixTimeMilliseconds() }, transaction), cancellationToken);
    }

    /// <summary>The key that webhooks are signed with; null: there is none.</summary>
    public async Task<SecretText?> KeyAsync(CancellationToken cancellationToken)
    {
        await using var db = await store.ConnectAsync(cancellationToken);
        return await db.ExecuteScalarAsync<string?>("SELECT webhook_key FROM notice_settings WHERE id = 1") is { } kept ? cipher.Unprotect(KeyPurpose, kept) : null;
    }

    internal static Task SetDigestAsync(DbTransaction transaction, DateTimeOffset at) => transaction.Connection!.ExecuteAsync("""
        INSERT INTO notice_settings (id, settings, last_digest_at, updated_at) VALUES (1, @usual, @at, @at) ON CONFLICT (id) DO UPDATE SET last_digest_at = excluded.last_digest_at
        """, new { usual = JsonSerializer.Serialize(NoticeSettings.Usual, Json), at = at.ToUnixTimeMilliseconds() }, transaction);

    private static NoticeSettings Read(string? settings) => settings is null ? NoticeSettings.Usual : JsonSerializer.Deserialize<NoticeSettings>(settings, Json)!;
}

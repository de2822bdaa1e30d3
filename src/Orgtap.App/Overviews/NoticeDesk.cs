using Orgtap.Notifications;
using Orgtap.Primitives;
using Orgtap.Storage;

namespace Orgtap.App.Overviews;

/// <summary>An incident as JSON.</summary>
/// <param name="Connection">Its name; Orgtap where it is the installation's.</param>
/// <param name="ClosedAt">Absent: it is open.</param>
public sealed record IncidentDocument(string Id, string Connection, NoticeKind Kind, string Message, string NextStep, Turn Turn, DateTimeOffset OpenedAt, DateTimeOffset? ClosedAt)
{
    /// <summary>The page that shows more.</summary>
    [System.Text.Json.Serialization.JsonIgnore]
    public string Page { get; init; } = "/notices";

    public static IncidentDocument Of(Incident incident) => new(incident.Id, incident.ConnectionName, incident.Kind, incident.Message, incident.NextStep, incident.Turn, incident.OpenedAt, incident.ClosedAt) { Page = incident.Page };
}

/// <summary>Who is told of what, as JSON.</summary>
/// <param name="Recipients">E-mail addresses; none: all operators and administrators.</param>
/// <param name="WebhookKey">Signs what the webhook gets. Only in requests; absent: the one that is stored stays.</param>
public sealed record NoticeSettingsDocument(
    IReadOnlyList<string>? Recipients, NoticeDigest Digest, IReadOnlyList<NoticeKind>? ByEmail, IReadOnlyList<NoticeKind>? ByWebhook, string? Webhook = null, string? WebhookKey = null, bool HasWebhookKey = false)
{
    public static NoticeSettingsDocument Of(NoticeSettings settings, bool hasKey) => new(settings.Recipients, settings.Digest, settings.ByEmail, settings.ByWebhook, settings.Webhook?.AbsoluteUri, null, hasKey);

    /// <exception cref="InvalidInputException">The webhook is no address.</exception>
    public NoticeSettings Settings()
    {
        Uri? webhook = null;
        if (!string.IsNullOrWhiteSpace(Webhook) && !Uri.TryCreate(Webhook.Trim(), UriKind.Absolute, out webhook))
            throw new InvalidInputException($"\"{Webhook}\" is no web address.", "Give one such as https://example.com/orgtap.");
        return new NoticeSettings([.. (Recipients ?? []).Select(recipient => recipient.Trim()).Where(recipient => recipient.Length > 0).Distinct(StringComparer.OrdinalIgnoreCase)], Digest,
            [.. (ByEmail ?? Enum.GetValues<NoticeKind>()).Distinct().Order()], [.. (ByWebhook ?? Enum.GetValues<NoticeKind>()).Distinct().Order()], webhook);
    }
}

/// <summary>Notices, for page, verb and endpoint alike.</summary>
public sealed class NoticeDesk(Notifications.Notices notices, NoticeSettingsStore settings, Webhooks webhooks, AuditLog audit)
{
    public async Task<IReadOnlyList<IncidentDocument>> ListAsync(int limit, CancellationToken cancellationToken) => [.. (await notices.ListAsync(limit, cancellationToken)).Select(IncidentDocument.Of)];

    public Task<IReadOnlyList<WebhookMessage>> SentAsync(int limit, CancellationToken cancellationToken) => webhooks.ListAsync(limit, cancellationToken);

    public async Task<NoticeSettingsDocument> SettingsAsync(CancellationToken cancellationToken) => NoticeSettingsDocument.Of(await settings.GetAsync(cancellationToken), await settings.KeyAsync(cancellationToken) is not null);

    /// <exception cref="InvalidInputException">An address cannot be used; nothing was changed.</exception>
    public async Task<NoticeSettingsDocument> SetAsync(NoticeSettingsDocument wanted, string actor, CancellationToken cancellationToken)
    {
        var parsed = wanted.Settings();
        await settings.SetAsync(parsed, SecretText.From(string.IsNullOrWhiteSpace(wanted.WebhookKey) ? null : wanted.WebhookKey), cancellationToken);
        await audit.WriteAsync(actor, "notices.set", "orgtap", $"{(parsed.Recipients.Count == 0 ? "all operators" : string.Join(", ", parsed.Recipients))}, {parsed.Digest}{(parsed.Webhook is { } webhook ? $", webhook {webhook.Authority}" : "")}", cancellationToken);
        return await SettingsAsync(cancellationToken);
    }

    /// <returns>Where the test goes.</returns>
    public async Task<IReadOnlyList<string>> TestAsync(string actor, CancellationToken cancellationToken)
    {
        var where = await notices.TestAsync(cancellationToken);
        await audit.WriteAsync(actor, "notices.tested", "orgtap", string.Join(", ", where), cancellationToken);
        return where;
    }

    public Task RetryAsync(CancellationToken cancellationToken) => webhooks.RetryAsync(cancellationToken);
}

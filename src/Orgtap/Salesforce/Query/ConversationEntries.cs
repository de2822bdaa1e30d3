using System.Globalization;
using System.Text.Json;
using Orgtap.Primitives;
using Orgtap.Salesforce.Describe;

namespace Orgtap.Salesforce.Query;

/// <summary>
/// The Connect API's entries of one conversation (since API 51.0): up to 1,000 a call, in no order, without a cursor, so that pages go on by time
/// (https://developer.salesforce.com/docs/atlas.en-us.chatterapi.meta/chatterapi/connect_resources_conversation_entries.htm).
/// </summary>
public sealed class ConversationEntries
{
    /// <summary>Entries that one call gives at most.</summary>
    public const int MostPerCall = 1_000;

    private readonly SalesforceClient _client;
    private readonly OrgHttp _http;

    internal ConversationEntries(SalesforceClient client, OrgHttp http) => (_client, _http) = (client, http);

    /// <summary>The earliest entries at or behind a time.</summary>
    /// <param name="from">By the server's clock, UTC, milliseconds.</param>
    /// <returns>The entries, independent of the answer's lifetime. Null: Salesforce no longer has the conversation, or does not show it.</returns>
    /// <exception cref="QuotaStopException">The hourly limit that entries have for themselves is reached.</exception>
    public async Task<IReadOnlyList<JsonElement>?> FromAsync(string conversationIdentifier, long from, DateTimeOffset resumes, CancellationToken cancellationToken)
    {
        var version = (await _client.VersionAsync(cancellationToken)).Path;
        var path = string.Create(CultureInfo.InvariantCulture,
            $"{version}/connect/conversation/{Uri.EscapeDataString(conversationIdentifier)}/entries?recordLimit={MostPerCall}&queryDirection=FromStart&startTimestamp={from}");
        try
        {
            var (document, _) = await _http.GetJsonAsync(path, "conversation entries", cancellationToken);
            using (document)
            {
                if (!document.RootElement.HasList("conversationEntries")) throw SalesforceException.Unexpected("conversation entries", "the answer has no list of them");
                return [.. document.RootElement.GetProperty("conversationEntries").EnumerateArray().Select(entry => entry.Clone())];
            }
        }
        catch (SalesforceException refused) when (refused.StatusCode == System.Net.HttpStatusCode.NotFound)
        {
            return null;
        }
        catch (SalesforceException refused) when (refused.StatusCode == System.Net.HttpStatusCode.ServiceUnavailable && refused.ErrorCode == "REQUEST_LIMIT_EXCEEDED")
        {
            throw new QuotaStopException("Salesforce's hourly limit of calls for conversation entries is reached.", resumes, refused.Detail);
        }
    }
}

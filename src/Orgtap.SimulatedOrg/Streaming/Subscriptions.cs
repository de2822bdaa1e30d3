using Orgtap.SimulatedOrg.Schema;

namespace Orgtap.SimulatedOrg.Streaming;

/// <summary>Which channels there are, and what their subscribers are sent.</summary>
internal static class Subscriptions
{
    private const string All = "/data/ChangeEvents";

    /// <returns>Null where the channel exists and the user may read its object; otherwise Salesforce's refusal.</returns>
    public static string? Refusal(string channel, OrgSchema schema)
    {
        if (channel == All) return null;
        var type = schema.AllObjects.FirstOrDefault(type => type.Triggerable && Names(channel, type));
        if (type is null) return "400::The channel you requested to subscribe to doesn't exist {" + channel + "}";
        return schema.Find(type.Name) is null ? "403:denied_by_security_policy:create_denied" : null;
    }

    public static bool Carries(string channel, ChangeEvent change) => channel == All || channel.Equals(change.Channel, StringComparison.OrdinalIgnoreCase);

    private static bool Names(string channel, SObjectType type) =>
        channel.Equals("/data/" + ChangeEvent.ChannelName(type.Name), StringComparison.OrdinalIgnoreCase);
}

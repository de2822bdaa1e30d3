using Orgtap.SimulatedOrg.Data;

namespace Orgtap.SimulatedOrg.Streaming;

/// <summary>One event as it is kept: who and what; its payload is written when it is delivered.</summary>
/// <param name="ReplayId">Ascending, with gaps between.</param>
/// <param name="Type">e.g. <c>UPDATE</c>, <c>GAP_UPDATE</c>, <c>GAP_OVERFLOW</c>.</param>
/// <param name="Ids">18 characters each.</param>
/// <param name="ChangedFields">Names of fields in an UPDATE.</param>
/// <param name="Row">Where the values come from; null for events that carry none.</param>
internal sealed record ChangeEvent(
    long ReplayId, DateTimeOffset At, string SObject, string Type, IReadOnlyList<string> Ids, IReadOnlyList<string> ChangedFields, RowChange? Row)
{
    /// <summary>An UPDATE names what changed; CREATE and UNDELETE carry every value; DELETE and gaps none.</summary>
    public bool CarriesAll => Type is "CREATE" or "UNDELETE";

    public string Channel => "/data/" + ChannelName(SObject);

    /// <summary><c>AccountChangeEvent</c>, <c>Invoice__ChangeEvent</c>.</summary>
    public static string ChannelName(string sobject) =>
        sobject.EndsWith("__c", StringComparison.Ordinal) ? sobject[..^1] + "ChangeEvent" : sobject + "ChangeEvent";
}

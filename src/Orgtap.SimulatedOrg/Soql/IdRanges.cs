using System.Text;
using Orgtap.SimulatedOrg.Data;

namespace Orgtap.SimulatedOrg.Soql;

/// <summary>Ids ascend with ordinals, so a condition on the row's own Id says where a scan begins and ends.</summary>
internal static class IdRanges
{
    public static readonly (long From, long Until) Everything = (0, long.MaxValue);

    public static (long From, long Until) Of(Accessor field, ObjectRows rows, string comparison, byte[] id)
    {
        if (!IsOwn(field) || Position(rows, id) is not { } at) return Everything;
        return comparison switch
        {
            "=" => (at, at + 1),
            ">" => (at + 1, long.MaxValue),
            ">=" => (at, long.MaxValue),
            "<" => (0, at),
            "<=" => (0, at + 1),
            _ => Everything,
        };
    }

    /// <summary>From the smallest to the largest of a list.</summary>
    public static (long From, long Until) Around(Accessor field, ObjectRows rows, IEnumerable<string> ids)
    {
        if (!IsOwn(field)) return Everything;
        var (from, until) = (long.MaxValue, 0L);
        foreach (var id in ids)
        {
            if (Position(rows, Encoding.ASCII.GetBytes(id)) is not { } at) continue;
            from = Math.Min(from, at);
            until = Math.Max(until, at + 1);
        }
        return until == 0 ? (0, 0) : (from, until);
    }

    private static bool IsOwn(Accessor field) => field.IsDirect && field.Field.Type == "id";

    private static long? Position(ObjectRows rows, byte[] id) =>
        id[0] == rows.KeyPrefix[0] && id[1] == rows.KeyPrefix[1] && id[2] == rows.KeyPrefix[2] ? SalesforceId.OrdinalOf(id) : null;
}

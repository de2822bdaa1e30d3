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

    /// <summary>The rows of a list of Ids; null when the list is not about the row's own Id.</summary>
    public static IReadOnlyList<long>? Candidates(Accessor field, ObjectRows rows, IEnumerable<string> ids) => !IsOwn(field) ? null
        : [.. ids.Select(id => Position(rows, Encoding.ASCII.GetBytes(id))).OfType<long>().Distinct().Order()];

    private static bool IsOwn(Accessor field) => field.IsDirect && field.Field.Type == "id";

    private static long? Position(ObjectRows rows, byte[] id) =>
        id[0] == rows.KeyPrefix[0] && id[1] == rows.KeyPrefix[1] && id[2] == rows.KeyPrefix[2] ? SalesforceId.OrdinalOf(id) : null;
}

using Orgtap.Records;

namespace Orgtap.Replicas;

/// <summary>What becomes of a column whose field changes its type; the same in every kind of replica. Pure.</summary>
internal static class ColumnJoin
{
    /// <summary>The narrowest column that holds the values of both.</summary>
    public static Column Of(Column before, Column now)
    {
        if (before.Type == now.Type)
        {
            var precision = before.Precision == 0 || now.Precision == 0 ? 0 : Math.Max(before.Precision, now.Precision);
            return before with { Precision = precision, Scale = Math.Max(before.Scale, now.Scale) };
        }
        return (before.Type, now.Type) switch
        {
            (ColumnType.Integer, ColumnType.Decimal) => now with { Name = before.Name },
            (ColumnType.Decimal, ColumnType.Integer) => before,
            _ => new Column(before.Name, ColumnType.Text),
        };
    }
}

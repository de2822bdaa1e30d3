using Orgtap.SimulatedOrg.Schema;

namespace Orgtap.SimulatedOrg.Data.Jobs;

/// <summary>A value worked out from the row and, for what moves with time, from the clock.</summary>
/// <param name="value">Gives what the overlay could hold: null, text, flag, number or time.</param>
/// <param name="derived">Inserted rows have it as well.</param>
internal sealed class RowTimeRule(FieldType field, Func<RowRef, object?> value, bool derived) : ValueRule
{
    public override bool Derived => derived;

    public override Cell Value(scoped in RowRef row, Scratch scratch) => OverlayValue.Cell(value(row), field, scratch);
}

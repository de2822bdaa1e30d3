using Orgtap.SimulatedOrg.Schema;

namespace Orgtap.SimulatedOrg.Data.Conversations;

/// <summary>A value that is worked out from the row alone.</summary>
/// <param name="value">Gives what the overlay could hold: null, text, flag, number or time.</param>
/// <param name="derived">Inserted rows have it as well.</param>
internal sealed class RowRule(FieldType field, Func<RowRef, object?> value, bool derived = false) : ValueRule
{
    public override bool Derived => derived;

    public override Cell Value(scoped in RowRef row, Scratch scratch) => OverlayValue.Cell(value(row), field, scratch);
}

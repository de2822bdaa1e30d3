namespace Orgtap.SimulatedOrg.Data;

/// <summary>One committed change of a row: pictures of it before and after that no later change touches.</summary>
/// <param name="Before">Null for a new row, and for a base row that had not changed yet.</param>
internal readonly record struct RowChange(ObjectRows Rows, long Ordinal, OverlayRow? Before, OverlayRow After);

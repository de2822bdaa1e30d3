using Orgtap.SimulatedOrg.Schema;

namespace Orgtap.SimulatedOrg.Data.Rules;

/// <summary>A text made from the cell's own chance; null in a known share of the rows.</summary>
internal abstract class TextRule(FieldType field, int nullPercent) : ValueRule
{
    private readonly ulong _salt = Hash.Of(field.Name);
    private readonly ulong _nullBelow = (ulong)nullPercent * (ulong.MaxValue / 100);

    /// <summary>UTF-16 units; a UTF-8 text of as many bytes never has more.</summary>
    protected int Limit { get; } = field.Length;

    /// <summary>Room that <see cref="Build"/> may need.</summary>
    protected virtual int Room => Math.Min(Limit, 512);

    public override Cell Value(scoped in RowRef row, Scratch scratch)
    {
        var hash = Hash.Mix(row.Hash ^ _salt);
        if (hash < _nullBelow) return Cell.Null;
        var room = scratch.Take(Room);
        var text = new TextBuilder(room);
        Build(ref text, Hash.Mix(hash), row.Ordinal);
        scratch.Return(room.Length - text.Length);
        return Cell.OfText(text.Written);
    }

    protected abstract void Build(ref TextBuilder text, ulong hash, long ordinal);
}

/// <summary>Texts put together by a small recipe, chosen once when the field is bound.</summary>
internal sealed class RecipeRule(FieldType field, int nullPercent, RecipeRule.Recipe recipe) : TextRule(field, nullPercent)
{
    /// <summary>The text follows from the row's place: auto numbers.</summary>
    public bool IsDerived { get; init; }
    public override bool Derived => IsDerived;

    public delegate void Recipe(ref TextBuilder text, ulong hash, long ordinal);

    protected override void Build(ref TextBuilder text, ulong hash, long ordinal) => recipe(ref text, hash, ordinal);
}

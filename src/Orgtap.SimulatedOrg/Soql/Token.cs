namespace Orgtap.SimulatedOrg.Soql;

internal enum TokenKind
{
    /// <summary>A name or keyword, with its dots.</summary>
    Word,
    String,
    Number,
    Date,
    DateTime,
    Time,
    Symbol,
    End,
}

/// <param name="Text">As written; a string's text is already unescaped.</param>
/// <param name="At">0-based place in the query.</param>
internal readonly record struct Token(TokenKind Kind, string Text, int At)
{
    public bool Is(string word) => Kind is TokenKind.Word or TokenKind.Symbol && Text.Equals(word, StringComparison.OrdinalIgnoreCase);
}

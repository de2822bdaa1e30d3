namespace Orgtap.Masking;

/// <summary>What a rule finds.</summary>
public enum MaskingKind
{
    /// <summary>E-mail addresses.</summary>
    Email,

    /// <summary>Card numbers: 13 to 19 digits that begin with 2 to 6 and pass the Luhn check.</summary>
    Card,

    /// <summary>Phone numbers, as docs/masking.md says.</summary>
    Phone,

    /// <summary>Whatever a pattern of the operator's own matches.</summary>
    Pattern,
}

/// <summary>One thing that is masked.</summary>
/// <param name="Name">What stands in brackets where a text was masked, and what counts go by.</param>
/// <param name="Pattern">A regular expression; only for <see cref="MaskingKind.Pattern"/>.</param>
public sealed record MaskingRule(MaskingKind Kind, string Name, string? Pattern = null)
{
    public static readonly MaskingRule Email = new(MaskingKind.Email, "e-mail");
    public static readonly MaskingRule Card = new(MaskingKind.Card, "card");
    public static readonly MaskingRule Phone = new(MaskingKind.Phone, "phone");

    /// <summary>What stands where a match stood.</summary>
    public string Replacement => $"[{Name}]";

    /// <summary>Two rules of one key mask alike.</summary>
    public string Key => Pattern is null ? Name : $"{Name}: {Pattern}";
}

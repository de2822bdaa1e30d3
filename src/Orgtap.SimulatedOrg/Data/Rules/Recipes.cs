using System.Text;

namespace Orgtap.SimulatedOrg.Data.Rules;

/// <summary>How single short texts are put together. The hash is spread anew for every independent choice.</summary>
internal static class Recipes
{
    public static void FirstName(ref TextBuilder text, ulong hash, long ordinal) => text.Add(Vocabulary.FirstNames, hash);
    public static void LastName(ref TextBuilder text, ulong hash, long ordinal) => text.Add(Vocabulary.LastNames, hash);
    public static void City(ref TextBuilder text, ulong hash, long ordinal) => text.Add(Vocabulary.Cities, hash);
    public static void State(ref TextBuilder text, ulong hash, long ordinal) => text.Add(Vocabulary.States, hash);
    public static void Country(ref TextBuilder text, ulong hash, long ordinal) => text.Add(Vocabulary.Countries, hash);
    public static void JobTitle(ref TextBuilder text, ulong hash, long ordinal) => text.Add(Vocabulary.Titles, hash);
    public static void PostalCode(ref TextBuilder text, ulong hash, long ordinal) => text.AddNumber((long)(hash % 100_000), 5);
    public static void Year(ref TextBuilder text, ulong hash, long ordinal) => text.AddNumber(1850 + (long)(hash % 175));

    public static void Product(ref TextBuilder text, ulong hash, long ordinal)
    {
        text.Add(Vocabulary.Products, hash);
        text.Add(" "u8);
        text.AddNumber(10 * (1 + ((long)hash & 0x7F)));
    }

    /// <summary>Three names in a hundred carry quotes, commas or foreign scripts.</summary>
    public static void Company(ref TextBuilder text, ulong hash, long ordinal)
    {
        text.Add(Vocabulary.CompanyHeads, hash);
        text.Add(" "u8);
        text.Add(Vocabulary.CompanyTails, hash << 16);
        text.Add(" "u8);
        text.Add(Vocabulary.CompanyForms, hash << 32);
        if ((hash & 0xFF) < 8)
        {
            text.Add(" "u8);
            text.Add(Vocabulary.Nasty, hash << 24);
        }
    }

    public static void Deal(ref TextBuilder text, ulong hash, long ordinal)
    {
        Company(ref text, hash, ordinal);
        text.Add(" - "u8);
        text.Add(Vocabulary.Words, Hash.Mix(hash));
    }

    public static void Phone(ref TextBuilder text, ulong hash, long ordinal)
    {
        text.Add((hash & 3) == 0 ? "+49 "u8 : "("u8);
        text.AddNumber(200 + (long)(hash % 700));
        text.Add((hash & 3) == 0 ? " "u8 : ") "u8);
        text.AddNumber((long)((hash >> 12) % 1000), 3);
        text.Add("-"u8);
        text.AddNumber((long)((hash >> 24) % 10_000), 4);
    }

    public static void Email(ref TextBuilder text, ulong hash, long ordinal)
    {
        text.Add(Vocabulary.Words, hash);
        text.Add("."u8);
        text.Add(Vocabulary.Words, hash << 16);
        text.AddNumber(ordinal + 1);
        text.Add((hash & 1) == 0 ? "@example.com"u8 : "@mail.example.org"u8);
    }

    public static void UserName(ref TextBuilder text, ulong hash, long ordinal)
    {
        text.Add("user"u8);
        text.AddNumber(ordinal + 1);
        text.Add("@simulated.example.com"u8);
    }

    public static void Url(ref TextBuilder text, ulong hash, long ordinal)
    {
        text.Add((hash & 7) == 0 ? "http://"u8 : "https://www."u8);
        text.Add(Vocabulary.Words, hash);
        text.Add("-"u8);
        text.Add(Vocabulary.Words, hash << 16);
        text.Add((hash & 15) == 1 ? ".example/?q=a,b&x=\"1\""u8 : ".example"u8);
    }

    /// <summary>One in six has a second line, ended by LF or CRLF.</summary>
    public static void Street(ref TextBuilder text, ulong hash, long ordinal)
    {
        text.AddNumber(1 + ((long)hash & 0x3FF));
        text.Add(" "u8);
        text.Add(Vocabulary.Streets, hash);
        var line = (hash >> 10) % 12;
        if (line > 1) return;
        text.Add(line == 0 ? "\nSuite "u8 : "\r\nFloor "u8);
        text.AddNumber(1 + ((long)(hash >> 14) & 0x1F));
    }

    public static void Uuid(ref TextBuilder text, ulong hash, long ordinal) =>
        text.Add(Encoding.ASCII.GetBytes(Conversations.ConversationIdentifier.Uuid(hash, Hash.Mix(hash + (ulong)ordinal))));

    public static RecipeRule.Recipe Digits(int count) => (ref text, hash, _) =>
    {
        for (var i = 0; i < count; i++) text.AddNumber((long)((hash >> (4 * i)) % 10));
    };

    /// <summary>Unique in the object: the row's number and four letters of chance.</summary>
    public static RecipeRule.Recipe Code(string prefix)
    {
        var head = Encoding.UTF8.GetBytes(prefix);
        return (ref text, hash, ordinal) =>
        {
            text.Add(head);
            text.AddNumber(ordinal + 1, 6);
            Span<byte> letters = [(byte)('A' + (hash % 26)), (byte)('A' + ((hash >> 8) % 26)), (byte)('a' + ((hash >> 16) % 26)), (byte)('0' + ((hash >> 24) % 10))];
            text.Add(letters);
        };
    }

    public static RecipeRule.Recipe Constant(string value)
    {
        var bytes = Encoding.UTF8.GetBytes(value);
        return (ref text, _, _) => text.Add(bytes);
    }

    /// <summary><c>INV-{0000}</c>: the row's number in as many digits.</summary>
    public static RecipeRule.Recipe AutoNumber(string pattern)
    {
        var brace = pattern.IndexOf('{', StringComparison.Ordinal);
        var head = Encoding.UTF8.GetBytes(pattern[..brace]);
        var width = pattern.Length - brace - 2;
        return (ref text, _, ordinal) =>
        {
            text.Add(head);
            text.AddNumber(ordinal + 1, width);
        };
    }
}

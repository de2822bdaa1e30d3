using System.Text;
using Orgtap.SimulatedOrg.Data.Rules;

namespace Orgtap.SimulatedOrg.Data.Conversations;

/// <summary>What customers and agents say: short sentences around a word, some with what must be masked, some with what breaks careless readers.</summary>
internal static class Talk
{
    private static readonly string[] Words = [.. Vocabulary.Words.Select(Encoding.UTF8.GetString)];
    private static readonly string[] Odd = [.. Vocabulary.Nasty.Select(Encoding.UTF8.GetString)];

    private static readonly string[] Customer =
    [
        "My {0} has not arrived yet.", "The {0} you sent is broken, can I return it?", "Where do I find the {0} for my {1}?", "I was charged twice for the {0}.",
        "Is there a newer {0}?", "It says \"{0} failed\" again.", "Thanks, that helped!", "no, the other {0}", "How long will the {0} take?", "ok", "I'll wait.",
        "You can reach me at {1}.{0}@example.com or +49 30 555 0{2}.", "The card was 4111 1111 1111 1111, please check.", "Still the same with the {0} & the {1}.",
    ];

    private static readonly string[] Agent =
    [
        "Hi, I'll help you with your {0}.", "Could you tell me the number of the {0}, please?", "I have sent a new {0} to your address.", "One moment, I look up the {0}.",
        "Your {0} leaves our {1} tomorrow.", "I am sorry about the {0}.", "Is there anything else?", "Please restart the {0} and then the {1}.", "I have opened a {0} for it.",
        "Call us at (415) 555-0{2} if it happens again.", "The refund for the {0} takes 3 to 5 days.", "Thank you for your patience!",
    ];

    private static readonly string[] Robot =
    [
        "Hello, I am the assistant. What is it about?", "Did you mean: {0}?", "I did not understand that. Please choose {0} or {1}.", "I connect you with a colleague now.",
    ];

    private static readonly string[] Foreign =
    [
        "Wo ist meine Bestellung? Ich warte schon über eine Woche.", "Grüße aus Köln, schönes Wochenende!", "Où est ma commande ? Ça fait déjà une semaine.", "注文がまだ届きません。",
        "¿Dónde está mi pedido?", "طلبي لم يصل بعد", "👍🏽 danke 🚀", "Ma commande n’est pas là… j’attends",
    ];

    public static string Line(SpeakerRole role, Dice dice)
    {
        if (role == SpeakerRole.EndUser && dice.Percent(8)) return dice.Of(Foreign);
        var pattern = dice.Of(role switch { SpeakerRole.EndUser => Customer, SpeakerRole.Bot => Robot, _ => Agent });
        var line = pattern.Replace("{0}", dice.Of(Words), StringComparison.Ordinal).Replace("{1}", dice.Of(Words), StringComparison.Ordinal)
            .Replace("{2}", dice.Between(100, 200).ToString(System.Globalization.CultureInfo.InvariantCulture), StringComparison.Ordinal);
        return dice.Percent(4) ? $"{line} {dice.Of(Odd)}" : line;
    }

    /// <summary>Several sentences in lines, at least so many characters; for bodies of a given size.</summary>
    public static string Long(SpeakerRole role, Dice dice, int characters)
    {
        var text = new StringBuilder();
        while (text.Length < characters) text.Append(Line(role, dice)).Append(dice.Percent(15) ? "\n" : " ");
        return text.ToString().TrimEnd();
    }

    /// <summary>Cuts a text to what a field takes, never through a surrogate pair.</summary>
    public static string Fit(string text, int most)
    {
        if (text.Length <= most) return text;
        return text[..(char.IsHighSurrogate(text[most - 1]) ? most - 1 : most)];
    }

    /// <summary>As Salesforce escapes text into HTML.</summary>
    public static string Escape(string text) => text.Replace("&", "&amp;", StringComparison.Ordinal).Replace("<", "&lt;", StringComparison.Ordinal)
        .Replace(">", "&gt;", StringComparison.Ordinal).Replace("\"", "&quot;", StringComparison.Ordinal).Replace("'", "&#39;", StringComparison.Ordinal);
}

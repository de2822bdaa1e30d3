using System.Globalization;
using System.Text;

namespace Orgtap.SimulatedOrg.Data.Conversations;

/// <summary>One mail of a case's thread: four to a thread, each quoting all before it.</summary>
internal sealed class MailScript
{
    public const int PerThread = 4;
    private const int Longest = 131_072;
    private static readonly string[] Customers = ["Maria Lopez", "Björn Åkesson", "李 Wei", "Sam O'Neil", "Ines, Procurement"];
    private static readonly string[] Agents = ["Support Team", "Ann B", "Jonas K"];

    private readonly int _place;
    private readonly ulong _thread;
    private readonly MailScript? _before;

    /// <param name="threadHash">The same for all mails of a thread.</param>
    /// <param name="sentAt">When the thread began, in milliseconds.</param>
    public MailScript(ulong threadHash, long thread, int place, long sentAt, long latest)
    {
        _place = place;
        _thread = threadHash;
        Kind = (MailKind)(thread % ((int)MailKind.Empty + 1));
        // A body of 131,072 characters in every eleventh thread would be all one reads.
        if (Kind == MailKind.Huge && thread / ((int)MailKind.Empty + 1) % 64 != 0) Kind = MailKind.Quoted;
        var dice = new Dice(threadHash);
        Customer = dice.Of(Customers);
        Agent = dice.Of(Agents);
        CustomerAddress = string.Create(CultureInfo.InvariantCulture, $"customer{thread + 1}@example.com");
        Subject = Talk.Fit(Talk.Line(SpeakerRole.EndUser, dice), 200);
        _before = place == 0 ? null : new MailScript(threadHash, thread, place - 1, sentAt, latest);
        At = place == 0 ? Math.Min(sentAt, latest - (PerThread * 90 * 60_000L)) : _before!.At + (new Dice(threadHash + (ulong)place).Between(3, 90) * 60_000L);
        New = Kind == MailKind.Empty ? "" : NewText();
    }

    public MailKind Kind { get; }
    public string Customer { get; }
    public string Agent { get; }
    public string CustomerAddress { get; }
    public string Subject { get; }
    /// <summary>Milliseconds since 1970.</summary>
    public long At { get; }
    /// <summary>What this mail says that no earlier one said.</summary>
    public string New { get; }
    public bool Incoming => _place % 2 == 0;
    public string From => Incoming ? Customer : Agent;
    public string FromAddress => Incoming ? CustomerAddress : "support@simulated.example.com";
    public string ToAddress => Incoming ? "support@simulated.example.com" : CustomerAddress;
    public string FullSubject => (_place, Kind) switch { (0, _) => Subject, (_, MailKind.German) => "AW: " + Subject, (_, MailKind.French) => "RE : " + Subject, _ => "Re: " + Subject };
    public string MessageIdentifier => MessageId(_place);
    public string ThreadIdentifier => string.Create(CultureInfo.InvariantCulture, $"thread::{_thread & 0xFFFFFFFF:x8}::");

    public string Headers => string.Create(CultureInfo.InvariantCulture,
        $"Message-ID: {MessageIdentifier}\nDate: {Sent.ToString("r", CultureInfo.InvariantCulture)}\nFrom: \"{From}\" <{FromAddress}>\nTo: {ToAddress}\nSubject: {FullSubject}{(_place > 0 ? "\nIn-Reply-To: " + MessageId(_place - 1) : "")}\nMIME-Version: 1.0");

    public string? Text => Kind is MailKind.HtmlOnly or MailKind.Empty ? null : Talk.Fit(Whole(), Longest);

    public string? Html => Kind is MailKind.TextOnly or MailKind.Empty or MailKind.Huge ? null : Talk.Fit(MailHtml.Of(this, _before), Longest);

    internal DateTimeOffset Sent => DateTimeOffset.FromUnixTimeMilliseconds(At);

    /// <summary>Text with everything quoted below it, or above.</summary>
    internal string Whole()
    {
        if (_before is null) return New;
        var quoted = Kind == MailKind.Outlook ? _before.Whole() : "> " + _before.Whole().Replace("\n", "\n> ", StringComparison.Ordinal);
        return Kind == MailKind.BottomPosted ? $"{QuoteHead()}\n{quoted}\n\n{New}" : $"{New}\n\n{QuoteHead()}\n{quoted}";
    }

    /// <summary>The line, or lines, above a quoted mail.</summary>
    internal string QuoteHead()
    {
        var (from, address, at) = (_before!.From, _before.FromAddress, _before.Sent);
        return Kind switch
        {
            MailKind.Outlook => string.Create(CultureInfo.InvariantCulture,
                $"-----Original Message-----\nFrom: {from} <{address}>\nSent: {at:dddd, MMMM d, yyyy h:mm tt}\nTo: {_before.ToAddress}\nSubject: {_before.FullSubject}\n"),
            MailKind.German => string.Create(CultureInfo.InvariantCulture, $"Am {at:dd.MM.yyyy} um {at:HH:mm} schrieb {from} <{address}>:"),
            MailKind.French => string.Create(CultureInfo.InvariantCulture, $"Le {at:dd/MM/yyyy} à {at:HH:mm}, {from} <{address}> a écrit :"),
            _ => string.Create(CultureInfo.InvariantCulture, $"On {at:ddd, MMM d, yyyy} at {at:h:mm tt} {from} <{address}> wrote:"),
        };
    }

    private string NewText()
    {
        var dice = new Dice(Hash.Mix(_thread + (ulong)_place + 77));
        var role = Incoming ? SpeakerRole.EndUser : SpeakerRole.Agent;
        if (Kind == MailKind.Huge && _place == 0) return Talk.Long(role, dice, Longest);
        var text = new StringBuilder(Talk.Long(role, dice, dice.Between(30, 500)));
        if (Kind == MailKind.Signed)
        {
            text.Append("\n\nFrom: the warehouse I got no answer.\n-- \n").Append(From).Append("\nTel. +49 30 555 0123\n").Append(
                "This e-mail may hold confidential information. If you are not the addressee, please delete it.");
        }
        return text.ToString();
    }

    private string MessageId(int place) => string.Create(CultureInfo.InvariantCulture, $"<{_thread:x16}.{place}@mail.example.com>");
}

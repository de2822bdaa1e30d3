namespace Orgtap.SimulatedOrg.Data.Conversations;

/// <summary>What is special about the mails of one thread. The kinds follow each other, thread by thread.</summary>
public enum MailKind
{
    /// <summary>The reply stands above the quoted text, each line of which begins with "&gt; ".</summary>
    Quoted,
    /// <summary>Header lines between dashes, then the earlier mail.</summary>
    Outlook,
    /// <summary>No text body, the quoted mail in a blockquote.</summary>
    HtmlOnly,
    /// <summary>No HTML body.</summary>
    TextOnly,
    German,
    French,
    /// <summary>The reply stands below the quoted text.</summary>
    BottomPosted,
    /// <summary>A signature, a disclaimer, and a line that looks like a quotation's head but is none.</summary>
    Signed,
    /// <summary>HTML with style sheet, tables and entities.</summary>
    Newsletter,
    /// <summary>The first mail is as long as the field allows.</summary>
    Huge,
    /// <summary>Nothing but a subject.</summary>
    Empty,
}

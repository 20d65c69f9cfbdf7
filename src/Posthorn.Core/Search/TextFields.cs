namespace Posthorn.Core.Search;

/// <summary>Where in a message a text is looked for. Numbers are stored in the index: never change one.</summary>
[Flags]
public enum TextFields
{
    None = 0,

    /// <summary>Every header: trace lines, the message's own, those of its parts and of messages in it, as lines <c>Name: decoded value</c>.</summary>
    Header = 1,

    /// <summary>Names of attached files.</summary>
    Names = 2,

    /// <summary>What IMAP's BODY searches: all text parts, HTML reduced to its text, and the headers of enclosed messages.</summary>
    Body = 4,

    From = 8,
    To = 16,
    Cc = 32,
    Bcc = 64,
    Subject = 128,

    /// <summary>IMAP's TEXT.</summary>
    Text = Header | Body,

    /// <summary>What the envelope holds: no octets of the message are needed.</summary>
    Envelope = From | To | Cc | Bcc | Subject,

    /// <summary>What a person means who types a word.</summary>
    Words = Envelope | Names | Body,
}

using Posthorn.Core.Messages;
using Ascii = Posthorn.Standards.Ascii;

namespace Posthorn.Server.Imap;

/// <summary>Flags as a client names them: system flags, and keywords by name (RFC 9051 §2.3.2).</summary>
internal sealed record FlagList(MessageFlags Flags, IReadOnlyList<string> Keywords)
{
    public static readonly FlagList Empty = new(MessageFlags.None, []);

    /// <summary>A system flag without its backslash. \Recent is nobody's to set and reads as nothing.</summary>
    /// <exception cref="ImapSyntaxException">There is no such system flag.</exception>
    public static MessageFlags SystemFlag(ReadOnlySpan<byte> name) =>
        Ascii.EqualsIgnoreCase(name, "Seen"u8) ? MessageFlags.Seen
        : Ascii.EqualsIgnoreCase(name, "Answered"u8) ? MessageFlags.Answered
        : Ascii.EqualsIgnoreCase(name, "Flagged"u8) ? MessageFlags.Flagged
        : Ascii.EqualsIgnoreCase(name, "Deleted"u8) ? MessageFlags.Deleted
        : Ascii.EqualsIgnoreCase(name, "Draft"u8) ? MessageFlags.Draft
        : Ascii.EqualsIgnoreCase(name, "Recent"u8) ? MessageFlags.None
        : throw new ImapSyntaxException("There is no such system flag.");

    /// <summary>The bits in a mailbox that names its keywords so; keywords it does not name have none.</summary>
    public MessageFlags Mask(IReadOnlyList<string> named)
    {
        MessageFlags mask = Flags;
        foreach (string keyword in Keywords)
        {
            for (int i = 0; i < named.Count; i++)
            {
                mask |= string.Equals(named[i], keyword, StringComparison.OrdinalIgnoreCase) ? KeywordBits.Of(i) : MessageFlags.None;
            }
        }

        return mask;
    }
}

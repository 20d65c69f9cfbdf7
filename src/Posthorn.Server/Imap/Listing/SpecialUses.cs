using Posthorn.Core.Mailboxes;
using Posthorn.Standards;

namespace Posthorn.Server.Imap.Listing;

/// <summary>Special uses as attributes.</summary>
/// <remarks>RFC 6154 §2. Not implemented: RFC 6154 §2 \All and \Flagged, which are views of messages and no mailboxes.</remarks>
internal static class SpecialUses
{
    public static string Attribute(SpecialUse use) => "\\" + use;

    /// <summary>The use of an attribute, without its backslash, in any case.</summary>
    public static bool TryFind(ReadOnlySpan<byte> name, out SpecialUse use)
    {
        use = name switch
        {
            _ when Ascii.EqualsIgnoreCase(name, "Archive"u8) => SpecialUse.Archive,
            _ when Ascii.EqualsIgnoreCase(name, "Drafts"u8) => SpecialUse.Drafts,
            _ when Ascii.EqualsIgnoreCase(name, "Junk"u8) => SpecialUse.Junk,
            _ when Ascii.EqualsIgnoreCase(name, "Sent"u8) => SpecialUse.Sent,
            _ when Ascii.EqualsIgnoreCase(name, "Trash"u8) => SpecialUse.Trash,
            _ => SpecialUse.None,
        };
        return use != SpecialUse.None;
    }
}

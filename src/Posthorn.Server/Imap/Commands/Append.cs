using System.Buffers;
using Posthorn.Standards;

namespace Posthorn.Server.Imap.Commands;

/// <summary>APPEND</summary>
internal sealed record Append
{
    /// <summary>
    /// Whether the literal that <paramref name="command"/> ends with is a message. The only other literal that APPEND takes is its first argument,
    /// the mailbox.
    /// </summary>
    public static bool AnnouncesMessage(in ReadOnlySequence<byte> command)
    {
        ReadOnlySpan<byte> text = command.IsSingleSegment ? command.FirstSpan : command.ToArray();
        int tag = text.IndexOf((byte)' ');
        if (tag < 0 || !Ascii.StartsWithIgnoreCase(text[(tag + 1)..], "APPEND "u8))
        {
            return false;
        }

        ReadOnlySpan<byte> arguments = text[(tag + 1 + "APPEND ".Length)..];
        return !arguments.StartsWith("{"u8) || arguments.Contains((byte)'\n');
    }
}

using System.Numerics;

namespace Posthorn.Server.Smtp.Content;

/// <summary>Finds, many octets at a time, the places of a message that need a look: all else is copied in one piece.</summary>
internal static class LineBreaks
{
    /// <summary>
    /// The first index whose octet and its neighbour to the right are a CR without LF, an LF without CR, or an LF before a dot; -1: none.
    /// The last octet is nobody's left neighbour and is not judged.
    /// </summary>
    public static int IndexOfIrregular(ReadOnlySpan<byte> text)
    {
        var i = 0;
        var cr = new Vector<byte>((byte)'\r');
        var lf = new Vector<byte>((byte)'\n');
        var dot = new Vector<byte>((byte)'.');
        for (; i + Vector<byte>.Count < text.Length; i += Vector<byte>.Count)
        {
            var left = new Vector<byte>(text[i..]);
            var right = new Vector<byte>(text[(i + 1)..]);
            // CR here must be LF there, and the other way round; a line that begins with a dot is the second case.
            var broken = Vector.Equals(left, cr) ^ Vector.Equals(right, lf);
            var dotted = Vector.Equals(left, lf) & Vector.Equals(right, dot);
            if (Vector.BitwiseOr(broken, dotted) != Vector<byte>.Zero)
            {
                break;
            }
        }
        for (; i + 1 < text.Length; i++)
        {
            if ((text[i] == '\r') != (text[i + 1] == '\n') || (text[i] == '\n' && text[i + 1] == '.'))
            {
                return i;
            }
        }
        return -1;
    }
}

using System.Buffers;
using System.Buffers.Text;

namespace Posthorn.Server.Imap;

/// <summary>The announcement of a literal at the end of a line: <c>{12}</c>, <c>{12+}</c> (RFC 7888 §3).</summary>
/// <param name="Length">Octets that follow the line.</param>
/// <param name="IsSynchronizing">The client waits for the server's "+".</param>
internal readonly record struct LiteralHeader(long Length, bool IsSynchronizing)
{
    /// <summary>Octets looked at for the brace: "{" 19 digits "+}", and room for leading zeros. Digits alone in all of them are no number of ours.</summary>
    private const int LongestText = 32;

    /// <summary>Whether a line, without its line end, announces a literal. A number that no long holds reads as long.MaxValue: over every limit.</summary>
    public static bool TryFind(in ReadOnlySequence<byte> line, out LiteralHeader header)
    {
        header = default;
        if (line.IsEmpty || line.Slice(line.Length - 1).FirstSpan[0] != (byte)'}')
        {
            return false;
        }

        Span<byte> buffer = stackalloc byte[LongestText];
        ReadOnlySequence<byte> tail = line.Slice(Math.Max(0, line.Length - LongestText));
        tail.CopyTo(buffer);
        ReadOnlySpan<byte> text = buffer[..(int)tail.Length];
        int open = text.LastIndexOf((byte)'{');
        if (open < 0 && text.Length < LongestText)
        {
            return false;
        }

        ReadOnlySpan<byte> number = text[(open + 1)..^1];
        bool isSynchronizing = !number.EndsWith("+"u8);
        number = isSynchronizing ? number : number[..^1];
        if (number.IsEmpty || number.ContainsAnyExceptInRange((byte)'0', (byte)'9'))
        {
            return false;
        }

        if (open < 0)
        {
            header = new(long.MaxValue, isSynchronizing);
            return true;
        }

        header = new(Utf8Parser.TryParse(number, out long length, out _) ? length : long.MaxValue, isSynchronizing);
        return true;
    }
}

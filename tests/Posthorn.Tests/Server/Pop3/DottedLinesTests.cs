using System.Buffers;
using System.Text;
using CsCheck;
using Posthorn.Server.Pop3;

namespace Posthorn.Tests.Server.Pop3;

public sealed class DottedLinesTests
{
    [Theory]
    [InlineData("a\r\nb\r\n", null, "a\r\nb\r\n.\r\n")]
    [InlineData("a\r\nb", null, "a\r\nb\r\n.\r\n")]
    [InlineData("a\nb\n", null, "a\r\nb\r\n.\r\n")]
    [InlineData(".\r\n..\r\n.a", null, "..\r\n...\r\n..a\r\n.\r\n")]
    [InlineData("x\n.\ny", null, "x\r\n..\r\ny\r\n.\r\n")]
    [InlineData("", null, ".\r\n")]
    [InlineData("H: 1\r\n\r\na\r\nb\r\nc\r\n", 2, "H: 1\r\n\r\na\r\nb\r\n.\r\n")]
    [InlineData("H: 1\r\n\r\na\r\n", 0, "H: 1\r\n\r\n.\r\n")]
    [InlineData("H: 1\r\n\r\na\r\n", 9, "H: 1\r\n\r\na\r\n.\r\n")]
    [InlineData("H: 1\n\na\nb\n", 1, "H: 1\r\n\r\na\r\n.\r\n")]
    public void Lines_end_with_crlf_and_dots_are_doubled_however_the_message_is_cut(string message, int? lines, string expected)
    {
        for (int cut = 0; cut <= message.Length; cut++)
        {
            Assert.Equal(expected, Written(message, lines, cut));
        }
    }

    [Fact]
    public void Nothing_in_a_message_looks_like_the_end_of_the_answer() =>
        Gen.Select(Gen.Char[".\r\na "].Array[0, 40], Gen.Int[0, 40]).Sample((characters, cut) =>
        {
            string written = Written(new string(characters), null, Math.Min(cut, characters.Length));
            return written.EndsWith(".\r\n", StringComparison.Ordinal) && !("\r\n" + written[..^3]).Contains("\r\n.\r\n", StringComparison.Ordinal);
        });

    private static string Written(string message, int? lines, int cut)
    {
        var output = new ArrayBufferWriter<byte>();
        var dotted = new DottedLines(output, lines);
        dotted.Write(Encoding.Latin1.GetBytes(message[..cut]));
        dotted.Write(Encoding.Latin1.GetBytes(message[cut..]));
        dotted.End();
        return Encoding.Latin1.GetString(output.WrittenSpan);
    }
}

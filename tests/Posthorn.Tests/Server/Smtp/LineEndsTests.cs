using System.Text;
using CsCheck;
using Posthorn.Server.Smtp.Content;

namespace Posthorn.Tests.Server.Smtp;

/// <summary>Bare line ends in BDAT, wherever it is cut.</summary>
public sealed class LineEndsTests
{
    [Theory]
    [InlineData("", false)]
    [InlineData("a", false)]
    [InlineData("a\r\n.\r\n.b\r\n", false)]
    [InlineData("a\n", true)]
    [InlineData("\n", true)]
    [InlineData("\r", true)]
    [InlineData("a\r\n.\n", true)]
    [InlineData("a\r", true)]
    [InlineData("a\r\r\n", true)]
    [InlineData("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\nb", true)]
    [InlineData("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\r\n.", false)]
    public void Bare_ends_are_found(string text, bool bare)
    {
        for (var piece = 1; piece <= text.Length + 1; piece++)
        {
            Assert.Equal(bare, HasBare(text, piece));
        }
    }

    [Fact]
    public void Any_text_is_judged_as_octet_by_octet() =>
        Gen.Int[0, 3].Select(i => "\r\n.a"[i]).Array[0, 150].Select(Gen.Int[1, 70]).Sample((letters, piece) =>
        {
            var text = new string(letters);
            var regular = text.Replace("\r\n", "##", StringComparison.Ordinal);
            Assert.Equal(regular.Contains('\r', StringComparison.Ordinal) || regular.Contains('\n', StringComparison.Ordinal), HasBare(text, piece));
        });

    private static bool HasBare(string text, int piece)
    {
        var ends = new LineEnds();
        foreach (var octets in Encoding.ASCII.GetBytes(text).Chunk(piece))
        {
            ends.Read(octets);
        }
        ends.End();
        return ends.HasBare;
    }
}
